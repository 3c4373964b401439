import { SynapseError } from "../errors.ts";
import type { Budget } from "./budget.ts";

/**
 * Items that a writer may send before it has heard of any credit: both sides know this number. Few, since they may be as large as frames.
 */
export const FIRST_CREDIT = 4;
/** Items on their way or waiting here at most, once a reader has shown that it keeps up. */
const MAX_WINDOW = 512;
/** Bytes that a window aims to hold: many small items, or few large ones. */
const WINDOW_BYTES = 256 * 1024;

export interface StreamReaderOptions {
  /** Tells the writer how many more items it may send. */
  readonly grant: (items: number) => void;
  /** The reader wants no more: the writer is to stop. */
  readonly cancel: () => void;
  /** Somebody has begun to wait for an item. */
  readonly onWait?: (() => void) | undefined;
  /** Counts what waits here, together with other streams, if these have a bound in common. */
  readonly budget?: Budget | undefined;
}

interface Waiting {
  readonly resolve: (result: IteratorResult<unknown, undefined>) => void;
  readonly reject: (error: Error) => void;
}

interface Item {
  readonly value: unknown;
  readonly bytes: number;
}

const DONE: IteratorReturnResult<undefined> = { done: true, value: undefined };

/**
 * The reading end of one stream. Items wait here until they are asked for, and credit goes back as they are taken: a slow reader holds up
 * the writer and fills nobody's memory. Whoever stops reading (`break` in a loop) ends the stream.
 */
export class StreamReader implements AsyncIterableIterator<unknown> {
  private readonly options: StreamReaderOptions;
  private readonly items: Item[] = []; // at most the window, and what the budget has room for
  private readonly waiting: Waiting[] = []; // as many as this side asks for at once
  /** Items that the writer may still send. */
  private credit = FIRST_CREDIT;
  /** How many items may be on their way or wait here. */
  private window = FIRST_CREDIT;
  private meanBytes = 0;
  private state: "open" | "ended" | "failed" = "open";
  private error: SynapseError | undefined;

  constructor(options: StreamReaderOptions) {
    this.options = options;
  }

  get isOpen(): boolean {
    return this.state === "open";
  }

  /** Whether somebody waits for an item, rather than the other way round. */
  get isAwaited(): boolean {
    return this.waiting.length > 0;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    const item = this.items.shift();
    if (item !== undefined) {
      this.options.budget?.giveBack(item.bytes);
      this.giveCredit();
      return Promise.resolve({ done: false, value: item.value });
    }
    if (this.state === "failed" && this.error !== undefined) {
      const { error } = this;
      this.error = undefined; // told once; whoever asks again is at the end
      return Promise.reject(error);
    }
    if (this.state !== "open") return Promise.resolve(DONE);
    this.options.onWait?.();
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  return(): Promise<IteratorResult<unknown, undefined>> {
    const wasOpen = this.isOpen;
    for (const { bytes } of this.items.splice(0)) this.options.budget?.giveBack(bytes);
    this.error = undefined;
    this.end();
    if (wasOpen) this.options.cancel();
    return Promise.resolve(DONE);
  }

  /**
   * An item has arrived.
   * @throws SynapseError `bad_request` when the writer sends more than it may, `busy` when too much waits here.
   */
  push(value: unknown, bytes: number): void {
    if (!this.isOpen) return; // it was on its way when the stream ended
    if (this.credit <= 0) throw new SynapseError("bad_request", "an item came for which no credit was given");
    this.credit -= 1;
    this.meanBytes += (bytes - this.meanBytes) / 8;
    const first = this.waiting.shift();
    if (first !== undefined) {
      this.adjustWindow();
      this.giveCredit();
      first.resolve({ done: false, value });
      return;
    }
    this.options.budget?.take(bytes);
    this.items.push({ value, bytes });
  }

  /** An item that came with the answer, all at once: nobody needed credit for it. */
  add(value: unknown): void {
    if (!this.isOpen) return;
    const first = this.waiting.shift();
    if (first !== undefined) first.resolve({ done: false, value });
    else this.items.push({ value, bytes: 0 });
  }

  /** No more will come. What waits can still be read. */
  end(): void {
    if (!this.isOpen) return;
    this.state = "ended";
    for (const { resolve } of this.waiting.splice(0)) resolve(DONE);
  }

  /** The stream has broken. What waits can still be read; then the error is thrown, once. */
  fail(error: SynapseError): void {
    if (!this.isOpen) return;
    this.state = "failed";
    const [first, ...others] = this.waiting.splice(0);
    if (first === undefined) this.error = error;
    else first.reject(error);
    for (const { resolve } of others) resolve(DONE);
  }

  /** The reader had to wait for an item: with more on the way it would have waited less, as long as they are small. */
  private adjustWindow(): void {
    const affordable = Math.max(1, Math.floor(WINDOW_BYTES / Math.max(1, this.meanBytes)));
    this.window = Math.min(MAX_WINDOW, affordable, this.window * 2);
  }

  /** Credit in portions: a message for every item would be half of the traffic. */
  private giveCredit(): void {
    const missing = this.window - this.credit - this.items.length;
    if (!this.isOpen || missing <= 0 || missing * 2 < this.window) return;
    this.credit += missing;
    this.options.grant(missing);
  }
}
