import { SynapseError } from "./errors.ts";
import { listStream } from "./rpc/lazy-stream.ts";

/** Who makes the calls. */
export interface Caller {
  call(endpoint: string, ...args: unknown[]): Promise<unknown>;
  stream(endpoint: string, ...args: unknown[]): AsyncIterableIterator<unknown>;
}

const told = new Set<string>(); // names of endpoints, as many as the program calls by name

/** A call that was prepared and never made is a mistake that nothing else would show: a statement without `await`. */
const forgotten = new FinalizationRegistry<string>((endpoint) => {
  if (told.has(endpoint)) return;
  told.add(endpoint);
  process.emitWarning(`a call of ${endpoint} was never made: it was neither awaited nor looped over`, {
    type: "SynapseWarning",
    detail: `await it, or write ${endpoint}(…).send() where nobody waits for the answer`,
  });
});

/**
 * An answer that is read in one piece or item by item. Nothing but its use tells which, and no call may be made twice to find out: so the
 * call is made at the first use, and not before.
 */
export class LazyAnswer implements Promise<unknown>, AsyncIterableIterator<unknown> {
  readonly [Symbol.toStringTag] = "LazyAnswer";
  private readonly caller: Caller;
  private readonly endpoint: string;
  private readonly args: unknown[];
  private whole: Promise<unknown> | undefined;
  private items: AsyncIterableIterator<unknown> | undefined;

  constructor(caller: Caller, endpoint: string, args: unknown[]) {
    this.caller = caller;
    this.endpoint = endpoint;
    this.args = args;
    forgotten.register(this, endpoint, this);
  }

  send(): Promise<unknown> {
    this.whole ??= this.inOnePiece();
    return this.whole;
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise
  then<A = unknown, B = never>(
    onAnswer?: ((value: unknown) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.send().then(onAnswer, onError);
  }

  catch<B = never>(onError?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<unknown | B> {
    return this.send().catch(onError);
  }

  finally(onEnd?: (() => void) | null): Promise<unknown> {
    return this.send().finally(onEnd);
  }

  [Symbol.asyncIterator](): this {
    this.oneByOne();
    return this;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    return this.oneByOne().next();
  }

  async return(): Promise<IteratorResult<unknown, undefined>> {
    await this.oneByOne().return?.();
    return { done: true, value: undefined };
  }

  private inOnePiece(): Promise<unknown> {
    forgotten.unregister(this);
    if (this.items === undefined) return this.caller.call(this.endpoint, ...this.args);
    const error = new SynapseError("bad_options", `the answer of ${this.endpoint} is being read item by item already`, {
      hint: "await it, or loop over it; for both, call twice",
    });
    return Promise.reject(error);
  }

  private oneByOne(): AsyncIterableIterator<unknown> {
    forgotten.unregister(this);
    this.items ??= this.whole === undefined ? this.caller.stream(this.endpoint, ...this.args) : replayed(this.whole);
    return this.items;
  }
}

/** What has been asked for in one piece, item by item. */
async function* replayed(whole: Promise<unknown>): AsyncGenerator<unknown, undefined> {
  return yield* listStream(await whole);
}
