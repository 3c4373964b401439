import type { RandomStream } from "../random.ts";

/** Beyond this any request has timed out long ago, ms one way: a bound for the tails of distributions and for mistakes in specs. */
export const LONGEST_ONE_WAY_MS = 60_000;

/** Where a host stands in the network, as far as its delays go. */
export interface Place {
  /** Index into the model's regions. */
  readonly region: number;
  /** One way between the host and the backbone, ms. */
  readonly lastMileMs: number;
  /** Tells hosts apart in models where each pair has a delay of its own; 0 in others. */
  readonly key: number;
}

/** How long messages take. */
export interface LatencyModel {
  readonly name: string;
  /** The city or region of a place; empty where the model has none. */
  nameOf(place: Place): string;
  /** Puts a new host somewhere. */
  place(random: RandomStream): Place;
  /** Time of one message from one host to another, ms, without jitter: half the round trip. */
  oneWayMs(from: Place, to: Place): number;
  /** That time as it turns out for one message. */
  sampleMs(from: Place, to: Place, random: RandomStream): number;
}
