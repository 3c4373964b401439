import { describe, expect, test } from "vitest";
import {
  failuresOf,
  HEADLINES,
  headlineRows,
  mergeShards,
  type PointResult,
  type Recording,
  readParameter,
  record,
  recordingsOf,
  renderReport,
  type SweepResult,
  savedSweep,
  simulate,
  sweep,
} from "../../../simulations/index.ts";
import { failureOf } from "../../support/net/lifetime.ts";

const SMALL = { nodes: 12, growthMs: 500, settleMs: 30_000, durationMs: 60_000 } as const;
const DOWN = new URL("./going-down.mjs", import.meta.url);

describe("A sweep", () => {
  test("runs each point as it would run alone, in the order of points", async () => {
    const told: number[] = [];
    const done: number[] = [];
    const result = await sweep(SMALL, ["nodes=24,12", "overlay.alpha=2,4"].map(readParameter), {
      workers: 2,
      onPoint: ({ index }) => told.push(index),
      progress: (count) => done.push(count),
    });
    expect(told).toEqual([0, 1, 2, 3]);
    expect(done).toEqual([0, 1, 2, 3, 4]);
    expect(result.results.map(({ values }) => values)).toEqual(
      [24, 24, 12, 12].map((nodes, n) => ({ nodes, "overlay.alpha": n % 2 === 0 ? 2 : 4 })),
    );
    const { traceHash } = await simulate({ ...SMALL, nodes: 24, overlay: { alpha: 4 } });
    expect(recordingsOf(result)[1]?.figures.traceHash).toBe(traceHash);
    expect(failuresOf(result)).toEqual([]);
    expect(renderReport(recordingsOf(result))).toContain("overlay.alpha 4");
    expect(savedSweep(JSON.parse(JSON.stringify(result)), "it").points).toBe(4);
  });

  test("loses no more than the point whose worker goes down", async () => {
    const told: number[] = [];
    const result = await sweep(SMALL, [readParameter("nodes=10,11,12,13")], {
      workers: 2,
      entry: DOWN,
      onPoint: ({ index }) => told.push(index),
    });
    expect(told).toEqual([0, 1, 2, 3]);
    expect(failuresOf(result).map(({ error }) => error.message)).toEqual([
      "point 0",
      "its worker went down: out of luck",
      "point 2",
      "point 3",
    ]);
  });

  test("says of each point why there is none, when no worker can begin", async () => {
    const result = await sweep(SMALL, [readParameter("nodes=10,11")], { entry: new URL("./nothing.mjs", import.meta.url) });
    for (const { error } of failuresOf(result)) expect(error.message).toContain("Cannot find module");
  });

  test("ends when it is told to", async () => {
    const abort = new AbortController();
    const options = { signal: abort.signal, entry: DOWN, progress: () => abort.abort() };
    expect(await failureOf(() => sweep(SMALL, [readParameter("nodes=10,11")], options))).toMatchObject({ code: "aborted" });
  });

  test("has no shard beyond the last", async () => {
    const failure = await failureOf(() => sweep(SMALL, [readParameter("nodes=10,11")], { shard: { index: 2, of: 2 } }));
    expect(failure).toMatchObject({ code: "bad_options", message: expect.stringContaining("from 0/2 to 1/2") });
  });
});

/** A result as if it had been run: points that failed need no worker. */
function imitate(of: number, indices: readonly number[], shard: SweepResult["shard"] = null): SweepResult {
  const values = Array.from({ length: of }, (_, n) => 10 + n);
  const results = indices.map((index): PointResult => ({ index, values: { nodes: 10 + index }, error: { code: "test", message: "" } }));
  return { format: 1, kind: "sweep", scenario: { nodes: 10 }, parameters: [{ path: "nodes", values }], points: of, shard, results };
}

describe("Shards", () => {
  const shard = (index: number, name = `${index}.json`) => {
    const indices = [0, 1, 2, 3, 4, 5, 6].filter((point) => point % 3 === index);
    return { name, result: imitate(7, indices, { index, of: 3 }) };
  };

  test("are put together in the order of points, whatever theirs is", () => {
    expect(mergeShards([shard(2), shard(0), shard(1)])).toEqual(imitate(7, [0, 1, 2, 3, 4, 5, 6]));
  });

  test("are those points that one gets by taking each n-th", async () => {
    const parts = await Promise.all(
      [0, 1].map((index) => sweep(SMALL, [readParameter("nodes=10,11,12")], { entry: DOWN, shard: { index, of: 2 } })),
    );
    expect(parts.map(({ results }) => results.map(({ index }) => index))).toEqual([[0, 2], [1]]);
  });

  test.each<[string, () => unknown, string]>([
    ["nothing at all", () => mergeShards([]), "nothing to merge"],
    [
      "a point twice",
      () => mergeShards([shard(0), shard(1), shard(2), shard(1, "again.json")]),
      "point 1 (nodes=11) is in 1.json and in again.json",
    ],
    ["points missing", () => mergeShards([shard(0), shard(2)]), "of 7 points 2 are missing: 1, 4"],
    [
      "other parameters",
      () => mergeShards([shard(0), { name: "b", result: imitate(8, [1]) }]),
      "0.json and b are of different sweeps: nodes=10,11",
    ],
    [
      "another scenario",
      () => mergeShards([shard(0), { name: "b", result: { ...imitate(7, [1]), scenario: { nodes: 10, seed: 3 } } }]),
      "their scenarios differ in seed",
    ],
  ])("with %s are refused", async (_, merge, message) => {
    expect(await failureOf(merge)).toMatchObject({ code: "bad_options", message: expect.stringContaining(message) });
  });

  test("that are missing are named", async () => {
    expect(await failureOf(() => mergeShards([shard(0)]))).toMatchObject({ hint: "run the sweep with --shard 1/3, and with --shard 2/3" });
  });
});

test("Repetitions are one row, with their mean and spread; those that failed are counted", async () => {
  const points = [6, 6, 6, 7, 7, 7].map((nodes, index) => ({ index, values: { nodes, seed: 1 + (index % 3) } }));
  const runs = await Promise.all(points.map(({ values }) => record({ ...SMALL, ...values })));
  const results = points.map((point, n): PointResult => ({ ...point, recording: runs[n] as Recording }));
  results[5] = { ...(points[5] as (typeof points)[number]), error: { code: "test", message: "" } };
  const parameters = ["nodes=6,7", "seed=1,2,3"].map(readParameter);
  const rows = headlineRows({ parameters, results });
  expect(rows.map(({ values, runs: count, failed }) => ({ values, count, failed }))).toEqual([
    { values: { nodes: 6 }, count: 3, failed: 0 },
    { values: { nodes: 7 }, count: 2, failed: 1 },
  ]);
  const latencies = runs.slice(0, 3).map(({ figures }) => figures.lookups.latencyMs.p50);
  const mean = latencies.reduce((sum, ms) => sum + ms / 3, 0);
  const deviation = Math.sqrt(latencies.reduce((sum, ms) => sum + (ms - mean) ** 2, 0) / 2);
  const row = rows[0]?.figures[HEADLINES.findIndex(({ figure }) => figure === "lookups.latencyMs.p50")];
  expect([row?.mean, row?.deviation]).toEqual([expect.closeTo(mean, 6), expect.closeTo(deviation, 6)]);
});
