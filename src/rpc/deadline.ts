import type { Runtime } from "../../dht/index.ts";
import { SynapseError } from "../errors.ts";

/** Timers count whole milliseconds, the clock parts of them: what is left of less than one is nothing. */
const GRAIN_MS = 1;

/** When a piece of work has to be over: fixed at its beginning, so that each step of it can be given what is left and no more. */
export class Deadline {
  private readonly runtime: Runtime;
  private readonly timeoutMs: number;
  private readonly at: number;

  constructor(runtime: Runtime, timeoutMs: number) {
    this.runtime = runtime;
    this.timeoutMs = timeoutMs;
    this.at = runtime.now() + timeoutMs;
  }

  get leftMs(): number {
    return Math.max(0, this.at - this.runtime.now());
  }

  get isOver(): boolean {
    return this.leftMs < GRAIN_MS;
  }

  /** @param what what has not happened: "tcp://127.0.0.1:9999 did not answer". */
  timedOut(what: string, peer?: string): SynapseError {
    const message = `${what} within ${Math.round(this.timeoutMs)} ms`;
    return new SynapseError("timed_out", message, { retryable: true, ...(peer !== undefined && { peer }) });
  }

  /** What is wrong when a step has failed: whatever that says, once the time is over nothing else counts. */
  reasonFor(error: unknown, what: string): unknown {
    return this.isOver ? this.timedOut(what) : error;
  }

  /** An error of the last step, which knows no more than what was left for it: named is the time that the whole was given. */
  named(error: unknown, what: string): unknown {
    const isLast = error instanceof SynapseError && error.code === "timed_out" && !error.remote && this.isOver;
    return isLast ? this.timedOut(what, error.peer) : error;
  }

  /** Waits for a piece of work no longer than this; the work itself goes on. */
  within<T>(work: Promise<T>, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = this.runtime.schedule(this.leftMs, () => reject(this.timedOut(what)));
      const settled = work.then(resolve, (error: unknown) => reject(this.reasonFor(error, what)));
      void settled.finally(() => timer.cancel());
    });
  }
}
