import { K } from "../routing/index.ts";
import { ALPHA } from "./lookup.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** What may be tuned about an overlay. All times in ms. */
export interface OverlaySettings {
  /** Requests of one lookup under way at once. */
  readonly alpha: number;
  /** How many of the nodes nearest to a key hold its records, and must answer before a lookup ends. The size of a bucket is always K. */
  readonly k: number;
  /** When an unanswered request has failed. In a lookup it counts as late, and frees its slot, much earlier. */
  readonly requestTimeoutMs: number;
  /** A bucket is refreshed this long after it last was, unless it is full of contacts that have all answered since. */
  readonly refreshIntervalMs: number;
  /** How often, give or take half, one random bucket's contact that answered longest ago is pinged. */
  readonly revalidateIntervalMs: number;
  /** A contact that answered less than this long ago is not pinged, neither for upkeep nor for a newcomer that wants its seat. */
  readonly freshForMs: number;
  /** How often own records are signed anew and stored at the k nodes nearest by then; the first time much earlier. See RepublishSweep. */
  readonly republishIntervalMs: number;
  /** How long a record lives once signed: three intervals, so that one failed republish does no harm, and often not even two. */
  readonly recordLifetimeMs: number;
  /** Capabilities that a node publishes at most; about 2 KiB each. */
  readonly mostOwn: number;
  /** How often, give or take half, expired records are dropped from memory. They are never given out, dropped or not. */
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
  mostOwn: 64,
  sweepIntervalMs: 5 * MINUTE,
};
