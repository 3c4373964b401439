/** Chance alone exceeds this, divided by the root of the number of values, once in a hundred times (Kolmogorov and Smirnov). */
export const KS_CRITICAL = 1.63;

/** Largest distance between the values that were drawn and their distribution function. */
export function distanceFrom(cdf: (value: number) => number, values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted.reduce((largest, value, n) => Math.max(largest, Math.abs(cdf(value) - (n + 0.5) / sorted.length)), 0);
}
