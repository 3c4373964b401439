import { refreshBucket } from "./join.ts";
import type { Walker } from "./lookup-run.ts";
import type { Timer } from "./ports.ts";
import type { RecordStore } from "./record-store.ts";

/** How often new contacts are checked: in this part of the interval for the others. */
const FAST = 1 / 2;

/** Everything that happens by itself: buckets are refreshed, contacts revalidated, expired records swept. */
export class Maintenance {
  private readonly walker: Walker;
  private readonly store: RecordStore;
  /** When each bucket was last refreshed, by prefix length; at most 256. */
  private readonly refreshedAt: number[] = [];
  /** One for each chore. */
  private readonly timers = new Map<string, Timer>();
  private stopped = true;
  /** Told now and then while nobody in the table answers any more. */
  onLost: (() => void) | undefined;

  constructor(walker: Walker, store: RecordStore) {
    this.walker = walker;
    this.store = store;
  }

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    const { settings, runtime, membership } = this.walker;
    // A bucket is due by its own age; looking often and doing one at a time spreads the work over the interval.
    this.every("refresh", settings.refreshIntervalMs / 64, () => this.refreshOldest());
    this.every("revalidate", settings.revalidateIntervalMs, () => this.revalidate());
    this.every("revalidate-new", settings.revalidateIntervalMs * FAST, () => membership.check("fast"));
    this.every("sweep", settings.sweepIntervalMs, () => this.store.sweep(runtime.wallClock()));
  }

  stop(): void {
    this.stopped = true;
    for (const timer of this.timers.values()) timer.cancel();
    this.timers.clear();
  }

  /** Every bucket is due, one after the other. */
  refreshAll(): void {
    this.refreshedAt.fill(Number.NEGATIVE_INFINITY);
  }

  /** Repeats a chore at random moments around an interval, so that the network never beats in step. */
  private every(chore: string, intervalMs: number, run: () => void): void {
    const { runtime } = this.walker;
    const again = () => {
      if (this.stopped) return;
      run();
      this.timers.set(chore, runtime.schedule(intervalMs * (0.5 + runtime.random()), again));
    };
    this.timers.set(chore, runtime.schedule(intervalMs * runtime.random(), again));
  }

  /** Refreshes the bucket that has waited longest, if it is due. Buckets deeper than any contact need none: they are empty ranges. */
  private refreshOldest(): void {
    const { runtime, membership, settings } = this.walker;
    const now = runtime.now();
    let due = -1;
    for (let index = 0; index < membership.table.depth; index++) {
      // A bucket that has just come into being was filled by what created it. Nodes that started together must not refresh together
      // for ever, so it is taken to be up to an interval old.
      this.refreshedAt[index] ??= now - runtime.random() * settings.refreshIntervalMs;
      if (due < 0 || (this.refreshedAt[index] as number) < (this.refreshedAt[due] as number)) due = index;
    }
    if (due < 0 || now - (this.refreshedAt[due] as number) < settings.refreshIntervalMs) return;
    this.refreshedAt[due] = now;
    const bucket = membership.table.bucket(due);
    // A bucket that is full of contacts that have all answered since has nothing to gain from a refresh.
    if (bucket?.isFull && now - bucket.oldestSeen < settings.refreshIntervalMs) return;
    refreshBucket(this.walker, due);
  }

  /** Checks one of the contacts that have long been there. */
  private revalidate(): void {
    const { membership } = this.walker;
    if (membership.hasKnownOthers && !membership.table.hasHealthy) this.onLost?.();
    membership.check("slow");
  }
}
