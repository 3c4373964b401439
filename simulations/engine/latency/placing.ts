import type { RandomStream } from "../random.ts";

/** One way between hosts and the backbone, ms: log-normal; half of the hosts have less than the median, some several times as much. */
export interface LastMile {
  readonly medianMs: number;
  readonly sigma: number;
  /** No more than this: beyond it people change their provider. */
  readonly maxMs: number;
}

export function drawLastMileMs({ medianMs, sigma, maxMs }: LastMile, random: RandomStream): number {
  return Math.min(maxMs, medianMs * Math.exp(sigma * random.normal()));
}

/** Draws indices in proportion to weights, at least one of which is positive. */
export function weightedIndex(weights: readonly number[]): (random: RandomStream) => number {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const first = weights.findIndex((weight) => weight > 0); // where rounding leaves a rest
  return (random) => {
    let rest = random.next() * total;
    const index = weights.findIndex((weight) => {
      rest -= weight;
      return rest < 0;
    });
    return index === -1 ? first : index;
  };
}
