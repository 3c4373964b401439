import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { synapse } from "./run.ts";

const SMALL = ["--nodes", "20", "--duration", "1m"] as const;

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "synapse-sim-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

describe("sim", () => {
  test("list names the scenarios, and each can be run", async () => {
    const { out } = await synapse("sim", "list", "--json");
    const names = (JSON.parse(out) as { readonly name: string }[]).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["baseline", "partition", "churn-kad", "day"]));
    const { code, out: figures } = await synapse("sim", "run", "crash", ...SMALL, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(figures)).toMatchObject({ scenario: "crash", nodes: 20, seed: 1, faults: [], targets: [{ name: "finds.success" }] });
  });

  test("run takes a scenario of one's own, and writes a page that says how to run it again", async () => {
    const path = await folder();
    const file = join(path, "mine.json");
    const report = join(path, "mine.html");
    await writeFile(file, JSON.stringify({ name: "mine", nodes: 20, durationMs: "1m", churn: { model: "kad" } }));
    const { code, out } = await synapse("sim", "run", file, "--seed", "3", "--report", report);
    expect(code).toBe(0);
    expect(out).toContain("mine, overlay level, 20 nodes, seed 3");
    const page = await readFile(report, "utf8");
    expect(page).toContain("<svg");
    expect(page).toContain(`synapse sim run ${file} --seed 3`);
  });

  test("compare puts runs side by side", async () => {
    const report = join(await folder(), "both.html");
    const { code, out } = await synapse("sim", "compare", "baseline", "cold-links", ...SMALL, "--report", report, "--json");
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject([{ scenario: "baseline" }, { scenario: "cold-links" }]);
    expect(await readFile(report, "utf8")).toContain("cold-links");
  });

  test("compare and sweep say which targets could not be measured, and why", async () => {
    const file = join(await folder(), "mine.json");
    const targets = [
      { figure: "lookups.success", atLeast: 0.5 },
      { figure: "adversaries.spam", atMost: 0.1 },
    ];
    await writeFile(file, JSON.stringify({ name: "mine", nodes: 10, durationMs: "20s", targets }));
    const [compared, swept, ...forMachines] = await Promise.all([
      synapse("sim", "compare", file),
      synapse("sim", "sweep", file, "nodes=10,12"),
      synapse("sim", "compare", file, "--json"),
      synapse("sim", "sweep", file, "nodes=10", "--json"),
    ]);
    expect(compared.out).toMatch(/mine +adversaries\.spam +– +≤ 0\.1 +not measured: no adversaries/);
    expect(swept.out).toMatch(/lookups\.success +≥ 50 % +reached in 2 of 2\n *adversaries\.spam +≤ 0\.1 +not measured: no adversaries/);
    for (const { out } of forMachines) expect(JSON.stringify(JSON.parse(out))).toContain('"unmeasured":["adversaries.spam"]');
  });

  test("run and sweep say for which network the targets are, where another ran", async () => {
    const [run, swept] = await Promise.all([
      synapse("sim", "run", "churn-kad", ...SMALL),
      synapse("sim", "sweep", "churn-kad", "nodes=10,12", "--duration", "20s"),
    ]);
    expect(run.out).toMatch(/memory +\d+ MB\n/);
    expect(run.out).toMatch(/bytesPerNodeSecond +[\d.]+ B\/s +≤ 300 B\/s/);
    for (const { out } of [run, swept]) expect(out.match(/the targets of churn-kad are for 1,000 nodes/g)).toHaveLength(1);
  });

  test.each([
    ["120s", "1.5h", "--duration 2m --churn 90m"],
    ["61s", "3600000ms", "--duration 61s --churn 1h"],
    ["20001ms", "2d", "--duration 20001ms --churn 2d"],
  ])("the command that runs %s with sessions of %s again says so in few characters", async (duration, churn, expected) => {
    const file = join(await folder(), "run.json");
    await synapse("sim", "run", "--nodes", "10", "--duration", duration, "--churn", churn, "--save", file);
    expect(JSON.parse(await readFile(file, "utf8")).command).toContain(expected);
  });

  test("fidelity holds both levels against nodes on loopback TCP", async () => {
    const { code, out } = await synapse("sim", "fidelity", "--nodes", "6", "--lookups", "3", "--json");
    expect(code).toBe(0);
    const networks = [{ name: "overlay", recall: 1 }, { name: "node" }, { name: "loopback", recall: 1 }];
    expect(JSON.parse(out)).toMatchObject({ nodes: 6, lookups: 3, seed: 1, networks, agrees: true });
  });

  test.each<[string, readonly string[], string]>([
    [
      "an option that says what --set says too",
      ["baseline", ...SMALL, "--set", "nodes=12"],
      "--nodes and nodes=12 both say what nodes is (bad_options)",
    ],
    ["a scenario that there is not", ["churn-kat"], 'there is no scenario "churn-kat" (bad_options)\n       nearest: churn-kad'],
    ["a file that there is not", ["./nothing.json"], "cannot read a scenario from ./nothing.json"],
    ["a folder that there is not, for the report", ["baseline", ...SMALL, "--report", "/nowhere/at/all.html"], "cannot write the report"],
  ])("%s is refused in words", async (_, args, message) => {
    const { code, err } = await synapse("sim", "run", ...args);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(err).not.toMatch(/\n\s+at /);
  });

  test.each<[string, readonly string[], string]>([
    ["an option", ["nodes=10", "--nodes", "20"], "--nodes and nodes=10 both say what nodes is (bad_options)\n       leave one of them out"],
    ["an option with another name", ["durationMs=5m", "--duration", "1m"], "--duration and durationMs=5m both"],
    [
      "--set",
      ["overlay.alpha=2,3", "--set", "overlay.alpha=4"],
      "--set overlay.alpha=4 and overlay.alpha=2,3 both say what overlay.alpha is",
    ],
    ["an option, which it says in full", ['churn={"model":"kad"}', "--churn", "1h"], "--churn and churn="],
  ])("a sweep over what is said by %s, too, is refused", async (_, args, message) => {
    const { code, out, err } = await synapse("sim", "sweep", "baseline", ...args);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(message);
  });

  test("a sweep over a part of what an option says goes on from it", async () => {
    const { code, out } = await synapse("sim", "sweep", "baseline", ...SMALL, "--churn", "1h", "churn.meanMs=20m,40m", "--json");
    expect(code).toBe(0);
    expect(out.trim().split("\n")).toHaveLength(2);
  });
});
