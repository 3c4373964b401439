/** Calls typed end to end: what a server's type says it offers becomes what a client can call. Nothing here exists at run time but a proxy. */

declare const OFFERS: unique symbol;

/** What a server has been given to offer, in its type alone. Each `endpoint(…)` adds to it. */
export interface Offers<Api> {
  readonly [OFFERS]?: Api;
}

/** The endpoints of a server, from its type: `ApiOf<typeof server>`. */
export type ApiOf<S> = S extends Offers<infer Api> ? Api : never;

/** Endpoints as functions here. Those that stream can be looped over; awaited they give a list. */
export type Service<S> = {
  readonly [Name in keyof ApiOf<S>]: ApiOf<S>[Name] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Remote<Result>
    : never;
};

type Remote<Result> = Awaited<Result> extends AsyncIterable<infer Item> ? RemoteStream<Item> : Promise<Awaited<Result>>;

/** The answer of an endpoint that streams: `for await (const item of …)`, or `await …` for all of it. */
export type RemoteStream<Item> = AsyncIterableIterator<Item> & PromiseLike<Item[]>;

/** Who makes the calls. */
interface Caller {
  call(endpoint: string, ...args: unknown[]): Promise<unknown>;
  stream(endpoint: string, ...args: unknown[]): AsyncIterableIterator<unknown>;
}

/** An object whose every property is a function that calls the endpoint of that name. */
export function serviceOf<S>(caller: Caller): Service<S> {
  const target: Record<string, unknown> = Object.create(null);
  return new Proxy(target, {
    get: (_, name) => {
      if (typeof name !== "string" || name === "then") return undefined; // it must not look like a promise
      return (...args: unknown[]) => new Answer(caller, name, args);
    },
  }) as Service<S>;
}

/** An answer that is read in one piece or item by item, as its caller takes it. */
class Answer implements Promise<unknown>, AsyncIterableIterator<unknown> {
  readonly [Symbol.toStringTag] = "Answer";
  private readonly caller: Caller;
  private readonly endpoint: string;
  private readonly args: unknown[];
  private whole: Promise<unknown> | undefined;
  private items: AsyncIterableIterator<unknown> | undefined;

  constructor(caller: Caller, endpoint: string, args: unknown[]) {
    this.caller = caller;
    this.endpoint = endpoint;
    this.args = args;
    // Whoever loops over it says so before this turn is over. Otherwise the call goes out, whether or not anybody waits for its answer.
    void Promise.resolve().then(() => {
      if (this.items === undefined) this.inOnePiece().catch(() => undefined);
    });
  }

  // biome-ignore lint/suspicious/noThenProperty: it is a promise
  then<A = unknown, B = never>(
    onAnswer?: ((value: unknown) => A | PromiseLike<A>) | null,
    onError?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.inOnePiece().then(onAnswer, onError);
  }

  catch<B = never>(onError?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<unknown | B> {
    return this.inOnePiece().catch(onError);
  }

  finally(onEnd?: (() => void) | null): Promise<unknown> {
    return this.inOnePiece().finally(onEnd);
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
    this.whole ??= this.caller.call(this.endpoint, ...this.args);
    return this.whole;
  }

  private oneByOne(): AsyncIterableIterator<unknown> {
    this.items ??= this.caller.stream(this.endpoint, ...this.args);
    return this.items;
  }
}
