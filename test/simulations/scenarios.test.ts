import { describe, expect, test } from "vitest";
import { exponentialSessions, weibullSessions } from "../../simulations/engine/churn/sessions.ts";
import { RandomStream } from "../../simulations/engine/random.ts";
import { type FaultSpec, windowsOf } from "../../simulations/faults/fault-spec.ts";
import { Faults } from "../../simulations/faults/faults.ts";
import { isInShare } from "../../simulations/faults/share.ts";
import { LIBRARY, readScenario, record, type ScenarioInput, simulate } from "../../simulations/index.ts";
import { Zipf } from "../../simulations/scenarios/zipf.ts";
import { failureOf } from "../support/net/lifetime.ts";

const MINUTE = 60_000;

describe("A scenario", () => {
  test.each(LIBRARY.map((scenario) => [scenario.name, scenario] as const))("%s is complete and valid", (name, scenario) => {
    expect(readScenario(scenario)).toMatchObject({
      name,
      level: "overlay",
      links: { max: 512 },
      load: { lookupsPerSecond: expect.any(Number) },
    });
    expect(scenario.targets?.length).toBeGreaterThan(0);
  });

  test("may say times with a unit", () => {
    const { durationMs, churn, faults } = readScenario({
      durationMs: "1.5h",
      churn: { model: "exponential", meanMs: "20m" },
      faults: [{ fault: "loss", rate: 0.1, fromMs: "90s" }],
    } as unknown as ScenarioInput);
    expect({ durationMs, churn, faults }).toEqual({
      durationMs: 90 * MINUTE,
      churn: { model: "exponential", meanMs: 20 * MINUTE },
      faults: [{ fault: "loss", rate: 0.1, fromMs: 90_000 }],
    });
  });

  test("has targets for figures that there are, and names those that were meant", async () => {
    const withFigure = (figure: string) => ({ nodes: 10, targets: [{ figure, atLeast: 0.5 }] });
    expect(await failureOf(() => readScenario(withFigure("finds.succes")))).toMatchObject({
      code: "bad_options",
      message: 'scenario.targets.0.figure: there is no figure "finds.succes"',
      hint: expect.stringMatching(/^nearest: finds\.success\b/),
    });
    for (const figure of ["finds.firstMs.p50", "adversaries.targeted.recall", "deaths"]) readScenario(withFigure(figure));
  });

  test.each<[string, unknown, string]>([
    ["an unknown field", { node: 5 }, "scenario.node: is not known"],
    ["too few nodes", { nodes: 1 }, "scenario.nodes: must be >= 2"],
    ["a rate beyond 1", { faults: [{ fault: "loss", rate: 2 }] }, "scenario.faults.0.rate: must be <= 1"],
    ["a fault that there is not", { faults: [{ fault: "flood" }] }, 'scenario.faults.0.fault: must be one of "loss"'],
    ["a fault without its figure", { faults: [{ fault: "delay", rate: 0.1 }] }, "scenario.faults.0.addMs: is missing"],
    ["a field of another fault", { faults: [{ fault: "loss", rate: 0.1, share: 0.1 }] }, "scenario.faults.0.share: is not known"],
    ["a churn model that there is not", { churn: { model: "pareto" } }, 'scenario.churn.model: must be one of "exponential"'],
    ["a time that is none", { durationMs: "soon" }, "scenario.durationMs must be a number of milliseconds"],
    ["a list", [], "scenario: must be object"],
  ])("with %s is refused, and it is said where", async (_, scenario, message) => {
    expect(await failureOf(() => readScenario(scenario as ScenarioInput))).toMatchObject({
      code: "bad_options",
      message: expect.stringContaining(message),
    });
  });
});

