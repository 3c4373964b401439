import { expect, test } from "vitest";
import { fuzzScenario, type ScenarioInput } from "../../../simulations/index.ts";

/** Worlds that were drawn, in which something was broken until it was mended. As data: what a seed draws may change. */
const FOUND: readonly (readonly [what: string, scenario: ScenarioInput])[] = [
  [
    "a node that nobody can dial, and that has lost everybody it knew, finds its way back",
    {
      name: "fuzz-6",
      level: "overlay",
      seed: 6,
      nodes: 5,
      growthMs: 87,
      settleMs: 60000,
      durationMs: 1320000,
      latency: { model: "uniform", fromMs: 31, toMs: 82 },
      hosts: { clients: 0.194, clock: { model: "uniform", maxMs: 2992 }, closedPorts: 0.972 },
      links: { max: 512, idleMs: 60000 },
      churn: null,
      faults: [
        { fault: "delay", fromMs: 137645, untilMs: 267545, rate: 0.0795, addMs: 381 },
        { fault: "partition", share: 0.479, oneWay: true },
        { fault: "loss", fromMs: 899662, untilMs: 928003, rate: 0.154 },
      ],
      adversaries: [],
      arrivals: [],
      load: { capabilities: 7, zipf: 1, lookupsPerSecond: 0.998, findsPerSecond: 0.171, publishesPerSecond: 0, findLimit: 49 },
      overlay: {
        alpha: 3,
        refreshIntervalMs: 960000,
        republishIntervalMs: 960000,
        recordLifetimeMs: 2880000,
        revalidateIntervalMs: 15000,
        freshForMs: 80000,
        sweepIntervalMs: 80000,
      },
    },
  ],
  [
    "where liars name members under addresses of others, no walk asks at one address twice",
    {
      name: "fuzz-16",
      level: "overlay",
      seed: 16,
      nodes: 16,
      growthMs: 130,
      settleMs: 300000,
      durationMs: 500000,
      latency: { model: "uniform", fromMs: 10, toMs: 41 },
      hosts: { clock: { model: "uniform", maxMs: 2300 }, dataCentres: 0.0584 },
      links: { max: 512, idleMs: 60000 },
      churn: { model: "weibull", shape: 0.512, scaleMs: 1625831, graceful: 0.732, returning: 0.419, pauseMs: 46909 },
      faults: [
        { fault: "clog", fromMs: 409811, untilMs: 703847, share: 0.338 },
        { fault: "loss", fromMs: 106920, untilMs: 108617, rate: 0.363 },
        { fault: "refuse-stores", fromMs: 161814, everyMs: 51901, lastsMs: 1600, share: 0.456 },
      ],
      adversaries: [
        { adversary: "liars", fromMs: 420000, untilMs: 480000, share: 0.05617638870221483 },
        { adversary: "forgers", fromMs: 0, untilMs: 360000, share: 0.021548918775308987, perSecond: 1.5839594987735954 },
      ],
      arrivals: [],
      load: { capabilities: 24, zipf: 1, lookupsPerSecond: 0.253, findsPerSecond: 0.427, publishesPerSecond: 0.348, findLimit: 4 },
      overlay: {},
    },
  ],
];

test.each(FOUND)("Found once: %s", async (_, scenario) => {
  expect((await fuzzScenario(scenario)).violations).toEqual([]);
});
