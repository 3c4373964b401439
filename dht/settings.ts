import { K } from "../routing/index.ts";
import { ALPHA, BETA, CLOSING_ALPHA, MOST_ALPHA, NEAR_EQUALS, RELAYS } from "./lookup-options.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** What may be tuned about an overlay. All times in ms. */
export interface OverlaySettings {
  /** Requests of one lookup under way at once. */
  readonly alpha: number;
  /** The same where many are late or fail: each makes one more. */
  readonly mostAlpha: number;
  /** Once so many of the nearest have answered, `closingAlpha` requests may be under way. */
  readonly beta: number;
  readonly closingAlpha: number;
  /** Candidates up to so many times as far as the nearest may be asked before it, if they will answer sooner. 1: strictly by distance. */
  readonly nearEquals: number;
  /** Paths of every walk that share no contact, 1 to 8: more cost more and withstand more. */
  readonly paths: number;
  /** Requests of one search that ask to be passed on over open links. 0: none. */
  readonly relays: number;
  /** How many of the nodes nearest to a key hold its records, and must answer before a lookup ends. The size of a bucket is always K. */
  readonly k: number;
  /** When an unanswered request has failed. In a lookup it counts as late, and frees its slot, much earlier. */
  readonly requestTimeoutMs: number;
  /** A bucket is refreshed this long after it last was, unless it is full of contacts that have all answered since. */
  readonly refreshIntervalMs: number;
  /** How often, give or take half, one of the contacts that have long been there is pinged; one of the new ones, twice as often. */
  readonly revalidateIntervalMs: number;
  /** A contact that answered less than this long ago is not pinged; a new one, if that was less than a fifth of it ago. */
  readonly freshForMs: number;
  /** How often own records are signed anew and stored at the k nodes nearest by then; the first time much earlier. See RepublishSweep. */
  readonly republishIntervalMs: number;
  /** How long a record lives once signed: three intervals, so that one failed republish does no harm, and often not even two. */
  readonly recordLifetimeMs: number;
  /** Capabilities that a node publishes at most; about 2 KiB each. */
  readonly mostOwn: number;
  /** How often, give or take half, expired records are dropped from memory. They are never given out, dropped or not. */
  readonly sweepIntervalMs: number;
  /** Requests of lookups that are answered in full, a second; what goes beyond gets `busy` and a few contacts. */
  readonly fullAnswersPerSecond: number;
  /**
   * Comparisons of records with conditions of finders and watchers, a second: of words 25 ms of work, of versions or shapes up to 300 ms.
   * Holders that have no more to spare sort nothing out, and give all they have. See {@link Filtering}.
   */
  readonly comparisonsPerSecond: number;
  /**
   * Records to be stored that have not been seen before, a second: each has a signature to check. What goes beyond gets `busy`. So many
   * again of what holders tell a watcher; what goes beyond it reads when it reads everything again.
   */
  readonly checksPerSecond: number;
}

export const DEFAULT_SETTINGS: OverlaySettings = {
  alpha: ALPHA,
  mostAlpha: MOST_ALPHA,
  beta: BETA,
  closingAlpha: CLOSING_ALPHA,
  nearEquals: NEAR_EQUALS,
  paths: 1,
  relays: RELAYS,
  k: K,
  requestTimeoutMs: 5 * SECOND,
  refreshIntervalMs: HOUR,
  revalidateIntervalMs: 15 * SECOND,
  freshForMs: 5 * MINUTE,
  republishIntervalMs: HOUR,
  recordLifetimeMs: 3 * HOUR,
  mostOwn: 64,
  sweepIntervalMs: 5 * MINUTE,
  fullAnswersPerSecond: 1_000,
  comparisonsPerSecond: 250_000,
  checksPerSecond: 1_000,
};