describe("Sessions", () => {
  const DRAWS = 40_000;
  const meanOf = (draw: () => number) => Array.from({ length: DRAWS }, draw).reduce((sum, value) => sum + value, 0) / DRAWS;

  test.each([
    ["exponential", exponentialSessions(1_000), (ms: number) => 1 - Math.exp(-ms / 1_000)],
    ["Weibull 0.5", weibullSessions(0.5, 1_000), (ms: number) => 1 - Math.exp(-Math.sqrt(ms / 1_000))],
    ["Weibull 2", weibullSessions(2, 1_000), (ms: number) => 1 - Math.exp(-((ms / 1_000) ** 2))],
  ] as const)("are %s", (_, sessions, cdf) => {
    const random = new RandomStream(1, "sessions");
    const values = Array.from({ length: DRAWS }, () => sessions.whole(random)).sort((a, b) => a - b);
    const distance = Math.max(...values.map((value, n) => Math.abs(cdf(value) - (n + 0.5) / DRAWS)));
    expect(distance).toBeLessThan(1.63 / Math.sqrt(DRAWS)); // Kolmogorov and Smirnov, 1 %
    expect(sessions.meanMs / meanOf(() => sessions.whole(random))).toBeCloseTo(1, 1);
  });

  test("of nodes that are met at a random moment are as long as a world of many lives shows", () => {
    const sessions = weibullSessions(0.8, 1_000);
    const random = new RandomStream(2, "lives");
    // Lives one after the other, and a look at a random moment: what is left of the life that is met.
    const ends: number[] = [];
    let at = 0;
    while (ends.length < 200_000) {
      at += sessions.whole(random);
      ends.push(at);
    }
    const total = ends.at(-1) as number;
    const left = () => {
      const moment = random.next() * total;
      let [low, high] = [0, ends.length - 1];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((ends[middle] as number) > moment) high = middle;
        else low = middle + 1;
      }
      return (ends[low] as number) - moment;
    };
    const met = Array.from({ length: DRAWS }, left).sort((a, b) => a - b);
    const drawn = Array.from({ length: DRAWS }, () => sessions.remaining(random)).sort((a, b) => a - b);
    for (const part of [0.1, 0.25, 0.5, 0.75, 0.9]) {
      const ratio = (met[Math.floor(part * DRAWS)] as number) / (drawn[Math.floor(part * DRAWS)] as number);
      expect(Math.abs(ratio - 1)).toBeLessThan(0.08);
    }
  });
});

describe("Faults", () => {
  test("have the stretches of their schedule, within the run", () => {
    expect(windowsOf({}, 100)).toEqual([{ fromMs: 0, untilMs: 100 }]);
    expect(windowsOf({ fromMs: 20, untilMs: 500 }, 100)).toEqual([{ fromMs: 20, untilMs: 100 }]);
    expect(windowsOf({ fromMs: 10, everyMs: 40, lastsMs: 15 }, 100)).toEqual([
      { fromMs: 10, untilMs: 25 },
      { fromMs: 50, untilMs: 65 },
      { fromMs: 90, untilMs: 100 },
    ]);
    expect(windowsOf({ fromMs: 200 }, 100)).toEqual([]);
  });

  test("strike the share that they say, the same hosts each time it is asked", () => {
    for (const share of [0, 0.1, 1 / 3, 1]) {
      const struck = Array.from({ length: 20_000 }, (_, n) => isInShare(share, 3, n)).filter(Boolean).length / 20_000;
      expect(Math.abs(struck - share)).toBeLessThan(0.01);
    }
    expect(Array.from({ length: 50 }, (_, n) => isInShare(0.5, 1, n))).not.toEqual(
      Array.from({ length: 50 }, (_, n) => isInShare(0.5, 2, n)),
    );
  });

  const under = (spec: FaultSpec) => {
    const faults = new Faults(new RandomStream(1, "faults"));
    faults.begin(spec, 0, 9_000);
    return faults;
  };
  const pairs = Array.from({ length: 5_000 }, (_, n) => [n % 71, 100 + (n % 89)] as const);

  test("a partition cuts both ways, or one, and nothing within a side", () => {
    const both = under({ fault: "partition", share: 0.3 });
    const one = under({ fault: "partition", share: 0.3, oneWay: true });
    for (const [a, b] of pairs) {
      const isCut = isInShare(0.3, 0, a) !== isInShare(0.3, 0, b);
      expect([both.fateOf(a, b).heldUntilMs, both.fateOf(b, a).heldUntilMs]).toEqual(isCut ? [9_000, 9_000] : [0, 0]);
      expect(one.fateOf(a, b).heldUntilMs > 0).toBe(isCut && isInShare(0.3, 0, a));
    }
  });

  test("losses and delays have their rates, and end", () => {
    const faults = under({ fault: "loss", rate: 0.2 });
    const late: FaultSpec = { fault: "delay", rate: 0.5, addMs: 70 };
    faults.begin(late, 1, 9_000);
    const fates = pairs.map(([a, b]) => faults.fateOf(a, b));
    expect(fates.filter(({ broken }) => broken).length / pairs.length).toBeCloseTo(0.2, 1);
    expect(fates.filter(({ addMs }) => addMs === 70).length / pairs.length).toBeCloseTo(0.5, 1);
    faults.end(late);
    expect(pairs.every(([a, b]) => faults.fateOf(a, b).addMs === 0)).toBe(true);
  });
});

