import { AsyncLocalStorage } from "node:async_hooks";
import type { Timer } from "../../dht/index.ts";
import type { NodeId } from "../../routing/index.ts";
import type { VirtualClock } from "../engine/clock.ts";
import type { Place } from "../engine/latency/latency-model.ts";
import type { RandomStream } from "../engine/random.ts";
import type { SimHost } from "../engine/sim-host.ts";
import type { Station } from "../engine/sim-network.ts";
import { SimRuntime } from "../engine/sim-runtime.ts";

const lives = new AsyncLocalStorage<Life | undefined>();

export interface LifeOptions {
  readonly index: number;
  readonly place: Place;
  readonly machine: SimHost;
  readonly id: NodeId;
}

/** One life of an agent's process, from a start to a crash. What runs in it is known to, after any `await`, so that it can end with it. */
export class Life implements Station {
  readonly index: number;
  readonly place: Place;
  readonly machine: SimHost;
  readonly id: NodeId;
  isAlive = true;
  /** Resolves when it is over. */
  readonly over: Promise<void>;
  private end: () => void = () => undefined;

  constructor({ index, place, machine, id }: LifeOptions) {
    this.index = index;
    this.place = place;
    this.machine = machine;
    this.id = id;
    this.over = new Promise((resolve) => {
      this.end = resolve;
    });
  }

  /** The life of which the code that asks is a part; undefined for whoever directs the world. */
  static get current(): Life | undefined {
    return lives.getStore();
  }

  /** Does something as no part of any life. */
  static outside<T>(task: () => T): T {
    return lives.run(undefined, task);
  }

  /** Does something as a part of this life. */
  within<T>(task: () => T): T {
    return lives.run(this, task);
  }

  finish(): void {
    this.isAlive = false;
    this.end();
  }
}

/** Time and chance for one life: what is scheduled runs as a part of it, or not at all. */
export class LifeRuntime extends SimRuntime {
  private readonly life: Life;

  constructor(clock: VirtualClock, stream: RandomStream, life: Life) {
    super(clock, stream, life, life.machine.properties.clockOffsetMs);
    this.life = life;
  }

  override schedule(delayMs: number, task: () => void): Timer {
    return super.schedule(delayMs, () => this.life.within(task));
  }
}
