import type { Runtime, Timer } from "../../dht/index.ts";
import { Random } from "./random.ts";

/** When the virtual world begins, ms since 1970: any moment will do. */
const EPOCH = 1_800_000_000_000;

interface Task {
  readonly at: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/** Time that passes only when it is told to, and tasks in the order in which they are due. */
export class VirtualClock implements Runtime {
  private time = 0;
  private scheduled = 0;
  private readonly heap: Task[] = [];
  private readonly chance: Random;

  constructor(seed: number) {
    this.chance = new Random(seed);
  }

  now(): number {
    return this.time;
  }

  wallClock(): number {
    return EPOCH + this.time;
  }

  random(): number {
    return this.chance.next();
  }

  randomBytes(length: number): Uint8Array {
    return this.chance.bytes(length);
  }

  schedule(delayMs: number, task: () => void): Timer {
    const entry: Task = { at: this.time + Math.max(0, delayMs), order: this.scheduled++, run: task };
    this.push(entry);
    return {
      cancel: () => {
        entry.run = undefined;
      },
    };
  }

  /** Lets an amount of time pass. */
  advance(ms: number): void {
    const end = this.time + ms;
    this.runTasks(end, () => false);
    this.time = end;
  }

  /** Lets time pass until a condition holds; at most `withinMs`. */
  until(condition: () => boolean, withinMs = 120_000): void {
    if (!condition()) this.runTasks(this.time + withinMs, condition);
    if (!condition()) throw new Error(`did not happen within ${withinMs} virtual ms`);
  }

  private runTasks(end: number, enough: () => boolean): void {
    for (let task = this.heap[0]; task !== undefined && task.at <= end; task = this.heap[0]) {
      this.pop();
      if (task.run === undefined) continue;
      this.time = Math.max(this.time, task.at);
      const { run } = task;
      task.run = undefined;
      run();
      if (enough()) return;
    }
  }

  private push(task: Task): void {
    const { heap } = this;
    let child = heap.push(task) - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!before(task, heap[parent] as Task)) break;
      heap[child] = heap[parent] as Task;
      child = parent;
    }
    heap[child] = task;
  }

  private pop(): void {
    const { heap } = this;
    const moved = heap.pop() as Task;
    if (heap.length === 0) return;
    let parent = 0;
    for (;;) {
      let child = 2 * parent + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1] as Task, heap[child] as Task)) child += 1;
      if (!before(heap[child] as Task, moved)) break;
      heap[parent] = heap[child] as Task;
      parent = child;
    }
    heap[parent] = moved;
  }
}

function before(a: Task, b: Task): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
