/**
 * Calls typed end to end: what a server's type says it offers becomes what a client can call. Nothing here exists at run time but a proxy.
 */
import type { Input, PerCall } from "./call-arguments.ts";
import { type Caller, LazyAnswer } from "./lazy-answer.ts";

declare const OFFERS: unique symbol;
declare const READS_INPUT: unique symbol;

/** What a server has been given to offer, in its type alone. Each `endpoint(…)` adds to it. */
export interface Offers<Api> {
  readonly [OFFERS]?: Api;
}

/** The mark of an endpoint that can read what its caller streams, in its type alone: its handler gets the context. */
export interface ReadsInput {
  readonly [READS_INPUT]: true;
}

/** The endpoints of a server, from its type: `ApiOf<typeof server>`. */
export type ApiOf<S> = S extends Offers<infer Api> ? Api : never;

/** Endpoints as functions here. Those that stream can be looped over; awaited they give a list. */
export type Service<S> = {
  readonly [Name in keyof ApiOf<S>]: ApiOf<S>[Name] extends (...args: infer Args) => infer Result
    ? (...args: Passed<Args, ApiOf<S>[Name] extends ReadsInput ? PerCall | Input : PerCall>) => Remote<Result>
    : never;
};

/** The arguments of a handler, and what may stand behind them. It may also stand in the place of one that is left out. */
type Passed<Args extends readonly unknown[], Extra> = [
  ...{ [Place in keyof Args]: undefined extends Args[Place] ? Args[Place] | Extra : Args[Place] },
  ...Extra[],
];

/** What is sent item by item: async iterables, and generators. Lists, maps and sets are values. As `isStream` of the registry sees it. */
export type Streamed<Item> = AsyncIterable<Item> | (Iterable<Item> & { next(): unknown });

type Remote<Result> = [Awaited<Result>] extends [never]
  ? RemoteAnswer<never>
  : unknown extends Awaited<Result>
    ? RemoteAnswer<Awaited<Result>>
    : Awaited<Result> extends Streamed<infer Item>
      ? RemoteStream<Item>
      : RemoteAnswer<Awaited<Result>>;

/**
 * The answer of an endpoint, still to be asked for. The call is made when it is first used: awaited, given a `then`, `catch` or `finally`,
 * or sent. One that is never used is never made.
 */
export interface RemoteAnswer<Result> extends Promise<Result> {
  /** Makes the call now, whether or not anybody waits for its answer. An error that nobody handles is an unhandled rejection. */
  send(): Promise<Result>;
}

/**
 * The answer of an endpoint that streams, still to be asked for, as {@link RemoteAnswer}: `for await (const item of …)`, or `await …` for
 * all of it. The first of the two decides how the call is made; it is made once.
 */
export interface RemoteStream<Item> extends AsyncIterableIterator<Item>, PromiseLike<Item[]> {
  /** Makes the call now, for all items as a list. */
  send(): Promise<Item[]>;
}

/** An object whose every property is a function that calls the endpoint of that name. */
export function serviceOf<S>(caller: Caller): Service<S> {
  const target: Record<string, unknown> = Object.create(null);
  return new Proxy(target, {
    get: (_, name) => {
      if (typeof name !== "string" || name === "then") return undefined; // it must not look like a promise
      return (...args: unknown[]) => new LazyAnswer(caller, name, args);
    },
  }) as Service<S>;
}
