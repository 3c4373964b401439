import { LookupRun, type Walker } from "./lookup-run.ts";

/** A timer that comes so much too late was held up by more than a busy process, ms. */
export const SLEPT_MS = 60_000;

/**
 * Notices by a timer that comes much too late that this machine has slept. Everybody in the table may have gone meanwhile, and this node's
 * records may have expired, so the table counts as old, and once anybody answers again `onBack` is told.
 */
export class SleepWatch {
  private readonly walker: Walker;
  private readonly onSlept: () => void;
  private readonly onBack: () => void;
  private isAway = false;
  private isAsking = false;

  /** @param onSlept told at once; `onBack`, when this node has reached its neighbours again. */
  constructor(walker: Walker, onSlept: () => void, onBack: () => void) {
    this.walker = walker;
    this.onSlept = onSlept;
    this.onBack = onBack;
  }

  /** To be called a few times in a minute. @param lateMs how much later than it was to be, by whichever clock is farther on. */
  look(lateMs: number): void {
    if (lateMs >= SLEPT_MS) this.wake(lateMs);
    if (this.isAway) this.askNeighbours();
  }

  private wake(lateMs: number): void {
    this.walker.membership.table.age(lateMs);
    this.isAway = true;
    this.onSlept();
  }

  /** A laptop that has just been opened has no network for some seconds: it is tried again until somebody answers. */
  private askNeighbours(): void {
    const { self } = this.walker.membership.table;
    if (this.isAsking) return;
    this.isAsking = true;
    new LookupRun(this.walker, {
      target: self,
      request: { kind: "find_node", target: self },
      onDone: ({ closest }) => {
        this.isAsking = false;
        if (closest.length === 0) return;
        this.isAway = false;
        this.onBack();
      },
    }).start();
  }
}
