import { type LatencyModel, LONGEST_ONE_WAY_MS, type Place } from "./latency-model.ts";

/** Every pair of hosts has a delay of its own, uniformly distributed, ms one way; the same both ways, and at all times. */
export function uniformLatency(fromMs: number, toMs: number): LatencyModel {
  const width = toMs - fromMs;
  return pairLatency(`uniform ${fromMs} to ${toMs} ms`, (low, high) => fromMs + width * unit(firstWord(low, high)));
}

/** The same, log-normally distributed: half of the pairs have less than the median. */
export function logNormalLatency(medianMs: number, sigma: number): LatencyModel {
  return pairLatency(`log-normal ${medianMs} ms, sigma ${sigma}`, (low, high) =>
    Math.min(LONGEST_ONE_WAY_MS, medianMs * Math.exp(sigma * normal(low, high))),
  );
}

/** Delays are computed from the keys of both hosts whenever they are asked for: a million hosts have too many pairs to store. */
function pairLatency(name: string, delayMs: (low: number, high: number) => number): LatencyModel {
  const oneWayMs = ({ key: a }: Place, { key: b }: Place) => (a < b ? delayMs(a, b) : delayMs(b, a));
  return {
    name,
    nameOf: () => "",
    place: (random) => ({ region: 0, lastMileMs: 0, key: random.uint32() }),
    oneWayMs,
    sampleMs: oneWayMs,
  };
}

/** Normally distributed over the pairs (Box and Muller 1958). */
function normal(low: number, high: number): number {
  return Math.sqrt(-2 * Math.log(1 - unit(firstWord(low, high)))) * Math.cos(2 * Math.PI * unit(secondWord(low, high)));
}

/** In [0, 1). */
function unit(word: number): number {
  return word / 2 ** 32;
}

// Two words that look independent: each key goes in between two mixes, in another order and from another start.

function firstWord(low: number, high: number): number {
  return mix(mix(high ^ 0x9e3779b9) ^ low);
}

function secondWord(low: number, high: number): number {
  return mix(mix(low ^ 0x7f4a7c15) ^ high);
}

/** The final mix of MurmurHash3 (Austin Appleby). */
function mix(word: number): number {
  let h = word;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
