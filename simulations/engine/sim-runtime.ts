import type { Runtime, Timer } from "../../dht/index.ts";
import type { Owner, VirtualClock } from "./clock.ts";
import type { RandomStream } from "./random.ts";
import { EPOCH_MS } from "./world.ts";

/** One host's view of virtual time, and its own randomness. Its timers die with it. */
export class SimRuntime implements Runtime {
  private readonly clock: VirtualClock;
  private readonly stream: RandomStream;
  private readonly owner: Owner;
  private readonly epochMs: number;

  /** @param clockOffsetMs what this host's clock shows minus the true time. */
  constructor(clock: VirtualClock, stream: RandomStream, owner: Owner, clockOffsetMs = 0) {
    this.epochMs = EPOCH_MS + clockOffsetMs;
    this.clock = clock;
    this.stream = stream;
    this.owner = owner;
  }

  now(): number {
    return this.clock.now;
  }

  wallClock(): number {
    return this.epochMs + this.clock.now;
  }

  schedule(delayMs: number, task: () => void): Timer {
    return this.clock.schedule(delayMs, task, this.owner);
  }

  random(): number {
    return this.stream.next();
  }

  randomBytes(length: number): Uint8Array {
    return this.stream.bytes(length);
  }
}
