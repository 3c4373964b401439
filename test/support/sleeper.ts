import type { Runtime, Timer } from "../../dht/index.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** A machine that can sleep: then nothing runs there, and what came due by its own clock meanwhile runs when it wakes. */
export class Sleeper implements Runtime {
  private readonly clock: VirtualClock;
  private readonly standsStill: boolean;
  private asleepSince: number | undefined;
  private sleptMs = 0;
  private overdue: (() => void)[] = [];

  /** @param standsStill whether its clock that never goes back stands still in sleep, as that of Linux does. */
  constructor(clock: VirtualClock, standsStill: boolean) {
    this.clock = clock;
    this.standsStill = standsStill;
  }

  sleep(): void {
    this.asleepSince = this.clock.now();
  }

  wake(): void {
    this.sleptMs += this.clock.now() - (this.asleepSince as number);
    this.asleepSince = undefined;
    const { overdue } = this;
    this.overdue = [];
    for (const task of overdue) task();
  }

  now(): number {
    return this.clock.now() - (this.standsStill ? this.sleptMs : 0);
  }

  wallClock(): number {
    return this.clock.wallClock();
  }

  schedule(delayMs: number, task: () => void): Timer {
    const due = this.now() + delayMs;
    let isCancelled = false;
    const run = () => {
      const left = due - this.now();
      if (isCancelled) return;
      if (this.asleepSince !== undefined) this.overdue.push(run);
      else if (left > 0) this.clock.schedule(left, run);
      else task();
    };
    const timer = this.clock.schedule(delayMs, run);
    return {
      cancel: () => {
        isCancelled = true;
        timer.cancel();
      },
    };
  }

  random(): number {
    return this.clock.random();
  }

  randomBytes(length: number): Uint8Array {
    return this.clock.randomBytes(length);
  }
}
