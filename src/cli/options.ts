import { InvalidArgumentError, Option } from "commander";
import { parseAddress } from "../address.ts";
import { SynapseError } from "../errors.ts";
import { LONGEST_TIMER_MS } from "../runtime.ts";

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30s`, `1.5h`, `200ms`; a bare number is seconds. Gives ms, at least one: nothing here can be done in no time. */
export function duration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text.trim());
  if (match === null) throw new InvalidArgumentError("Write a number and a unit: 500ms, 30s, 5m, 1h or 1d.");
  const ms = Number(match[1]) * (UNITS[match[2] ?? "s"] as number);
  if (ms < 1) throw new InvalidArgumentError("Write a time of at least 1ms.");
  return ms;
}

/** What {@link duration} reads as so many ms, in the largest unit that leaves no fraction: `2m`, `90s`. */
export function durationText(ms: number): string {
  const [unit, size] = Object.entries(UNITS).findLast(([, each]) => ms % each === 0) ?? ["ms", 1];
  return `${ms / size}${unit}`;
}

/** A {@link duration} that is waited for here: no longer than timers count. Virtual time has no such bound. */
function wait(text: string): number {
  const ms = duration(text);
  if (ms > LONGEST_TIMER_MS) throw new InvalidArgumentError(`Write a time of at most ${Math.floor(LONGEST_TIMER_MS / 86_400_000)}d.`);
  return ms;
}

export function wholeNumber(from: number, to = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < from || value > to) {
      throw new InvalidArgumentError(
        to === Number.MAX_SAFE_INTEGER ? `Write a whole number from ${from}.` : `Write a whole number from ${from} to ${to}.`,
      );
    }
    return value;
  };
}

/** One `HOST:PORT`. @throws SynapseError `bad_address`, which says more than what the parser of options would make of it. */
export function address(text: string): string {
  parseAddress(text);
  return text;
}

/** One of several `HOST:PORT`, also as a list with commas, which is how an environment variable has them. */
export function addresses(text: string, before: readonly string[] | undefined): string[] {
  try {
    return [...(before ?? []), ...text.split(",").map((part) => address(part.trim()))];
  } catch (error) {
    const { message, hint = "" } = error as SynapseError;
    throw new SynapseError("bad_address", `--bootstrap or SYNAPSE_BOOTSTRAP: ${message}`, { hint, cause: error }); // it may not have been typed here
  }
}

/** A text that is to be seen: a name of blanks would look like a fault in the line that shows it. */
export function visibleText(text: string): string {
  if (text.trim() === "") throw new InvalidArgumentError("Write something that can be read.");
  return text;
}

/** One of several texts. */
export function collect(text: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), text];
}

/** One of several `key=value`; the value is JSON where it can be read as such, text otherwise. */
export function keyValue(text: string, before: Readonly<Record<string, unknown>> | undefined): Record<string, unknown> {
  const at = text.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("Write key=value.");
  const key = text.slice(0, at);
  if (before !== undefined && Object.hasOwn(before, key)) throw new InvalidArgumentError(`It was given before: say once what ${key} is.`);
  return { ...before, [key]: jsonOrText(text.slice(at + 1)) };
}

/** JSON, or the text itself: so that `42` is a number and `hello` needs no quotes within quotes. */
export function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export function jsonObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // told below
  }
  throw new InvalidArgumentError(`Write a JSON object, such as '{"key": "value"}'.`);
}

export const bootstrapOption = () =>
  new Option("--bootstrap <HOST:PORT>", "a node that is in the network already; may be given several times")
    .argParser(addresses)
    .env("SYNAPSE_BOOTSTRAP");

export const swarmOption = () => new Option("--swarm <NAME>", "the network to be in").default("default").env("SYNAPSE_SWARM");

export const timeoutOption = (ms: number) =>
  new Option("--timeout <TIME>", "give up after this long").argParser(wait).default(ms, `${ms / 1000}s`);
