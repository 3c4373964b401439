import { badOption, checkedLimits } from "./option-checks.ts";
import { currentCall } from "./rpc/call-context.ts";
import { isMap } from "./rpc/messages.ts";
import type { CallOptions, OutgoingRequest } from "./rpc/outgoing-calls.ts";
import { either } from "./runtime.ts";

/** How long a call may take unless told otherwise, ms. */
export const DEFAULT_CALL_TIMEOUT_MS = 30_000;

/** Keyword arguments of a call. Made by {@link kwargs}. */
export class Kwargs {
  readonly values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.values = values;
  }
}

/** Options of a call, as they are given: undefined is as if it were not there. */
export type GivenOptions = { readonly [Name in keyof CallOptions]?: CallOptions[Name] | undefined };

/** Options of a call. Made by {@link callOptions}. */
export class PerCall {
  readonly values: Partial<CallOptions>;

  constructor(values: Partial<CallOptions>) {
    this.values = values;
  }
}

/** Arguments by name: `client.call("_agent.ask", "Review this", kwargs({ context }))`. */
export function kwargs(values: Readonly<Record<string, unknown>>): Kwargs {
  return new Kwargs(values);
}

/**
 * Timeout and signal of one call: `client.call("sum", 1, 2, callOptions({ timeoutMs: 500 }))`.
 * @throws SynapseError `bad_options`, which names the option.
 */
export function callOptions({ meta, detached, idempotent, ...limits }: GivenOptions): PerCall {
  if (meta !== undefined && !isMap(meta)) throw badOption("meta", "a map", meta);
  return new PerCall({
    ...checkedLimits(limits),
    ...(meta !== undefined && { meta }),
    ...(detached !== undefined && { detached }),
    ...(idempotent !== undefined && { idempotent }),
  });
}

/** The stream that a caller sends. Made by {@link input}. */
export class Input {
  readonly source: AsyncIterable<unknown> | Iterable<unknown>;

  constructor(source: AsyncIterable<unknown> | Iterable<unknown>) {
    this.source = source;
  }
}

/** Items to send while a call is under way, as fast as the callee reads them: `client.call("transcribe", input(chunks))`. */
export function input(source: AsyncIterable<unknown> | Iterable<unknown>): Input {
  return new Input(source);
}

/**
 * A call made by a handler is part of the one that it answers: it has no more time than that one has left, and ends with it. So a deadline
 * travels from hop to hop, each time as what is left of it.
 */
export function asPartOfCurrent(options: CallOptions): CallOptions {
  const current = options.detached ? undefined : currentCall();
  if (current === undefined || current.isAnswered) return options; // what a handler leaves running is nobody's part
  return {
    ...options,
    signal: either(options.signal, current.signal),
    timeoutMs: Math.min(options.timeoutMs, current.leftMs ?? options.timeoutMs),
  };
}

/** Sorts what was passed to `call` into positional arguments, arguments by name, input, and options. */
export function readArguments(endpoint: string, passed: readonly unknown[]): { request: OutgoingRequest; options: Partial<CallOptions> } {
  const args: unknown[] = [];
  let named: Readonly<Record<string, unknown>> = {};
  let options: Partial<CallOptions> = {};
  let sent: Input["source"] | undefined;
  for (const item of passed) {
    if (item instanceof Kwargs) named = { ...named, ...item.values };
    else if (item instanceof PerCall) options = { ...options, ...item.values };
    else if (item instanceof Input) sent = item.source;
    else args.push(item);
  }
  return { request: { endpoint, args, kwargs: named, input: sent }, options };
}
