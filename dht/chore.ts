import type { Runtime, Timer } from "./ports.ts";

/**
 * Something that a node does again and again, at random moments around an interval, so that the network never beats in step. It sleeps
 * while it has nothing to do: of a thousand nodes in one process, most have nothing to do at most times.
 */
export class Chore {
  private readonly runtime: Runtime;
  private readonly intervalMs: number;
  private readonly run: (lateMs: number) => number;
  private timer: Timer | undefined;
  private dueAt = 0;
  private dueByWall = 0;
  private stopped = true;
  private sleeps = false;

  /**
   * @param run does what is due, and gives for how long nothing more will be, ms; with no end where {@link wake} will be called. It is told
   * how much too late it comes, by the clock that is farther on.
   */
  constructor(runtime: Runtime, intervalMs: number, run: (lateMs: number) => number) {
    this.runtime = runtime;
    this.intervalMs = intervalMs;
    this.run = run;
  }

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    this.dueIn(this.intervalMs * this.runtime.random());
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  /** There is something to do: within an interval it is done. */
  wake(): void {
    if (this.stopped || !this.sleeps) return;
    this.timer?.cancel();
    this.dueIn(this.intervalMs * this.runtime.random());
  }

  private dueIn(ms: number): void {
    const { runtime } = this;
    this.sleeps = ms > 1.5 * this.intervalMs;
    this.dueAt = runtime.now() + ms;
    // In sleep the clock that never goes back stands still on most systems; the one on the wall tells.
    this.dueByWall = runtime.wallClock() + ms;
    this.timer = ms === Number.POSITIVE_INFINITY ? undefined : runtime.schedule(ms, this.fire);
  }

  private readonly fire = () => {
    const { runtime } = this;
    if (this.stopped) return;
    const quietMs = this.run(Math.max(runtime.now() - this.dueAt, runtime.wallClock() - this.dueByWall));
    if (!this.stopped) this.dueIn(Math.max(quietMs, this.intervalMs * (0.5 + runtime.random())));
  };
}
