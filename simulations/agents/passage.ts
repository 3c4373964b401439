import type { SynapseError } from "../../routing/index.ts";
import { nextTurn } from "../../src/runtime.ts";
import type { VirtualClock } from "../engine/clock.ts";
import { Life } from "./life.ts";

/**
 * Lets virtual time pass for as long as anybody waits for something. Promises settle between two of its moments, never across them; when
 * nobody waits, it stands still.
 */
export class Passage {
  private readonly clock: VirtualClock;
  /** Those who wait, each as what is to be told if the world breaks; bounded by the program that makes them wait. */
  private readonly waits = new Set<(error: unknown) => void>();
  private readonly outside = new Set<Promise<unknown>>(); // bounded in the same way
  private isPassing = false;

  constructor(clock: VirtualClock) {
    this.clock = clock;
  }

  /** Until a promise settles, or this much time has passed: then it rejects with `late`. */
  until<T>(work: Promise<T>, withinMs: number, late: () => SynapseError): Promise<T> {
    return new Promise((resolve, reject) => {
      const ended = () => {
        this.waits.delete(fail);
        alarm.cancel();
      };
      const fail = (error: unknown) => {
        ended();
        reject(error);
      };
      const alarm = this.clock.schedule(withinMs, () => fail(late()));
      this.begin(fail);
      work.then((value) => {
        ended();
        resolve(value);
      }, fail);
    });
  }

  /** Until this much time has passed. */
  pass(ms: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.begin(reject);
      this.clock.schedule(ms, () => {
        this.waits.delete(reject);
        resolve();
      });
    });
  }

  /** Waits for something of the real world; no virtual time passes meanwhile. */
  async holdFor<T>(work: Promise<T>): Promise<T> {
    this.outside.add(work);
    try {
      return await work;
    } finally {
      this.outside.delete(work);
    }
  }

  private begin(wait: (error: unknown) => void): void {
    this.waits.add(wait);
    if (this.isPassing) return;
    this.isPassing = true;
    void Life.outside(() => this.drive());
  }

  private async drive(): Promise<void> {
    try {
      for (;;) {
        await this.settled();
        if (this.waits.size === 0) return;
        this.clock.runMoment(Number.POSITIVE_INFINITY); // whoever waits has something in the queue
      }
    } catch (error) {
      for (const fail of [...this.waits]) fail(error);
      this.waits.clear();
    } finally {
      this.isPassing = false;
    }
  }

  private async settled(): Promise<void> {
    await nextTurn();
    while (this.outside.size > 0) {
      await Promise.allSettled(this.outside);
      await nextTurn();
    }
  }
}
