import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fitOf } from "../../simulations/engine/latency/fit.ts";
import type { LatencyModel, Place } from "../../simulations/engine/latency/latency-model.ts";
import { latencyModel } from "../../simulations/engine/latency/latency-spec.ts";
import { regionLatency } from "../../simulations/engine/latency/regions.ts";
import { RandomStream } from "../../simulations/engine/random.ts";
import { AWS, AWS_FILE, AWS_PAIRS } from "../support/aws-round-trips.ts";
import { distanceFrom, KS_CRITICAL } from "../support/distribution.ts";

function placesOf(model: LatencyModel, count: number, seed = 2): Place[] {
  const random = new RandomStream(seed, "places");
  return Array.from({ length: count }, () => model.place(random));
}

/** Delays between hosts that meet no one else: independent of each other. */
function delaysOf(model: LatencyModel, pairs: number): number[] {
  const places = placesOf(model, 2 * pairs);
  return Array.from({ length: pairs }, (_, n) => model.oneWayMs(places[2 * n] as Place, places[2 * n + 1] as Place));
}

describe("Delays of pairs", () => {
  const PAIRS = 40_000;

  test("are uniform between both ends", () => {
    const delays = delaysOf(latencyModel({ model: "uniform", fromMs: 10, toMs: 90 }), PAIRS);
    expect(distanceFrom((ms) => (ms - 10) / 80, delays)).toBeLessThan(KS_CRITICAL / Math.sqrt(PAIRS));
  });

  test("are log-normal around the median", () => {
    const delays = delaysOf(latencyModel({ model: "log-normal", medianMs: 60, sigma: 0.5 }), PAIRS);
    // The normal distribution to within 1e-5 (Abramowitz and Stegun 1964, 26.2.16).
    const normal = (x: number) => {
      const t = 1 / (1 + 0.33267 * Math.abs(x));
      const tail = (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * t * (0.4361836 + t * (-0.1201676 + t * 0.937298));
      return x > 0 ? 1 - tail : tail;
    };
    expect(distanceFrom((ms) => normal(Math.log(ms / 60) / 0.5), delays)).toBeLessThan(KS_CRITICAL / Math.sqrt(PAIRS));
  });

  test("of one host to all others are spread like those of all", () => {
    const model = latencyModel({ model: "uniform", fromMs: 10, toMs: 90 });
    const [first, ...others] = placesOf(model, PAIRS + 1) as [Place, ...Place[]];
    const delays = others.map((other) => model.oneWayMs(first, other));
    expect(distanceFrom((ms) => (ms - 10) / 80, delays)).toBeLessThan(KS_CRITICAL / Math.sqrt(PAIRS));
  });

  test.each([
    { model: "uniform", fromMs: 10, toMs: 90 },
    { model: "log-normal", medianMs: 60, sigma: 1 },
  ])("$model: are the same both ways and each time, and take no chance", (spec) => {
    const model = latencyModel(spec);
    const random = new RandomStream(9, "weather");
    const [first, ...others] = placesOf(model, 1_000) as [Place, ...Place[]];
    for (const other of others) {
      expect(model.oneWayMs(other, first)).toBe(model.oneWayMs(first, other));
      expect(model.sampleMs(first, other, random)).toBe(latencyModel(spec).oneWayMs(first, other));
    }
    expect(random.uint32()).toBe(new RandomStream(9, "weather").uint32());
  });

  test("never exceed a minute, whatever the distribution says", () => {
    const delays = delaysOf(latencyModel({ model: "log-normal", medianMs: 30_000, sigma: 4 }), 1_000);
    expect(Math.max(...delays)).toBe(60_000);
  });
});

describe("A matrix", () => {
  test("from a file puts hosts into its regions, all alike, and has half of its round trips between them", () => {
    const model = latencyModel({ model: "matrix", file: AWS_FILE }, (path) => readFileSync(path, "utf8"));
    const places = placesOf(model, 21_000);
    expect(model.name).toBe("matrix of 21 regions");
    for (let region = 0; region < 21; region++) expect(places.filter((place) => place.region === region).length / 1_000).toBeCloseTo(1, 0);
    expect(new Set(places.map((place) => model.nameOf(place)))).toEqual(new Set(AWS.regions.map(({ code }) => code)));
    const [a, b] = [places[0], places.find(({ region }) => region !== places[0]?.region)] as [Place, Place];
    const [there, back] = [AWS.rttMs[a.region]?.[b.region] as number, AWS.rttMs[b.region]?.[a.region] as number];
    expect([model.oneWayMs(a, b), model.oneWayMs(b, a)]).toEqual([(there + back) / 4, (there + back) / 4]);
    expect(model.sampleMs(a, b, new RandomStream(1, "weather"))).toBe(model.oneWayMs(a, b));
  });

  test("has hosts where the weights put them, behind a last mile, and jitter that only adds", () => {
    const model = latencyModel({
      model: "matrix",
      rows: [
        [1, 50, 90],
        [54, 2, 70],
        [90, 70, 3],
      ],
      regions: ["north", "south", "sea"],
      weights: { north: 3, south: 1 },
      lastMile: { medianMs: 5, sigma: 0.5 },
      jitter: 0.1,
    });
    const places = placesOf(model, 20_000);
    expect(places.filter((place) => model.nameOf(place) === "north").length / places.length).toBeCloseTo(0.75, 1);
    expect(places.some((place) => model.nameOf(place) === "sea")).toBe(false);
    const miles = places.map(({ lastMileMs }) => lastMileMs).sort((a, b) => a - b);
    expect(miles[10_000]).toBeCloseTo(5, 0);
    expect(miles.at(-1)).toBeLessThanOrEqual(100);
    const [a, b] = [0, 1].map((region) => ({ region, lastMileMs: 4 + 2 * region, key: 0 })) as [Place, Place];
    expect(model.oneWayMs(a, b)).toBe(26 + 10);
    const random = new RandomStream(2, "weather");
    const samples = Array.from({ length: 20_000 }, () => model.sampleMs(a, b, random));
    expect(Math.min(...samples)).toBeGreaterThanOrEqual(36);
    expect(samples.reduce((sum, ms) => sum + ms, 0) / 20_000 / 36).toBeCloseTo(1.1, 2);
  });
});

describe("The region model", () => {
  const fit = fitOf(
    AWS_PAIRS.map(({ measuredMs }) => measuredMs),
    AWS_PAIRS.map(({ modelledMs }) => modelledMs),
  );

  test("agrees with what was measured between 21 cloud regions, as docs/simulator.md says", () => {
    const off = (part: number) => {
      const { measured, modelled } = fit.quantiles.find((quantile) => quantile.part === part) ?? { measured: 0, modelled: 0 };
      return Math.abs(modelled / measured - 1);
    };
    expect(fit.pairs).toBe(210);
    expect(fit.relativeError.p50).toBeLessThan(0.15);
    expect(fit.relativeError.p90).toBeLessThan(0.35);
    expect(fit.correlation).toBeGreaterThan(0.84);
    expect(off(0.25)).toBeLessThan(0.05);
    expect(off(0.5)).toBeLessThan(0.1);
    expect(off(0.9)).toBeLessThan(0.15);
  });

  test("is what a scenario gets that says nothing, and gives the same delays as ever", () => {
    const [byDefault, own] = [latencyModel(), regionLatency()];
    expect(placesOf(byDefault, 50, 7)).toEqual(placesOf(own, 50, 7));
    const [a, b] = placesOf(own, 2, 7) as [Place, Place];
    expect([own.nameOf(a), own.nameOf(b)]).toEqual(["Madrid", "Sydney"]);
    expect(own.oneWayMs(a, b)).toBe(144.54038599525612);
    expect(own.sampleMs(a, b, new RandomStream(8, "weather"))).toBe(145.0927797249086);
  });
});

test("A fit knows quantiles, errors and correlation, and refuses what it cannot compare", () => {
  expect(fitOf([10, 20, 40], [11, 20, 30])).toMatchObject({ pairs: 3, relativeError: { p50: 0.1, p90: 0.25 } });
  expect(fitOf([1, 2, 3], [10, 20, 30]).correlation).toBeCloseTo(1, 12);
  expect(() => fitOf([1], [1])).toThrow(RangeError);
  expect(() => fitOf([1, 2], [1])).toThrow(RangeError);
  expect(() => fitOf([0, 1], [1, 1])).toThrow(RangeError);
});
