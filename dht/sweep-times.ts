/**
 * At a bound a sweep comes no sooner than this after the last, ms: whoever stores what runs out at once must not have everything looked at
 * each time.
 */
const PAUSE_MS = 1_000;

/** Says when a look at all that a node keeps for others is worth it: once the first of it has run out. */
export class SweepTimes {
  /** Nothing runs out sooner; it may be later, where what would have is gone. */
  private soonest = Number.POSITIVE_INFINITY;
  private sweptAt = Number.NEGATIVE_INFINITY;

  isDue(now: number): boolean {
    // Wall clocks may be set back: a sweep that lies in the future is long ago.
    return now >= this.soonest && Math.abs(now - this.sweptAt) >= PAUSE_MS;
  }

  /** A sweep begins; what it leaves is told anew by {@link keeps}. */
  begin(now: number): void {
    this.sweptAt = now;
    this.soonest = Number.POSITIVE_INFINITY;
  }

  /** Something is kept until then. */
  keeps(until: number): void {
    if (until < this.soonest) this.soonest = until;
  }
}
