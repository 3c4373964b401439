import { expect, test } from "vitest";
import { drawScenario } from "../../../simulations/index.ts";
import { modelsOf } from "../../../simulations/models.ts";

const SEEDS = Array.from({ length: 400 }, (_, seed) => seed);
const noFile = (path: string): string => {
  throw new Error(`a drawn world names the file ${path}`);
};

test("A seed is one world, which is a scenario without faults of its own", () => {
  for (const seed of SEEDS) {
    const scenario = drawScenario(seed);
    expect(scenario).toEqual(drawScenario(seed));
    expect(() => modelsOf(scenario, noFile)).not.toThrow();
  }
});

test("Everything is drawn that can go wrong, and small worlds more often than large ones", () => {
  const worlds = SEEDS.map((seed) => drawScenario(seed));
  const distinct = (of: readonly unknown[]) => new Set(of).size;
  expect(distinct(worlds.flatMap(({ faults }) => faults.map(({ fault }) => fault)))).toBe(6);
  expect(distinct(worlds.flatMap(({ adversaries }) => adversaries.map(({ adversary }) => adversary)))).toBe(9);
  expect(distinct(worlds.map(({ churn }) => churn?.model))).toBe(6);
  expect(distinct(worlds.map(({ latency }) => latency.model))).toBe(5);
  expect(distinct(worlds.flatMap(({ hosts }) => Object.keys(hosts)))).toBe(6);
  const sizes = worlds.map(({ nodes }) => nodes).sort((a, b) => a - b);
  expect(sizes[0]).toBeGreaterThanOrEqual(5);
  expect(sizes[SEEDS.length / 2]).toBeLessThan(40);
  expect(sizes.at(-1)).toBeGreaterThan(100);
  expect(worlds.filter(({ level }) => level === "node").length).toBeGreaterThan(10);
});

test("Nobody arrives after the trouble, which lasts as long as one says", () => {
  for (const seed of SEEDS) {
    const { durationMs, arrivals } = drawScenario(seed, { minutes: 7 });
    expect(durationMs).toBe(7 * 60_000);
    for (const { atMs, withinMs = 0 } of arrivals) expect(atMs + withinMs).toBeLessThanOrEqual(durationMs);
  }
});
