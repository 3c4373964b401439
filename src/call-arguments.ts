import type { CallOptions } from "./rpc/outgoing-calls.ts";

/** How long a call may take unless told otherwise, ms. */
export const DEFAULT_CALL_TIMEOUT_MS = 30_000;

/** Keyword arguments of a call. Made by {@link kwargs}. */
export class Kwargs {
  readonly values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) {
    this.values = values;
  }
}

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

/** Timeout and signal of one call: `client.call("sum", 1, 2, callOptions({ timeoutMs: 500 }))`. */
export function callOptions(values: Partial<CallOptions>): PerCall {
  return new PerCall(values);
}

export interface SplitArguments {
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  readonly options: Partial<CallOptions>;
}

/** Sorts what was passed to `call` into positional arguments, arguments by name, and options. */
export function splitArguments(passed: readonly unknown[]): SplitArguments {
  const args: unknown[] = [];
  let named: Readonly<Record<string, unknown>> = {};
  let options: Partial<CallOptions> = {};
  for (const item of passed) {
    if (item instanceof Kwargs) named = { ...named, ...item.values };
    else if (item instanceof PerCall) options = { ...options, ...item.values };
    else args.push(item);
  }
  return { args, kwargs: named, options };
}
