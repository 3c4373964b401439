import type { Timer } from "../../dht/index.ts";

/** Whose timers a clock runs: those of a dead owner are dropped. */
export interface Owner {
  readonly isAlive: boolean;
}

/**
 * Steps of time in a millisecond. Sums and differences of such fractions are exact in floating point: what is due in d ms is then not
 * found to be a hair too early, and scheduled again for the same moment, for ever.
 */
const STEPS_PER_MS = 1_024;
/** Events at one moment after which something must be scheduling itself without letting time pass. */
const MAX_EVENTS_AT_ONCE = 5_000_000;

class ScheduledEvent implements Timer {
  readonly at: number;
  /** Breaks ties: what was scheduled first runs first. */
  readonly order: number;
  readonly owner: Owner | undefined;
  task: (() => void) | undefined;

  constructor(at: number, order: number, task: () => void, owner: Owner | undefined) {
    this.at = at;
    this.order = order;
    this.task = task;
    this.owner = owner;
  }

  cancel(): void {
    this.task = undefined; // it stays in the queue and is skipped when its time comes
  }
}

/**
 * Virtual time: a queue of events in the order of their time, and of their making where that is equal. Nothing else moves it, so the
 * same seed is the same history.
 */
export class VirtualClock {
  /** A binary heap, the next event first. Bounded by what the simulated network has under way. */
  private readonly heap: ScheduledEvent[] = [];
  private time = 0;
  private made = 0;
  private ran = 0;
  private atThisMoment = 0;

  /** Virtual milliseconds since the beginning. */
  get now(): number {
    return this.time;
  }

  /** Events run so far. */
  get events(): number {
    return this.ran;
  }

  schedule(delayMs: number, task: () => void, owner?: Owner): Timer {
    this.made += 1;
    const at = Math.ceil((this.time + Math.max(0, delayMs)) * STEPS_PER_MS) / STEPS_PER_MS;
    const event = new ScheduledEvent(at, this.made, task, owner);
    this.push(event);
    return event;
  }

  /** Runs everything up to a moment, which is then now. */
  runUntil(untilMs: number): void {
    for (let event = this.heap[0]; event !== undefined && event.at <= untilMs; event = this.heap[0]) this.runNext();
    this.time = untilMs;
  }

  /** Runs all events of the next moment that has any, if that is not after `untilMs`. False when there was none. */
  runMoment(untilMs: number): boolean {
    while (this.heap[0] !== undefined && this.heap[0].task === undefined) this.pop();
    const next = this.heap[0];
    if (next === undefined || next.at > untilMs) {
      this.time = untilMs;
      return false;
    }
    const { at } = next;
    while (this.heap[0] !== undefined && this.heap[0].at === at) this.runNext();
    return true;
  }

  private runNext(): void {
    const event = this.pop();
    if (event.task === undefined || event.owner?.isAlive === false) return;
    this.countMoment(event.at);
    this.time = event.at;
    this.ran += 1;
    event.task();
  }

  private countMoment(at: number): void {
    if (at !== this.time) this.atThisMoment = 0;
    this.atThisMoment += 1;
    if (this.atThisMoment > MAX_EVENTS_AT_ONCE)
      throw new Error(`virtual time stands still at ${at} ms: something schedules itself without a delay`);
  }

  private push(event: ScheduledEvent): void {
    const { heap } = this;
    let index = heap.length;
    heap.push(event);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as ScheduledEvent;
      if (!isBefore(event, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = event;
  }

  private pop(): ScheduledEvent {
    const { heap } = this;
    const first = heap[0] as ScheduledEvent;
    const last = heap.pop() as ScheduledEvent;
    const { length } = heap;
    if (length === 0) return first;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= length) break;
      if (child + 1 < length && isBefore(heap[child + 1] as ScheduledEvent, heap[child] as ScheduledEvent)) child += 1;
      const below = heap[child] as ScheduledEvent;
      if (!isBefore(below, last)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(a: ScheduledEvent, b: ScheduledEvent): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
