import { SynapseError } from "../errors.ts";
import { FIRST_CREDIT } from "./stream-reader.ts";

/** What a writer does with what it is given to write. */
export interface StreamSink {
  /** Sends one item. May throw when it cannot be encoded. */
  send(value: unknown): void;
  /** Resolves when the link has room again; undefined when it has. */
  room(): Promise<void> | undefined;
  /** Runs each step of the source, where that needs surroundings: a generator works when it is asked for the next item. */
  readonly run?: <T>(step: () => T) => T;
}

/**
 * The writing end of one stream: takes values from an iterable, no faster than the reader gives credit and the link has room.
 * Whoever stops it has the iterable closed, so that its `finally` runs.
 */
export class StreamWriter {
  private readonly iterator: AsyncIterator<unknown> | Iterator<unknown>;
  private readonly sink: StreamSink;
  private credit = FIRST_CREDIT;
  /** Wakes the writer when credit comes, or it is stopped. */
  private wake: (() => void) | undefined;
  private stopped = false;
  private closed = false;

  /** @throws SynapseError `bad_request` when the source cannot be iterated, or is a text: that is one value. */
  constructor(source: AsyncIterable<unknown> | Iterable<unknown>, sink: StreamSink) {
    if (typeof source !== "object" || source === null || !(Symbol.asyncIterator in source || Symbol.iterator in source))
      throw new SynapseError("bad_request", `a stream is made of a list or another iterable, not of ${typeof source}`, {
        hint: "put one value into a list",
      });
    this.iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    this.sink = sink;
  }

  /** The reader takes so many more. */
  grant(items: number): void {
    this.credit += items;
    this.wake?.();
  }

  /** Nobody reads any more. The iterable is closed; a generator that is at work sees that when it next yields. */
  stop(): void {
    this.stopped = true;
    this.wake?.();
    this.close();
  }

  /** Writes everything. Rejects with what the iterable throws, or with what `send` does. Resolves early when it is stopped. */
  async run(): Promise<void> {
    try {
      while (!this.stopped) {
        if (this.credit <= 0) await this.untilCredit();
        if (this.stopped) return;
        const result = await this.step();
        if (result.done) {
          this.closed = true;
          return;
        }
        if (this.stopped) return;
        // A synchronous generator may yield promises, as `for await` takes them.
        const value = result.value instanceof Promise ? await result.value : result.value;
        if (this.stopped) return;
        this.credit -= 1;
        this.sink.send(value);
        const room = this.sink.room();
        if (room !== undefined) await room;
      }
    } finally {
      this.close(); // it has been read to its end, or what it yielded could not be sent
    }
  }

  /** Lets the iterable clean up, once. What it throws then is nobody's any more. */
  private close(): void {
    if (this.closed) return;
    this.closed = true;
    const { iterator } = this;
    const closing = async () => iterator.return?.();
    closing().catch(() => undefined);
  }

  private step(): Promise<IteratorResult<unknown>> | IteratorResult<unknown> {
    const next = () => this.iterator.next();
    return this.sink.run === undefined ? next() : this.sink.run(next);
  }

  private untilCredit(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = () => {
        this.wake = undefined;
        resolve();
      };
    });
  }
}
