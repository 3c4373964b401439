import { expect, test } from "vitest";
import { simulate } from "../../simulations/index.ts";

const load = { capabilities: 5, lookupsPerSecond: 0, findsPerSecond: 0, queriesPerSecond: 1.5 };

test.each([
  ["a quiet network", 1, {}],
  ["members come and go", 0.7, { churn: { model: "exponential", meanMs: 1_800_000 } as const }],
])("Random queries get exactly what brute force gives, wherever the report says complete: %s", async (_, complete, world) => {
  const { queries, faults } = await simulate({ nodes: 40, seed: 5, growthMs: 50, settleMs: 20_000, durationMs: 60_000, load, ...world });
  expect(faults).toEqual([]);
  expect(queries).toMatchObject({ exact: 1, silentLosses: 0, wronglyFound: 0 });
  expect(queries?.count).toBeGreaterThan(60);
  expect(queries?.complete).toBeGreaterThanOrEqual(complete);
});
