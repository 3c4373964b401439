import { expect, test } from "vitest";
import { Watch } from "../../dht/watch.ts";
import { simulate } from "../../simulations/index.ts";
import { replaced } from "./mutants/replaced.ts";

const WORLD = {
  nodes: 40,
  seed: 3,
  settleMs: "1m",
  durationMs: "12m",
  churn: { model: "exponential", meanMs: "10m" },
  load: { capabilities: 3, watches: 12, lookupsPerSecond: 0, findsPerSecond: 0 },
} as const;

test("Members that watch a name are told of everybody who begins to offer it, though holders and watchers come and go", async () => {
  const { watches, faults } = await simulate(WORLD);
  expect(faults).toEqual([]);
  expect(watches?.count).toBeGreaterThan(40);
  expect(watches?.success).toBeGreaterThanOrEqual(0.99);
  expect(watches?.latencyMs.p50).toBeLessThan(2_000);
});

test("Where nothing is told and all is read again in five minutes, that shows", async () => {
  const undo = replaced(Watch, "onChanged", () => () => false);
  try {
    const { watches } = await simulate(WORLD);
    expect(watches?.latencyMs.p50).toBeGreaterThan(10_000);
  } finally {
    undo();
  }
});
