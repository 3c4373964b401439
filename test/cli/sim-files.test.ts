import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { synapse } from "./run.ts";

const SMALL = ["--nodes", "12", "--duration", "30s"] as const;
/** Within the project: a scenario imports its packages from where it is. */
const HERE = fileURLToPath(new URL(".", import.meta.url));

async function folder(at = tmpdir()): Promise<string> {
  const path = await mkdtemp(join(at, "synapse-sim-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** What is said of a scenario in a file. */
async function saidOf(name: string, content: string) {
  const file = join(await folder(HERE), name);
  await writeFile(file, content);
  const { code, out, err } = await synapse("sim", "run", file, "--json");
  return { file, code, out, err };
}

describe("Scenarios as modules", () => {
  test("are given in TypeScript, with what the project offers for them, and name files beside them", async () => {
    const path = relative(process.cwd(), await folder(HERE));
    await writeFile(
      join(path, "trips.json"),
      JSON.stringify({
        regions: ["a", "b"],
        rttMs: [
          [1, 40],
          [40, 1],
        ],
      }),
    );
    await writeFile(
      join(path, "mine.ts"),
      `import { defineScenario } from "synapse-p2p/simulations";
       const nodes: number = 12;
       export default () => defineScenario({ name: "mine", nodes, durationMs: "30s", latency: { model: "matrix", file: "trips.json" } });`,
    );
    const recording = join(path, "run.json");
    const { code, out } = await synapse("sim", "run", join(path, "mine.ts"), "--json", "--save", recording);
    expect([code, JSON.parse(out)]).toMatchObject([0, { scenario: "mine", nodes: 12 }]);
    expect(JSON.parse(await readFile(recording, "utf8"))).toMatchObject({ scenario: { latency: { file: "trips.json" } } });
    expect((await synapse("sim", "replay", recording)).code).toBe(0);
  });

  test.each<[string, string, string, string]>([
    ["a syntax error", "a.ts", "export default {\n nodes: = 3 };", "a.ts:2:"],
    ["a syntax error in JavaScript", "a.mjs", "export default {\n nodes: = 3 };", "line 2"],
    ["what throws", "b.mjs", "export default () => { throw new Error('no luck'); };", "it threw: no luck"],
    ["a number", "c.mjs", "export default 5;", "its default export is no scenario"],
    ["nothing", "d.mjs", "export const nodes = 5;", "it has no default export"],
    ["what never settles", "g.mjs", "export default () => new Promise(() => {});", "it never gives a scenario"],
    ["a wrong field", "e.mjs", "export default { nodes: 'many' };", "scenario.nodes: must be integer"],
    ["a recording", "f.json", '{ "format": 1, "scenario": {} }', "it is what a run has saved"],
  ])("with %s are refused in words, and with their name", async (_, name, content, message) => {
    const { file, code, out } = await saidOf(name, content);
    expect(code).toBe(2);
    const { error } = JSON.parse(out) as { error: { message: string } };
    expect(error.message).toContain(`cannot read a scenario from ${file}`);
    expect(error.message).toContain(message);
    expect(error.message).not.toMatch(/\n\s*at /);
  });
});

describe("What a run leaves behind", () => {
  test("can be drawn, replayed and traced", async () => {
    const path = await folder();
    const [saved, page, trace] = ["run.json", "run.html", "run.ndjson"].map((name) => join(path, name)) as [string, string, string];
    const run = await synapse("sim", "run", "join-storm", ...SMALL, "--save", saved, "--trace", trace, "--trace-kinds", "birth,result");
    expect(run).toMatchObject({ code: 0, out: expect.stringContaining(`recording: ${saved}`) });
    const lines = (await readFile(trace, "utf8")).trimEnd().split("\n");
    expect(lines.slice(1, -1).every((line) => /"kind":"(birth|result)"/.test(line))).toBe(true);
    expect((await synapse("sim", "report", saved, "--out", page)).code).toBe(0);
    expect(await readFile(page, "utf8")).toContain("synapse sim run join-storm --nodes 12 --seed 1");
    const again = await synapse("sim", "replay", saved, "--json");
    expect([again.code, JSON.parse(again.out)]).toMatchObject([0, { same: true, format: 1 }]);
    const recording = JSON.parse(await readFile(saved, "utf8"));
    await writeFile(saved, JSON.stringify({ ...recording, figures: { ...recording.figures, traceHash: "0".repeat(64) } }));
    const other = await synapse("sim", "replay", saved);
    expect(other).toMatchObject({ code: 1, err: expect.stringContaining("the traces differ") });
    expect(other.out).toContain("0".repeat(64));
    expect(other.out).toContain(recording.figures.traceHash);
  });

  test("is a trace on stdout, with the rest beside it", async () => {
    const { code, out, err } = await synapse("sim", "run", "baseline", ...SMALL, "--trace", "-", "--trace-kinds", "fault");
    expect(code).toBe(0);
    expect(
      out
        .trimEnd()
        .split("\n")
        .map((line) => (JSON.parse(line) as { kind: string }).kind),
    ).toEqual(["run", "end"]);
    expect(err).toContain("lookups");
  });

  test.each<[string, readonly string[], string]>([
    ["a kind of line that there is not", ["run", "--trace", "-", "--trace-kinds", "smell"], 'there is no kind of trace line "smell"'],
    ["kinds of no trace", ["run", "--trace-kinds", "fault"], "--trace-kinds needs --trace FILE"],
    ["a trace to nowhere", ["run", "--trace", "/nowhere/at/all"], "cannot write the trace to /nowhere/at/all"],
    ["a field that there is not", ["run", "--set", "beta=1"], "there is no beta"],
    ["several values for one run", ["run", "--set", "nodes=20,30"], "takes one value"],
    ["a recording that there is not", ["replay", "nothing.json"], "cannot read nothing.json"],
    ["a sweep of nothing", ["sweep", "baseline"], "there is nothing to vary"],
    ["a parameter without a value", ["sweep", "baseline", "nodes"], '"nodes" is no parameter'],
    ["a shard that is not kept", ["sweep", "baseline", "nodes=12", "--shard", "0/2"], "add --out FILE.json"],
    ["a shard that there is not", ["sweep", "baseline", "nodes=12", "--shard", "2/2"], "indices begin with 0"],
  ])("%s is refused in words", async (_, args, message) => {
    const { code, err } = await synapse("sim", ...args);
    expect([code, err]).toEqual([2, expect.stringContaining(message)]);
    expect(err).not.toMatch(/\n\s+at /);
  });
});

describe("sim sweep", () => {
  test("runs points on all cores, in shards that are merged again, and says how to run each alone", async () => {
    const path = await folder();
    const sweep = ["sim", "sweep", "baseline", "nodes=10,12", "overlay.alpha=2,4", "--duration", "30s"];
    const shards = [0, 1].map((index) => join(path, `${index}.json`)) as [string, string];
    const [first] = await Promise.all(shards.map((file, index) => synapse(...sweep, "--shard", `${index}/2`, "--out", file, "--json")));
    const points = first?.out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)) as { index: number; values: object; figures: { traceHash: string } }[];
    expect(points).toMatchObject([
      { index: 0, values: { nodes: 10, "overlay.alpha": 2 } },
      { index: 2, values: { nodes: 12, "overlay.alpha": 2 } },
    ]);
    const page = join(path, "sweep.html");
    const merged = await synapse("sim", "merge", ...shards, "--report", page);
    expect(merged).toMatchObject({ code: 0, out: expect.stringContaining("overlay.alpha") });
    const [, command = ""] = /synapse (sim run baseline [^<]*alpha=2)</.exec(await readFile(page, "utf8")) ?? [];
    const alone = await synapse(...command.split(" "), "--json");
    expect(JSON.parse(alone.out)).toMatchObject({ traceHash: points[0]?.figures.traceHash });
    expect(await synapse("sim", "merge", shards[0])).toMatchObject({ code: 2, err: expect.stringContaining("--shard 1/2") });
  });
});
