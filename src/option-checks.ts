import { SynapseError } from "./errors.ts";
import { LONGEST_TIMER_MS } from "./runtime.ts";

/**
 * A time given as an option, ms: no longer than timers count, which is 24 days.
 * @throws SynapseError `bad_options`.
 */
export function checkedTimeout(value: unknown): number {
  if (typeof value !== "number" || !(value >= 0)) throw badOption("timeoutMs", "a number of milliseconds from 0", value);
  return Math.min(value, LONGEST_TIMER_MS);
}

/** @throws SynapseError `bad_options`. */
export function checkedSignal(value: unknown): AbortSignal {
  if (!(value instanceof AbortSignal)) throw badOption("signal", "an AbortSignal", value);
  return value;
}

/** Both, of a piece of work: what is undefined is as if it were not there. */
export function checkedLimits({ timeoutMs, signal }: { readonly timeoutMs?: unknown; readonly signal?: unknown }): {
  timeoutMs?: number;
  signal?: AbortSignal;
} {
  return {
    ...(timeoutMs !== undefined && { timeoutMs: checkedTimeout(timeoutMs) }),
    ...(signal !== undefined && { signal: checkedSignal(signal) }),
  };
}

/** @throws SynapseError `bad_options`. */
export function checkedPort(value: unknown): number {
  if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > 65_535)
    throw badOption("port", "a whole number from 0 to 65535", value);
  return value as number;
}

export function badOption(name: string, wanted: string, value: unknown): SynapseError {
  const given = typeof value === "string" ? JSON.stringify(value.slice(0, 50)) : typeof value === "object" ? "an object" : String(value);
  return new SynapseError("bad_options", `${name} must be ${wanted}, not ${value === null ? "null" : given}`);
}
