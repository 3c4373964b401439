/** What the options of an endpoint ask of its handler, and what its callers see of the two: types alone. */
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { CallContext } from "./rpc/call-context.ts";
import type { EndpointOptions, Handler } from "./rpc/registry.ts";
import type { ReadsInput, Streamed } from "./service.ts";

interface WithContext {
  readonly context: true;
}
interface WithInput<S extends StandardSchemaV1> {
  readonly input: S;
}
interface WithOutput<S extends StandardSchemaV1> {
  readonly output: S;
}

/** A handler that fits its options. It gets what the input schema gives back, and returns what the output schema takes. */
export type HandlerFor<O extends EndpointOptions> = (...args: HandlerArgs<O>) => HandlerResult<O>;

type HandlerArgs<O> = O extends WithContext ? [context: CallContext, ...Values<O>] : Values<O>;
type Values<O> = O extends WithInput<infer S> ? [value: StandardSchemaV1.InferOutput<S>] : Parameters<Handler>;

type HandlerResult<O> = O extends WithOutput<infer S> ? Returned<StandardSchemaV1.InferInput<S>> : unknown;
type Returned<Value> = Value | Streamed<Value> | PromiseLike<Value | Streamed<Value>>;

/** What callers see of an endpoint: they send what the input schema takes, and get what the output schema gives back. */
export type Offered<O extends EndpointOptions, H extends Handler> = O extends WithContext
  ? ((...args: CallerArgs<O, WithoutFirst<Parameters<H>>>) => CallerResult<O, ReturnType<H>>) & ReadsInput
  : (...args: CallerArgs<O, Parameters<H>>) => CallerResult<O, ReturnType<H>>;

type WithoutFirst<Args extends readonly unknown[]> = Args extends readonly [_?: unknown, ...rest: infer Rest] ? Rest : [];
type CallerArgs<O, Declared extends readonly unknown[]> = O extends WithInput<infer S> ? [value: StandardSchemaV1.InferInput<S>] : Declared;
type CallerResult<O, Result> =
  O extends WithOutput<infer S>
    ? Awaited<Result> extends Streamed<unknown>
      ? AsyncIterable<StandardSchemaV1.InferOutput<S>>
      : StandardSchemaV1.InferOutput<S>
    : Result;
