/**
 * The real clock, timers and randomness. Only the edges touch them directly: this file, identity.ts (keys), transport/ (sockets) and cli/.
 * Everything else is handed a `Runtime`; lint sees to it.
 */
import { randomBytes } from "node:crypto";
import type { Runtime, Timer } from "../dht/index.ts";
import { abortedError } from "./errors.ts";

/** The longest a timer can wait; Node fires longer ones at once. About 24 days. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Node's timers drop fractions and count from the beginning of a turn, so in a busy process they fire early: what is left is waited for.
 */
class SystemTimer implements Timer {
  private readonly task: () => void;
  private readonly due: number;
  private timeout: NodeJS.Timeout;

  constructor(delayMs: number, task: () => void) {
    const ms = Math.min(delayMs, LONGEST_TIMER_MS);
    this.task = task;
    this.due = performance.now() + ms;
    this.timeout = setTimeout(fire, Math.ceil(ms), this);
  }

  fire(): void {
    const left = this.due - performance.now();
    if (left > 0) this.timeout = setTimeout(fire, Math.ceil(left), this);
    else this.task();
  }

  cancel(): void {
    clearTimeout(this.timeout);
  }
}

/** One function for all timers: thousands of links have one each. */
function fire(timer: SystemTimer): void {
  timer.fire();
}

export const systemRuntime: Runtime = {
  now: () => performance.now(),
  wallClock: () => Date.now(),
  schedule: (delayMs, task) => new SystemTimer(delayMs, task),
  random: () => Math.random(),
  randomBytes: (length) => new Uint8Array(randomBytes(length)),
};

/** Lets everything that is ready to run do so: resolves in a later turn of the event loop. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Runs a task in the next turn of the event loop, or at the end of this one, when all that has arrived has been heard. */
export function inNextTurn(task: () => void): void {
  setImmediate(task);
}

/** Runs a task once everything that is ready to run now has run. */
export function afterThisEvent(task: () => void): void {
  process.nextTick(task);
}

/** Waits, or rejects with the signal's reason as soon as it is aborted. */
export function sleep(runtime: Runtime, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = () => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = runtime.schedule(ms, () => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    });
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}

/** What is aborted as soon as one of two is. */
export function either(given: AbortSignal | undefined, other: AbortSignal): AbortSignal {
  return given === undefined ? other : AbortSignal.any([given, other]);
}

/** Begins a piece of work, and waits for it no longer than the signal allows. */
export function orAborted<T>(signal: AbortSignal | undefined, begin: () => Promise<T>): Promise<T> {
  if (signal === undefined) return begin();
  if (signal.aborted) return Promise.reject(abortedError(signal));
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(abortedError(signal));
    signal.addEventListener("abort", onAbort, { once: true });
    const work = begin().then(resolve, reject);
    void work.finally(() => signal.removeEventListener("abort", onAbort));
  });
}
