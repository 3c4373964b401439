import { badSpec, jsonIn, type ReadFile } from "../spec-check.ts";
import type { Sessions } from "./sessions.ts";

/** Sessions that a trace has at most: some tens of megabytes. */
export const MAX_SESSIONS = 1_000_000;
/** Ten years, ms: times beyond that were written in another unit. */
const LAST_MOMENT_MS = 10 * 365 * 86_400_000;

/** One stay of a host, ms from the beginning of the trace. */
export interface TracedSession {
  readonly host: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Either a file `{ "sessions": … }`, or the sessions: when each began and ended, and optionally whose it was. */
export interface TraceSource {
  readonly file?: string;
  readonly sessions?: readonly (readonly [fromMs: number, untilMs: number, host?: number])[];
}

/**
 * The sessions of a trace, in the order in which they begin. Without hosts, each is of a host of its own.
 * @throws SynapseError `bad_options` naming the session that is wrong, and why.
 */
export function tracedSessions({ file, sessions }: TraceSource, path: string, readFile?: ReadFile): TracedSession[] {
  if ((file === undefined) === (sessions === undefined)) throw badSpec(`${path}: a trace needs either a file, or sessions`);
  const content = file === undefined ? { sessions } : (jsonIn(file, `${path}.file`, readFile) as { sessions?: unknown } | null);
  const list = content?.sessions;
  const name = `${file ?? path}.sessions`;
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_SESSIONS)
    throw badSpec(`${name}: must be a list of 1 to ${MAX_SESSIONS} sessions [fromMs, untilMs] or [fromMs, untilMs, host]`);
  const traced = list.map((entry: unknown, index) => sessionOf(entry, index, `${name}.${index}`));
  if (!list.every((entry: unknown[]) => entry.length === list[0].length)) throw badSpec(`${name}: either all name their host, or none`);
  traced.sort((a, b) => a.fromMs - b.fromMs || a.host - b.host);
  refuseOverlaps(traced, name);
  return traced;
}

function sessionOf(entry: unknown, index: number, path: string): TracedSession {
  if (!Array.isArray(entry) || entry.length < 2 || entry.length > 3)
    throw badSpec(`${path}: must be [fromMs, untilMs] or [fromMs, untilMs, host]`);
  const [fromMs, untilMs, host = index] = entry as unknown[];
  if (typeof fromMs !== "number" || !(fromMs >= 0)) throw badSpec(`${path}.0: must be a time in ms from 0`);
  if (typeof untilMs !== "number" || !(untilMs > fromMs && untilMs <= LAST_MOMENT_MS))
    throw badSpec(`${path}.1: must be a time in ms after ${fromMs}, when it begins, and within ten years`);
  if (typeof host !== "number" || !Number.isSafeInteger(host) || host < 0) throw badSpec(`${path}.2: must be the number of a host, from 0`);
  return { host, fromMs, untilMs };
}

function refuseOverlaps(sorted: readonly TracedSession[], path: string): void {
  const lastUntil = new Map<number, number>(); // one for each host, of which there are no more than sessions
  for (const { host, fromMs, untilMs } of sorted) {
    if ((lastUntil.get(host) ?? 0) > fromMs) throw badSpec(`${path}: host ${host} begins a session at ${fromMs} ms while it has another`);
    lastUntil.set(host, untilMs);
  }
}

/** Lengths as they were: each of the trace is as likely as any other. */
export function sessionsLike(traced: readonly TracedSession[]): Sessions {
  const lengths = Float64Array.from(traced, ({ fromMs, untilMs }) => untilMs - fromMs);
  let total = 0;
  const ends = lengths.map((length) => (total += length));
  return {
    meanMs: total / lengths.length,
    whole: (random) => lengths[random.integer(lengths.length)] as number,
    // A moment in all sessions laid end to end meets each in proportion to its length, and anywhere in it.
    remaining: (random) => {
      const moment = random.next() * total;
      return (ends[firstBeyond(moment, ends)] as number) - moment;
    },
  };
}

/** Index of the first value greater than this one, the last where there is none. */
function firstBeyond(value: number, rising: Float64Array): number {
  let [low, high] = [0, rising.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((rising[middle] as number) > value) high = middle;
    else low = middle + 1;
  }
  return low;
}