test("A name is drawn in proportion to 1 / its rank", () => {
  const [zipf, random] = [new Zipf(100, 1), new RandomStream(4, "zipf")];
  const counts = new Array<number>(100).fill(0);
  for (let n = 0; n < 100_000; n++) {
    const drawn = zipf.draw(random);
    counts[drawn] = (counts[drawn] ?? 0) + 1;
  }
  const harmonic = counts.reduce((sum, _, n) => sum + 1 / (n + 1), 0);
  for (const n of [0, 1, 4, 19, 99]) expect((counts[n] as number) / 100_000 / (1 / (n + 1) / harmonic)).toBeCloseTo(1, 0);
});

describe.each(["overlay", "node"] as const)("At the %s level", (level) => {
  // Whole nodes take a hundred times as long.
  const nodes = level === "node" ? 16 : 40;
  const small = { level, nodes, seed: 5, growthMs: 500, settleMs: 2 * MINUTE, durationMs: 12 * MINUTE } as const;
  const load = { lookupsPerSecond: 0.2, findsPerSecond: 0.2, capabilities: 5 };

  test("a partition is felt while it lasts, and forgotten after it", async () => {
    const faults = [{ fault: "partition", share: 0.4, fromMs: 3 * MINUTE, untilMs: 6 * MINUTE }] as const;
    const { series, marks, figures } = await record({ ...small, load, faults });
    expect(figures.faults).toEqual([]);
    expect(marks).toHaveLength(1);
    const recall = series.columns.find(({ name }) => name === "recall of lookups")?.values ?? [];
    const mean = (fromMs: number, untilMs: number) => {
      const values = recall
        .slice(Math.floor(fromMs / series.stepMs), Math.floor(untilMs / series.stepMs))
        .filter((value) => value !== null);
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    };
    const [mark] = marks;
    expect(mean(mark?.fromMs ?? 0, mark?.untilMs ?? 0)).toBeLessThan(0.9);
    expect(mean((mark?.untilMs ?? 0) + 2 * MINUTE, series.stepMs * 300)).toBeGreaterThan(0.97);
  });

  test("those that crash come back, with what they knew or without it, and are found again", async () => {
    for (const keepsState of [true, false]) {
      const faults = [{ fault: "crash", share: 0.3, keepsState, fromMs: MINUTE, untilMs: 4 * MINUTE }] as const;
      const { series, figures } = await record({ ...small, load, faults });
      const live = series.columns.find(({ name }) => name === "live nodes")?.values ?? [];
      expect(Math.min(...live.slice(100).map(Number))).toBeLessThan(0.9 * nodes);
      expect(live.at(-1)).toBe(nodes);
      expect(figures.finds.success).toBeGreaterThan(0.95);
      expect(figures.faults).toEqual([]);
    }
  });

  test("nodes that say goodbye leave nothing behind, and those that return are there again", async () => {
    const churn = { model: "exponential", meanMs: 8 * MINUTE, graceful: 1, returning: 0.5, pauseMs: MINUTE } as const;
    const { figures } = await record({ ...small, load, churn });
    expect(figures.deaths).toBeGreaterThan(nodes / 2);
    expect(figures.finds.recall).toBeGreaterThan(0.9);
    expect(figures.faults).toEqual([]);
  });
});

test("A run is the same, whether or not it is recorded", async () => {
  const scenario = {
    nodes: 30,
    seed: 3,
    durationMs: 3 * MINUTE,
    churn: { model: "kad" },
    faults: [{ fault: "loss", rate: 0.05 }],
  } as const;
  const [{ traceHash }, recording] = [await simulate(scenario), await record(scenario)];
  expect(recording.figures.traceHash).toBe(traceHash);
  expect(recording.curves.length).toBeGreaterThan(0);
  expect(recording.picture.lookup?.requests.length).toBeGreaterThan(0);
});
