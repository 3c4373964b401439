import { expect, test } from "vitest";
import { record } from "../../simulations/index.ts";
import { renderReport } from "../../simulations/report/index.ts";
import { headlineOf } from "../../simulations/sweep/headlines.ts";
import { unmeasuredIn } from "../../simulations/unmeasured.ts";

const scenario = {
  nodes: 8,
  durationMs: "20s",
  load: { findsPerSecond: 0, lookupsPerSecond: 1 },
  targets: [
    { figure: "lookups.success", atLeast: 0.5 },
    { figure: "finds.count", atMost: 0 },
    { figure: "finds.recall", atLeast: 0.99 },
    { figure: "watches.latencyMs.p50", atMost: 100 },
    { figure: "adversaries.spam", atMost: 0.1 },
  ],
} as const;

test("Targets that a run could not measure are named with the reason, in pages of one run and of several, and are not missed", async () => {
  const recording = await record(scenario);
  const reached = recording.targets.map(({ name }) => name);
  expect(reached).toEqual(["lookups.success", "finds.count"]);
  expect(unmeasuredIn(recording)).toEqual([
    { name: "finds.recall", unit: "part", target: { atLeast: 0.99 }, why: "no finds" },
    { name: "watches.latencyMs.p50", unit: "ms", target: { atMost: 100 }, why: "nobody watches" },
    { name: "adversaries.spam", unit: "", target: { atMost: 0.1 }, why: "no adversaries" },
  ]);
  expect(headlineOf([recording.figures], "finds.recall")).toBeUndefined();
  const [alone, beside] = [renderReport([recording]), renderReport([recording, await record({ nodes: 8, durationMs: "20s" })])];
  for (const page of [alone, beside])
    for (const why of ["no finds", "nobody watches", "no adversaries"]) expect(page.includes(`not measured: ${why}`), why).toBe(true);
  expect(alone.includes("All 2\u00a0targets reached. 3\u00a0targets could not be measured.")).toBe(true);
});
