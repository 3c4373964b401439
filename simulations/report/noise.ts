import { finite } from "./scales.ts";

/** Of a figure that is counted over a whole run, such as its bytes: a part of it that says nothing. */
const OF_A_TOTAL = 0.01;
/** Standard errors within which two shares are the same for all that can be said. */
const ERRORS = 2;

/**
 * Whether two runs may differ by so much through nothing but chance. It errs on the side of chance: the spread of what was measured is not
 * in a recording, so that of a latency or a number of requests is taken to be as large as the figure itself.
 * @param samples what the figure is of in the smaller of the two runs; undefined for a total.
 */
export function isNoise(value: number, first: number, isShare: boolean, samples: number | undefined): boolean {
  const change = Math.abs(finite(value) - finite(first));
  if (samples === undefined) return change <= Math.abs(first) * OF_A_TOTAL;
  const many = Math.max(1, finite(samples));
  if (!isShare) return change <= Math.abs(first) / Math.sqrt(many);
  const share = Math.max(0, Math.min(1, (value + first) / 2));
  return change <= Math.max(1 / many, ERRORS * Math.sqrt((2 * share * (1 - share)) / many));
}
