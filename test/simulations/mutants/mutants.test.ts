import { describe, expect, test } from "vitest";
import { fuzzScenario, type ScenarioInput } from "../../../simulations/index.ts";
import { expectRejections } from "../../support/rejections.ts";
import { HASTY, MUTANTS } from "./mutants.ts";

/** A little of everything that a broken node may fail at, in a few minutes: all that a node does once an hour it does once a minute. */
const WORLD: ScenarioInput = {
  name: "mutants",
  nodes: 30,
  settleMs: "10s",
  durationMs: "3m",
  churn: { model: "exponential", meanMs: "3m", graceful: 0.5, returning: 0.3, pauseMs: "20s" },
  adversaries: [
    { adversary: "forgers", share: 0.1, perSecond: 5 },
    { adversary: "poisoners", count: 2, perSecond: 1, claim: "nowhere" },
  ],
  load: { capabilities: 3, findsPerSecond: 2, publishesPerSecond: 1 },
  overlay: HASTY,
};

describe("In the world of the mutants", () => {
  test("a node as it is breaks nothing", async () => {
    expect((await fuzzScenario(WORLD)).violations).toEqual([]);
  });

  test.each(MUTANTS)("one that $what is caught", async ({ breaks, noticedBy, world }) => {
    expectRejections();
    const undo = breaks();
    try {
      const { violations } = await fuzzScenario({ ...WORLD, ...world });
      expect(noticedBy, violations[0]?.detail).toContain(violations[0]?.invariant);
    } finally {
      undo();
    }
  });
});
