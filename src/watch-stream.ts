import type { Stoppable, WatchEvent } from "../dht/index.ts";
import { abortedError } from "./errors.ts";

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

interface Waiting {
  readonly resolve: (result: IteratorResult<WatchEvent, undefined>) => void;
  readonly reject: (error: Error) => void;
}

/**
 * What a standing query tells, as something to loop over. A reader that is slow is told less, not wrong: what happens to one agent before
 * it is read becomes one event, so that never more wait than there are agents.
 */
export class WatchStream implements AsyncIterableIterator<WatchEvent> {
  private readonly waiting = new Map<string, WatchEvent>(); // what has not been read, by entry: at most one for each match
  private readers: Waiting[] = []; // as many as there are calls of next() under way
  private error: Error | undefined;
  private isOver = false;
  private readonly onEnd: (() => void)[] = []; // of whoever made it: two

  /** What a watch tells until the loop is left; an abort ends it with that error. */
  static of(begin: (onEvent: (event: WatchEvent) => void) => Stoppable, signal: AbortSignal | undefined): WatchStream {
    const stream = new WatchStream();
    const watch = begin((event) => stream.push(event));
    const onAbort = () => stream.fail(abortedError(signal as AbortSignal));
    signal?.addEventListener("abort", onAbort, { once: true });
    stream.whenOver(() => {
      watch.stop();
      signal?.removeEventListener("abort", onAbort);
    });
    if (signal?.aborted) onAbort();
    return stream;
  }

  /** @param task done once, when the loop is left or has failed. */
  whenOver(task: () => void): void {
    if (this.isOver) task();
    else this.onEnd.push(task);
  }

  push(event: WatchEvent): void {
    if (this.isOver) return;
    const { entry } = event.match.record;
    const before = this.waiting.get(entry);
    this.waiting.delete(entry);
    const both = before === undefined ? event : merged(before, event);
    if (both !== undefined) this.waiting.set(entry, both);
    this.hand();
  }

  fail(error: Error): void {
    if (this.isOver) return;
    this.error = error;
    this.end();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<WatchEvent, undefined>> {
    const { error } = this;
    if (error !== undefined) {
      this.error = undefined; // told once
      return Promise.reject(error);
    }
    if (this.isOver) return Promise.resolve(DONE);
    const result = new Promise<IteratorResult<WatchEvent, undefined>>((resolve, reject) => this.readers.push({ resolve, reject }));
    this.hand();
    return result;
  }

  async return(): Promise<IteratorResult<WatchEvent, undefined>> {
    if (!this.isOver) this.end();
    return DONE;
  }

  private hand(): void {
    for (const [entry, event] of this.waiting) {
      const reader = this.readers.shift();
      if (reader === undefined) return;
      this.waiting.delete(entry);
      reader.resolve({ done: false, value: event });
    }
  }

  private end(): void {
    this.isOver = true;
    this.waiting.clear();
    const [first, ...others] = this.readers.splice(0);
    const { error } = this;
    if (first !== undefined && error !== undefined) {
      this.error = undefined;
      first.reject(error);
    } else first?.resolve(DONE);
    for (const { resolve } of others) resolve(DONE);
    for (const task of this.onEnd) task();
  }
}

/** Two events of one agent as one; undefined where they come to nothing. */
function merged(first: WatchEvent, then: WatchEvent): WatchEvent | undefined {
  if (then.kind === "left") return first.kind === "appeared" ? undefined : then;
  if (first.kind === "appeared") return { kind: "appeared", match: then.match };
  return { kind: "changed", match: then.match, before: first.kind === "left" ? first.match : first.before };
}
