import { Samples } from "../statistics.ts";

/** How well a model agrees with measurements of the same pairs. */
export interface Fit {
  readonly pairs: number;
  /** Of |modelled − measured| / measured. */
  readonly relativeError: { readonly p50: number; readonly p90: number };
  /** Pearson's. */
  readonly correlation: number;
  readonly quantiles: readonly FitQuantile[];
}

export interface FitQuantile {
  readonly part: number;
  readonly measured: number;
  readonly modelled: number;
}

const PARTS = [0.1, 0.25, 0.5, 0.75, 0.9] as const;

/** @throws RangeError unless there are as many modelled as measured values, at least two, and no measured one is 0. */
export function fitOf(measured: readonly number[], modelled: readonly number[]): Fit {
  if (measured.length !== modelled.length || measured.length < 2 || measured.includes(0))
    throw new RangeError("a fit needs pairs of values, at least two, measured ones above 0");
  const errors = samplesOf(measured.map((value, index) => Math.abs((modelled[index] as number) - value) / value));
  const [truth, model] = [samplesOf(measured), samplesOf(modelled)];
  return {
    pairs: measured.length,
    relativeError: { p50: errors.quantile(0.5), p90: errors.quantile(0.9) },
    correlation: correlationOf(measured, modelled),
    quantiles: PARTS.map((part) => ({ part, measured: truth.quantile(part), modelled: model.quantile(part) })),
  };
}

function samplesOf(values: readonly number[]): Samples {
  const samples = new Samples();
  for (const value of values) samples.add(value);
  return samples;
}

function correlationOf(xs: readonly number[], ys: readonly number[]): number {
  const [meanX, meanY] = [samplesOf(xs).mean, samplesOf(ys).mean];
  const products = (as: readonly number[], meanA: number, bs: readonly number[], meanB: number) =>
    as.reduce((sum, a, index) => sum + (a - meanA) * ((bs[index] as number) - meanB), 0);
  return products(xs, meanX, ys, meanY) / Math.sqrt(products(xs, meanX, xs, meanX) * products(ys, meanY, ys, meanY));
}
