import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Maintenance } from "../../../dht/maintenance.ts";
import { type FuzzResult, fuzz, fuzzScenario, fuzzSeeds, type ScenarioInput, shrink } from "../../../simulations/index.ts";
import { failureOf } from "../../support/net/lifetime.ts";

/** All is done once a minute, so that two intervals of peace are soon over. */
const HASTY = { refreshIntervalMs: 60_000, republishIntervalMs: 60_000, recordLifetimeMs: 180_000, sweepIntervalMs: 10_000 };
const TROUBLED: ScenarioInput = {
  name: "troubled",
  nodes: 8,
  settleMs: "10s",
  durationMs: "1m",
  hosts: { clients: 0.2 },
  churn: { model: "exponential", meanMs: "2m", graceful: 0.5 },
  faults: [
    { fault: "loss", rate: 0.05 },
    { fault: "delay", rate: 0.1, addMs: 500 },
  ],
  adversaries: [{ adversary: "record-flood", count: 2, capability: "skill-0", perSecond: 1 }],
  load: { capabilities: 3 },
  overlay: HASTY,
};

/** Nodes that do nothing by themselves. */
function makeIdle(): void {
  const start = vi.spyOn(Maintenance.prototype, "start").mockImplementation(() => undefined);
  onTestFinished(() => start.mockRestore());
}

describe("A random world", () => {
  test("breaks nothing, and is the same each time", async () => {
    const first = await fuzzScenario(TROUBLED);
    expect(first.violations).toEqual([]);
    expect(first.looks).toBeGreaterThan(1_000);
    expect((await fuzzScenario(TROUBLED)).traceHash).toBe(first.traceHash);
  });

  test("breaks nothing where whole nodes live", async () => {
    const { violations } = await fuzzScenario({ ...TROUBLED, nodes: 4, durationMs: "10s", adversaries: [], level: "node" });
    expect(violations).toEqual([]);
  });

  test("is told apart from one in which something is broken, and when", async () => {
    makeIdle();
    const { violations, virtualMs } = await fuzzScenario(TROUBLED);
    expect(violations[0]).toMatchObject({ invariant: "refreshed" });
    expect(virtualMs).toBe(violations[0]?.atMs);
  });

  test("breaks one when something is thrown in it", async () => {
    const start = vi.spyOn(Maintenance.prototype, "start").mockImplementation(() => {
      throw new Error("out of luck");
    });
    onTestFinished(() => start.mockRestore());
    const { violations } = await fuzzScenario(TROUBLED);
    expect(violations).toMatchObject([{ invariant: "fault", detail: "out of luck" }]);
  });

  test("ends when it is told to", async () => {
    const abort = new AbortController();
    const failure = await failureOf(() => fuzz(1, { signal: abort.signal, progress: () => abort.abort() }));
    expect(failure).toMatchObject({ code: "aborted" });
  });
});

test("A world that fails is made as small as it can be", async () => {
  makeIdle();
  const { smallest } = await shrink({ ...TROUBLED, adversaries: [] });
  expect(smallest.violations[0]).toMatchObject({ invariant: "refreshed" });
  expect(smallest.scenario).toMatchObject({ churn: null, faults: [], hosts: {} });
  expect(smallest.scenario.nodes).toBeLessThan(8);
});

test("There is nothing to make smaller of a world in which all is well", async () => {
  expect(await failureOf(() => shrink(TROUBLED))).toMatchObject({ code: "bad_options" });
});

test("A worker that goes down is a fault of its world alone", async () => {
  const results: FuzzResult[] = [];
  const entry = new URL("./going-down.mjs", import.meta.url);
  const summary = await fuzzSeeds(3, { workers: 1, entry, onResult: (result) => results.push(result) });
  expect(summary).toMatchObject({ seeds: 3, failed: 1, failedBy: { fault: 1 } });
  expect(results.find(({ seed }) => seed === 2)?.violations).toMatchObject([{ detail: "its worker went down: out of luck" }]);
});
