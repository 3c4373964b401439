import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHECKPOINT_EVENTS, type ScenarioInput, simulate } from "../../simulations/index.ts";
import { firstDifference, rangeOf } from "../../src/cli/sim/verify/difference.ts";
import type { Outcome } from "../../src/cli/sim/verify/task.ts";
import { synapse } from "../cli/run.ts";

const TINY = ["--nodes", "10", "--duration", "10s", "--set", "settleMs=5s"] as const;
const KINDS = ["request", "response", "lost", "dial", "birth", "death"] as const;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "synapse-verify-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function verified(...args: readonly string[]) {
  const { code, out } = await synapse("sim", "verify", ...args, "--json");
  const [verdict, failure] = out
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  return { code, verdict, failure };
}

describe("Checkpoints and single events", () => {
  const scenario: ScenarioInput = { nodes: 20, settleMs: 10_000, durationMs: 20_000, churn: { model: "exponential", meanMs: 60_000 } };
  const traced = async (events?: { from: number; until: number }) => {
    let text = "";
    const checkpoints: string[] = [];
    const trace = { write: (lines: string) => (text += lines), kinds: KINDS, ...(events && { events }) };
    const { traceHash } = await simulate(scenario, { trace, onCheckpoint: (hash) => checkpoints.push(hash) });
    return { traceHash, checkpoints, lines: text.trimEnd().split("\n").slice(1, -1) };
  };

  test("change nothing, and have the numbers that they have in the whole trace", async () => {
    const whole = await traced();
    const [from, until] = [CHECKPOINT_EVENTS - 1, 2 * CHECKPOINT_EVENTS];
    const some = await traced({ from, until });
    expect(whole.traceHash).toBe((await simulate(scenario)).traceHash);
    expect(some).toMatchObject({ traceHash: whole.traceHash, checkpoints: whole.checkpoints });
    expect(whole.checkpoints).toHaveLength(Math.floor(whole.lines.length / CHECKPOINT_EVENTS));
    expect(new Set(whole.checkpoints).size).toBe(whole.checkpoints.length);
    const expected = whole.lines.slice(from, until).map((line, n) => ({ event: from + n, ...JSON.parse(line) }));
    expect(some.lines.map((line) => JSON.parse(line))).toEqual(expected);
  });
});

describe("Where two runs part", () => {
  const outcome = (checkpoints: readonly string[], lines: readonly object[] = []): Outcome => {
    return { seed: 1, traceHash: "", checkpoints, lines: lines.map((line) => JSON.stringify(line)) };
  };

  test.each<[string, string, number, number]>([
    ["", "", 0, 10],
    ["abc", "xbc", 0, 10],
    ["abc", "axx", 9, 20],
    ["abc", "abx", 19, 30],
    ["abc", "abc", 29, 40],
    ["abc", "a", 9, 20],
  ])("is after the last checkpoint that is the same: %j, %j", (a, b, from, until) => {
    expect(rangeOf([outcome([...a]), outcome([...b])], 10)).toEqual({ from, until });
  });

  test("is at the first event that differs, or at the first that only one of them has", () => {
    const [a, b, c] = [0, 1, 2].map((n) => ({ event: 9 + n, ms: n }));
    const lines = [a, b, c] as object[];
    expect(firstDifference([outcome([], lines), outcome([], lines)])).toBeUndefined();
    const other = { event: 10, ms: 0.5 };
    expect(firstDifference([outcome([], lines), outcome([], [a as object, other])])).toEqual({
      event: 10,
      ms: 0.5,
      before: a,
      versions: [b, other],
    });
    expect(firstDifference([outcome([], [a as object]), outcome([], lines)])).toMatchObject({ event: 10, before: a, versions: [null, b] });
  });
});

describe("sim verify", () => {
  test("finds that one seed is one trace", async () => {
    const { code, verdict } = await verified("baseline", ...TINY, "--seeds", "2", "--from", "5");
    expect(code).toBe(0);
    const node = { node: process.execPath, version: process.versions.node };
    expect(verdict).toMatchObject({ nodes: 10, from: 5, seeds: 2, same: 2, processes: [node, node], differing: [] });
  });

  test("names the first event that differs in a Node with another arithmetic, beyond the first checkpoint", async () => {
    const altered = await file("altered.mjs", "let n = 0; const { log } = Math; Math.log = (x) => (++n > 4000 ? log(x) * 1.01 : log(x));");
    const node = await file("node", `#!/bin/sh\nexec "${process.execPath}" --import "${altered}" "$@"\n`);
    await chmod(node, 0o755);
    const { code, verdict, failure } = await verified("baseline", ...TINY, "--nodes", "20", "--seeds", "1", "--node", node);
    expect([code, failure.error.message]).toEqual([1, "1 of 1 seeds are not one trace"]);
    expect(verdict).toMatchObject({ same: 0, differing: [{ seed: 1 }] });
    const { first } = verdict.differing[0];
    const [a, b] = first.versions;
    expect(first).toMatchObject({ alone: true, event: a.event, before: { event: a.event - 1 } });
    expect(a.event).toBe(b.event);
    expect(a.event).toBeGreaterThan(CHECKPOINT_EVENTS);
    expect(first.ms).toBe(Math.min(a.ms, b.ms));
    expect(a).not.toEqual(b);
  });

  test("finds what is left over from one run to the next", async () => {
    const source = `let n = 0; const { log } = Math; Math.log = (x) => (++n > 300 ? log(x) * 1.01 : log(x));
      export default { nodes: 10, settleMs: "5s", durationMs: "10s" };`;
    const { code, verdict, failure } = await verified(await file("left.mjs", source), "--seeds", "2");
    expect([code, failure.error.hint]).toEqual([1, expect.stringContaining("left over from one run")]);
    expect(verdict.differing[0]).toMatchObject({ first: { alone: false, before: { event: expect.any(Number) } } });
  });

  test("finds a scenario that is not the same twice", async () => {
    const source = `export default { nodes: 10, settleMs: "5s", durationMs: "10s", load: { lookupsPerSecond: 1 + Math.random() } };`;
    const { code, verdict, failure } = await verified(await file("chance.mjs", source), "--seeds", "1");
    expect([code, failure.error.message]).toEqual([1, "the processes did not read the same scenario"]);
    expect(verdict).toMatchObject({ scenariosDiffer: true, differing: [{ seed: 1, first: { event: expect.any(Number) } }] });
  });

  test.each<[string, readonly string[], number, string]>([
    ["a Node that there is not", ["--node", "/nowhere/node"], 2, "cannot run /nowhere/node"],
    ["what is no Node", ["--node", "/bin/ls"], 2, "/bin/ls ended before it could run anything"],
    ["a scenario that there is not", ["nothing"], 2, 'there is no scenario "nothing"'],
    ["no seeds", ["--seeds", "0"], 2, "Write a whole number from 1"],
  ])("%s is refused in words", async (_, args, exit, message) => {
    const { code, err } = await synapse("sim", "verify", ...args);
    expect([code, err]).toEqual([exit, expect.stringContaining(message)]);
    expect(err).not.toMatch(/\n\s+at /);
  });
});
