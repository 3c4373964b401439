import { describe, expect, test } from "vitest";
import { type ChurnSpec, sessionModel } from "../../simulations/engine/churn/churn-spec.ts";
import { RandomStream } from "../../simulations/engine/random.ts";
import { distanceFrom, KS_CRITICAL } from "../support/distribution.ts";

const DRAWS = 40_000;
const LIMIT = KS_CRITICAL / Math.sqrt(DRAWS);
const MINUTE = 60_000;

function drawn(spec: ChurnSpec, what: "sessionMs" | "remainingMs", seed = 1): number[] {
  const model = sessionModel(spec);
  const random = new RandomStream(seed, what);
  return Array.from({ length: DRAWS }, (_, index) => model[what](random, index));
}

const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

const weibull = (shape: number, scaleMs: number) => (ms: number) => 1 - Math.exp(-((ms / scaleMs) ** shape));

/**
 * What is left of a session that is met at a random moment, from the lengths of whole ones: the integral of 1 − F up to there, divided by
 * its integral over everything. By trapezia, narrow where sessions are short.
 */
function residualOf(cdf: (ms: number) => number, scaleMs: number): (ms: number) => number {
  const steps = 200_000;
  const at = (step: number) => scaleMs * (1e-9 * 1e13 ** (step / steps) - 1e-9);
  const integral = new Float64Array(steps + 1);
  for (let step = 1; step <= steps; step++) {
    const [from, to] = [at(step - 1), at(step)];
    integral[step] = (integral[step - 1] as number) + ((2 - cdf(from) - cdf(to)) / 2) * (to - from);
  }
  return (ms) => {
    const step = Math.min(steps, Math.max(0, Math.floor((Math.log((ms / scaleMs + 1e-9) / 1e-9) / Math.log(1e13)) * steps)));
    return (integral[step] as number) / (integral[steps] as number);
  };
}

describe("Sessions", () => {
  const gammaOf3 = 2;
  const models: [string, ChurnSpec, (ms: number) => number, number, number][] = [
    ["exponential", { model: "exponential", meanMs: 3_600_000 }, weibull(1, 3_600_000), 3_600_000, 3_600_000],
    ["weibull 2", { model: "weibull", shape: 2, scaleMs: 600_000 }, weibull(2, 600_000), 600_000, (600_000 * Math.sqrt(Math.PI)) / 2],
    ["kad", { model: "kad" }, weibull(0.5, 5_000_000), 5_000_000, 5_000_000 * gammaOf3],
    ["ipfs", { model: "ipfs" }, weibull(0.52, 116 * MINUTE), 116 * MINUTE, 116 * MINUTE * 1.865], // Γ(1 + 1 / 0.52)
  ];

  test.each(models)("as %s has them are distributed so, and have its mean", (_, spec, cdf, __, meanMs) => {
    const values = drawn(spec, "sessionMs");
    expect(distanceFrom(cdf, values)).toBeLessThan(LIMIT);
    expect(Math.abs(meanOf(values) / meanMs - 1)).toBeLessThan(0.05);
  });

  test.each(models)("as %s has them leave as much at a random moment as integration says", (_, spec, cdf, scaleMs) => {
    expect(distanceFrom(residualOf(cdf, scaleMs), drawn(spec, "remainingMs"))).toBeLessThan(LIMIT);
  });

  test("of KAD, met at a random moment, go on three times as long as new ones", () => {
    // E[X²] / (2 E[X]) is 24 / 4 scales, E[X] two.
    expect(meanOf(drawn({ model: "kad" }, "remainingMs")) / 30_000_000).toBeCloseTo(1, 1);
  });

  test("are the same for the same seed", () => {
    expect(drawn({ model: "kad" }, "remainingMs", 5)).toEqual(drawn({ model: "kad" }, "remainingMs", 5));
  });
});

describe("How nodes go", () => {
  const goings = (spec: object) => {
    const model = sessionModel({ model: "kad", ...spec });
    const random = new RandomStream(3, "farewell");
    return Array.from({ length: DRAWS }, () => model.farewell(random));
  };

  test("is without a word and for ever, unless the scenario says otherwise", () => {
    expect(new Set(goings({}).map((going) => JSON.stringify(going)))).toEqual(new Set(['{"graceful":false}']));
  });

  test("has the shares of the scenario, independent of each other", () => {
    const all = goings({ graceful: 0.3, returning: 0.2 });
    const share = (part: typeof all) => part.length / DRAWS;
    const [polite, back] = [all.filter(({ graceful }) => graceful), all.filter(({ returnsAfterMs }) => returnsAfterMs !== undefined)];
    expect(share(polite)).toBeCloseTo(0.3, 1.5);
    expect(share(back)).toBeCloseTo(0.2, 1.5);
    expect(share(polite.filter((going) => back.includes(going)))).toBeCloseTo(0.06, 1.5);
    expect(
      share(goings({ graceful: 1, returning: 1 }).filter(({ graceful, returnsAfterMs = -1 }) => graceful && returnsAfterMs >= 0)),
    ).toBe(1);
  });

  test.each([
    ["ten minutes on average, exponentially distributed, by default", {}, weibull(1, 10 * MINUTE)],
    ["as long on average as the scenario says", { pauseMs: 5_000 }, weibull(1, 5_000)],
    ["as long as a model has it", { pause: { model: "weibull", shape: 0.7, scaleMs: 9_000 } }, weibull(0.7, 9_000)],
  ])("has pauses %s", (_, spec, cdf) => {
    const pauses = goings({ returning: 1, ...spec }).map(({ returnsAfterMs = -1 }) => returnsAfterMs);
    expect(distanceFrom(cdf, pauses)).toBeLessThan(LIMIT);
  });
});
