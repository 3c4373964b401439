/** When a fault is there, in ms of virtual time since the measured part of a run began. Without any of these: all along. */
export interface Schedule {
  /** Default 0. */
  readonly fromMs?: number;
  /** Default: to the end. */
  readonly untilMs?: number;
  /** It comes again after so long, and stays for `lastsMs` each time. */
  readonly everyMs?: number;
  readonly lastsMs?: number;
}

/** Something that goes wrong in the network or in its hosts. Parts and rates are 0 … 1. */
export type FaultSpec = Schedule &
  (
    | {
        /** Links break: this part of all messages is lost, and its link with it. */
        readonly fault: "loss";
        readonly rate: number;
      }
    | {
        /** Spikes: this part of all messages takes so much longer. */
        readonly fault: "delay";
        readonly rate: number;
        readonly addMs: number;
      }
    | {
        /**
         * Two parts of the network, one of this share of all hosts, cannot reach each other; with `oneWay` only the smaller is not heard.
         * What is sent across waits, as TCP repeats it, until the partition ends or somebody gives up.
         */
        readonly fault: "partition";
        readonly share: number;
        readonly oneWay?: boolean;
      }
    | {
        /** This share of all pairs of hosts is cut off from each other in the same way, each pair by itself. */
        readonly fault: "clog";
        readonly share: number;
      }
    | {
        /**
         * This share of all hosts goes down without a word at the beginning, and comes back at the end: with what it knew, or only its key.
         */
        readonly fault: "crash";
        readonly share: number;
        readonly keepsState?: boolean;
        /** They never come back. */
        readonly forGood?: boolean;
      }
    | {
        /** This share of all hosts takes no records (`busy`): their disk is full. */
        readonly fault: "refuse-stores";
        readonly share: number;
      }
  );

export type FaultKind = FaultSpec["fault"];

/** A stretch of time in which a fault is there, ms since the beginning of the measured part. */
export interface Window {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Stretches of one fault at most: more would be a rate. */
const MAX_WINDOWS = 10_000;

/** The stretches of a schedule within a run. */
export function windowsOf({ fromMs = 0, untilMs = Number.POSITIVE_INFINITY, everyMs, lastsMs }: Schedule, durationMs: number): Window[] {
  const end = Math.min(untilMs, durationMs);
  if (everyMs === undefined || lastsMs === undefined) return fromMs < end ? [{ fromMs, untilMs: end }] : [];
  const windows: Window[] = []; // at most MAX_WINDOWS
  for (let at = fromMs; at < end && windows.length < MAX_WINDOWS; at += everyMs)
    windows.push({ fromMs: at, untilMs: Math.min(end, at + lastsMs) });
  return windows;
}
