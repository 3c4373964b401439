/** Peers whose round trips are remembered; the one measured longest ago is forgotten first. */
const MAX_PEERS = 256;
/**
 * Bounds of every timeout, ms. Below, a peer that is busy for a moment would count as gone (TCP's own least timeout is the same); above,
 * a person has given up.
 */
const MIN_TIMEOUT_MS = 200;
const MAX_TIMEOUT_MS = 2_000;
/** What a stranger gets before anybody has been measured, ms: two intercontinental round trips to connect, one to answer, and slack. */
const INITIAL_TIMEOUT_MS = 1_000;
/** Weights of a new sample, as TCP has them (RFC 6298, section 2). */
const MEAN_GAIN = 1 / 8;
const DEVIATION_GAIN = 1 / 4;

/** In whole microseconds: small integers are kept in place, while a fraction would be an object of its own. */
interface Estimate {
  readonly mean: number;
  readonly deviation: number;
}

const US_PER_MS = 1_000;

/**
 * How long to wait for whom. Each peer's own round trips give mean + 4 × deviation (RFC 6298); strangers get the same formula over
 * everybody's first answers, which include setting up the link.
 */
export class RoundTrips {
  private readonly peers = new Map<string, Estimate>(); // at most MAX_PEERS
  private strangers: Estimate | undefined;

  /** Milliseconds after which a request to this peer counts as late. */
  timeoutFor(key: string): number {
    const estimate = this.peers.get(key) ?? this.strangers;
    if (estimate === undefined) return INITIAL_TIMEOUT_MS;
    return Math.min(MAX_TIMEOUT_MS, Math.max(MIN_TIMEOUT_MS, (estimate.mean + 4 * estimate.deviation) / US_PER_MS));
  }

  /** The smoothed round trip of a peer, ms, if one was measured. */
  of(key: string): number | undefined {
    const estimate = this.peers.get(key);
    return estimate && estimate.mean / US_PER_MS;
  }

  measured(key: string, ms: number): void {
    const us = Math.round(ms * US_PER_MS);
    const known = this.peers.get(key);
    if (known === undefined) {
      this.strangers = blend(this.strangers, us);
    } else {
      this.peers.delete(key); // set again below: a Map keeps the order of insertion, oldest first
    }
    this.peers.set(key, blend(known, us));
    if (this.peers.size > MAX_PEERS) this.peers.delete(this.peers.keys().next().value as string);
  }

  forget(key: string): void {
    this.peers.delete(key);
  }
}

function blend(estimate: Estimate | undefined, us: number): Estimate {
  if (estimate === undefined) return { mean: us, deviation: Math.round(us / 2) };
  const error = us - estimate.mean;
  return {
    mean: Math.round(estimate.mean + MEAN_GAIN * error),
    deviation: Math.round(estimate.deviation + DEVIATION_GAIN * (Math.abs(error) - estimate.deviation)),
  };
}
