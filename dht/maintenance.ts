import { refreshBucket } from "./bucket-fill.ts";
import { Chore } from "./chore.ts";
import type { Walker } from "./lookup-run.ts";
import type { RecordStore } from "./record-store.ts";

/** How often new contacts are checked: in this part of the interval for the others. */
const FAST = 1 / 2;
/** Looks at the buckets in the time for which one is good; fewer, but never less than these, while none is due. */
const LOOKS = 64;
const LEAST_LOOKS = 8;

/** Everything that happens by itself: buckets are refreshed, contacts revalidated, expired records swept. */
export class Maintenance {
  private readonly walker: Walker;
  /** When each bucket was last refreshed, by prefix length; at most 256. */
  private readonly refreshedAt: number[] = [];
  private readonly refresh: Chore;
  private readonly fast: Chore;
  private readonly others: readonly Chore[];
  /** Told now and then while nobody in the table answers any more. */
  onLost: (() => void) | undefined;
  /** Called a few times in a minute, with how much too late that is, ms. */
  onLook: ((lateMs: number) => void) | undefined;

  constructor(walker: Walker, store: RecordStore) {
    const { settings, runtime, membership } = walker;
    const { refreshIntervalMs, revalidateIntervalMs, sweepIntervalMs } = settings;
    this.walker = walker;
    // A bucket is due by its own age; looking often and doing one at a time spreads the work over the interval.
    this.refresh = new Chore(runtime, refreshIntervalMs / LOOKS, () => this.refreshOldest());
    this.fast = new Chore(runtime, revalidateIntervalMs * FAST, () => this.revalidateNew());
    membership.onUnproved = () => this.fast.wake();
    this.others = [
      new Chore(runtime, revalidateIntervalMs, (lateMs) => this.revalidate(lateMs)),
      new Chore(runtime, sweepIntervalMs, () => {
        store.sweep(runtime.wallClock());
        return 0;
      }),
    ];
  }

  start(): void {
    for (const chore of this.chores) chore.start();
  }

  stop(): void {
    for (const chore of this.chores) chore.stop();
  }

  /** For a node that has slept: every bucket is due, one after the other, and everybody has to show anew that it is there. */
  beginAnew(): void {
    this.refreshedAt.fill(Number.NEGATIVE_INFINITY);
    this.refresh.wake();
    this.fast.wake();
  }

  private get chores(): readonly Chore[] {
    return [this.refresh, this.fast, ...this.others];
  }

  /** Refreshes the bucket that has waited longest, if it is due. Buckets deeper than any contact need none: they are empty ranges. */
  private refreshOldest(): number {
    const { runtime, membership, settings } = this.walker;
    const { refreshIntervalMs } = settings;
    const now = runtime.now();
    const due = this.longestWaiting();
    // A bucket that comes into being may be due before any of these.
    const quietMs = due < 0 ? Number.POSITIVE_INFINITY : (this.refreshedAt[due] as number) + refreshIntervalMs - now;
    if (quietMs > 0) return Math.min(quietMs, refreshIntervalMs / LEAST_LOOKS);
    this.refreshedAt[due] = now;
    const bucket = membership.table.bucket(due);
    // A bucket that is full of contacts that have all answered since has nothing to gain from a refresh.
    if (!bucket?.isFull || now - bucket.oldestSeen >= refreshIntervalMs) refreshBucket(this.walker, due);
    return 0;
  }

  /** −1 where there is no bucket. */
  private longestWaiting(): number {
    const { runtime, membership, settings } = this.walker;
    const { refreshedAt } = this;
    let longest = -1;
    for (let index = 0; index < membership.table.depth; index++) {
      // A bucket that has just come into being was filled by what created it. Nodes that started together must not refresh together
      // for ever, so it is taken to be up to an interval old.
      refreshedAt[index] ??= runtime.now() - runtime.random() * settings.refreshIntervalMs;
      if (longest < 0 || (refreshedAt[index] as number) < (refreshedAt[longest] as number)) longest = index;
    }
    return longest;
  }

  /** Checks one of the contacts that have long been there. */
  private revalidate(lateMs: number): number {
    const { membership } = this.walker;
    this.onLook?.(lateMs);
    if (membership.hasKnownOthers && !membership.table.hasHealthy) this.onLost?.();
    membership.check("slow");
    return 0;
  }

  /** Checks one of those that have yet to show that they stay. */
  private revalidateNew(): number {
    const { membership } = this.walker;
    membership.check("fast");
    return membership.table.mayHaveNew ? 0 : Number.POSITIVE_INFINITY;
  }
}
