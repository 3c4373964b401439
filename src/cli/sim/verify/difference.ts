import type { EventRange } from "synapse-p2p/simulations";
import type { Outcome } from "./task.ts";

/** What two runs of one seed came to. */
export type Pair = readonly [Outcome, Outcome];

/** The first event that differs, and the one before it, as objects of a trace. */
export interface FirstDifference {
  /** Its number, from 0. */
  readonly event: number;
  /** Virtual ms, in the run in which it is first. */
  readonly ms: number;
  /** The same in both; null when the very first event differs. */
  readonly before: TraceEvent | null;
  /** In each run; null when it had ended. */
  readonly versions: readonly [TraceEvent | null, TraceEvent | null];
}

export type TraceEvent = Readonly<Record<string, unknown>> & { readonly event: number; readonly ms: number };

export function isSame([first, second]: Pair): boolean {
  return first.traceHash === second.traceHash;
}

/** Between which checkpoints two runs part: the events from there to the next one, and the event before them. */
export function rangeOf([first, second]: Pair, every: number): EventRange {
  const [a, b] = [first.checkpoints, second.checkpoints];
  let same = 0;
  while (same < Math.min(a.length, b.length) && a[same] === b[same]) same += 1;
  return { from: Math.max(0, same * every - 1), until: (same + 1) * every };
}

/** undefined: the lines are the same. */
export function firstDifference([first, second]: Pair): FirstDifference | undefined {
  const length = Math.max(first.lines.length, second.lines.length);
  for (let at = 0; at < length; at++) {
    if (first.lines[at] === second.lines[at]) continue;
    const versions = [eventAt(first, at), eventAt(second, at)] as const;
    const [a, b] = versions;
    const event = a?.event ?? b?.event ?? 0;
    return { event, ms: Math.min(a?.ms ?? Infinity, b?.ms ?? Infinity), before: eventAt(first, at - 1), versions };
  }
  return undefined;
}

function eventAt({ lines }: Outcome, at: number): TraceEvent | null {
  const line = lines[at];
  return line === undefined ? null : (JSON.parse(line) as TraceEvent);
}
