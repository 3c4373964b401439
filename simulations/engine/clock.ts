import type { Timer } from "../../dht/index.ts";

/** Whose timers a clock runs: those of a dead owner are dropped. */
export interface Owner {
  readonly isAlive: boolean;
}

/** Something that will happen. It is not put into a clock again before it has. */
export interface Happening {
  /** False when nothing came of it: it had been called off. */
  happen(): boolean;
}

/**
 * Steps of time in a millisecond. Sums and differences of such fractions are exact in floating point: what is due in d ms is then not
 * found to be a hair too early, and scheduled again for the same moment, for ever.
 */
const STEPS_PER_MS = 1_024;
/** Events at one moment after which something must be scheduling itself without letting time pass. */
const MAX_EVENTS_AT_ONCE = 5_000_000;
/** Children of each place in the heap: with four, half as many levels are walked as with two, and the four lie side by side in memory. */
const ARITY = 4;
const FIRST_CAPACITY = 1_024;

/** A task with a way to forget it, for those who do not make an object of their own for what is to happen. */
class Alarm implements Timer, Happening {
  private readonly owner: Owner | undefined;
  private task: (() => void) | undefined;

  constructor(task: () => void, owner: Owner | undefined) {
    this.owner = owner;
    this.task = task;
  }

  happen(): boolean {
    const { task } = this;
    if (task === undefined || this.owner?.isAlive === false) return false;
    this.task = undefined;
    task();
    return true;
  }

  cancel(): void {
    this.task = undefined; // it stays in the queue and does nothing when its time comes
  }
}

/**
 * Virtual time: a queue of events in the order of their time, and of their making where that is equal. Nothing else moves it, so the
 * same seed is the same history.
 */
export class VirtualClock {
  // A heap, the next event first, as three rows side by side: to sort it, no event need be looked at. Bounded by what the simulated
  // network has under way.
  private times = new Float64Array(FIRST_CAPACITY);
  /** Breaks ties: what was scheduled first happens first. */
  private orders = new Float64Array(FIRST_CAPACITY);
  private readonly events: Happening[] = [];
  private time = 0;
  private made = 0;
  private atThisMoment = 0;

  /** Virtual milliseconds since the beginning. */
  get now(): number {
    return this.time;
  }

  schedule(delayMs: number, task: () => void, owner?: Owner): Timer {
    const alarm = new Alarm(task, owner);
    this.enqueue(delayMs, alarm);
    return alarm;
  }

  /** The same without a way back, and without a closure. */
  enqueue(delayMs: number, event: Happening): void {
    this.made += 1;
    this.push(Math.ceil((this.time + Math.max(0, delayMs)) * STEPS_PER_MS) / STEPS_PER_MS, this.made, event);
  }

  /** Lets everything happen up to a moment, which is then now. */
  runUntil(untilMs: number): void {
    while (this.events.length > 0 && (this.times[0] as number) <= untilMs) this.runNext();
    this.time = untilMs;
  }

  /** Lets all events of the next moment happen that has any, if that is not after `untilMs`. False when there was none. */
  runMoment(untilMs: number): boolean {
    let any = false;
    while (!any && this.events.length > 0 && (this.times[0] as number) <= untilMs) {
      const at = this.times[0] as number;
      while (this.events.length > 0 && this.times[0] === at) any = this.runNext() || any;
    }
    if (!any) this.time = untilMs;
    return any;
  }

  private runNext(): boolean {
    const at = this.times[0] as number;
    const event = this.pop();
    this.atThisMoment = at === this.time ? this.atThisMoment + 1 : 0;
    if (this.atThisMoment > MAX_EVENTS_AT_ONCE)
      throw new Error(`virtual time stands still at ${at} ms: something schedules itself without a delay`);
    this.time = at;
    return event.happen();
  }

  private push(at: number, order: number, event: Happening): void {
    const { events } = this;
    let place = events.length;
    if (place === this.times.length) this.grow();
    const { times, orders } = this;
    events.push(event);
    while (place > 0) {
      const above = (place - 1) >> 2;
      // What is made later never goes before what is due at the same moment.
      if ((times[above] as number) <= at) break;
      times[place] = times[above] as number;
      orders[place] = orders[above] as number;
      events[place] = events[above] as Happening;
      place = above;
    }
    times[place] = at;
    orders[place] = order;
    events[place] = event;
  }

  private pop(): Happening {
    const { events, times, orders } = this;
    const first = events[0] as Happening;
    const last = events.pop() as Happening;
    const length = events.length;
    if (length === 0) return first;
    const at = times[length] as number;
    const order = orders[length] as number;
    let place = 0;
    for (let child = 1; child < length; child = place * ARITY + 1) {
      const end = Math.min(child + ARITY, length);
      let least = child;
      for (let other = child + 1; other < end; other++) if (this.isBefore(other, least)) least = other;
      const leastAt = times[least] as number;
      if (at < leastAt || (at === leastAt && order < (orders[least] as number))) break;
      times[place] = leastAt;
      orders[place] = orders[least] as number;
      events[place] = events[least] as Happening;
      place = least;
    }
    times[place] = at;
    orders[place] = order;
    events[place] = last;
    return first;
  }

  private isBefore(a: number, b: number): boolean {
    const { times, orders } = this;
    const atA = times[a] as number;
    const atB = times[b] as number;
    return atA < atB || (atA === atB && (orders[a] as number) < (orders[b] as number));
  }

  private grow(): void {
    const [times, orders] = [this.times, this.orders];
    this.times = new Float64Array(times.length * 2);
    this.orders = new Float64Array(times.length * 2);
    this.times.set(times);
    this.orders.set(orders);
  }
}
