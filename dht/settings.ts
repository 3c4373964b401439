import { K } from "../routing/index.ts";
import { ALPHA } from "./lookup.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** What may be tuned about an overlay. All times in ms. */
export interface OverlaySettings {
  /** Requests of one lookup under way at once. */
  readonly alpha: number;
  /** Nodes that hold a record, and that a lookup must have heard. */
  readonly k: number;
  /** When a request that is not answered has failed. It counts as late, and frees its slot, much earlier. */
  readonly requestTimeoutMs: number;
  /** A bucket in which nothing was looked up for this long is refreshed. */
  readonly refreshIntervalMs: number;
  /** How often the contact heard of longest ago is asked whether it still lives. */
  readonly revalidateIntervalMs: number;
  /** A contact heard of more recently than this is not asked. */
  readonly freshForMs: number;
  /** How often own records are signed anew and stored at the k nodes that are nearest by then. */
  readonly republishIntervalMs: number;
  /** How long a record lives without being republished: three intervals, so that two may fail. */
  readonly recordLifetimeMs: number;
  /** How often expired records are dropped from memory. */
  readonly sweepIntervalMs: number;
}

export const DEFAULT_SETTINGS: OverlaySettings = {
  alpha: ALPHA,
  k: K,
  requestTimeoutMs: 5 * SECOND,
  refreshIntervalMs: HOUR,
  revalidateIntervalMs: 15 * SECOND,
  freshForMs: 5 * MINUTE,
  republishIntervalMs: HOUR,
  recordLifetimeMs: 3 * HOUR,
  sweepIntervalMs: 5 * MINUTE,
};
