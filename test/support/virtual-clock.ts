import { VirtualClock as EventQueue } from "../../simulations/engine/clock.ts";
import { RandomStream } from "../../simulations/engine/random.ts";
import { SimRuntime } from "../../simulations/engine/sim-runtime.ts";

/** The simulator's time, that passes only when a test says so. */
export class VirtualClock extends SimRuntime {
  private readonly queue: EventQueue;

  constructor(seed: number) {
    const queue = new EventQueue();
    super(queue, new RandomStream(seed, "test"), { isAlive: true });
    this.queue = queue;
  }

  /** Lets an amount of time pass. */
  advance(ms: number): void {
    this.queue.runUntil(this.queue.now + ms);
  }

  /** Lets time pass until a condition holds; at most `withinMs`. */
  until(condition: () => boolean, withinMs = 120_000): void {
    const end = this.queue.now + withinMs;
    while (!condition()) if (!this.queue.runMoment(end)) break;
    if (!condition()) throw new Error(`did not happen within ${withinMs} virtual ms`);
  }
}
