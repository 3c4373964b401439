import type { Runtime } from "../../dht/index.ts";
import { SynapseError } from "../errors.ts";
import { sleep } from "../runtime.ts";
import type { Connection } from "./connection.ts";
import type { Deadline } from "./deadline.ts";
import { hasNeverRun } from "./lost.ts";
import type { CallOptions, OutgoingRequest } from "./outgoing-calls.ts";

/** Links tried for one call of which each was leaving: more than that, and the other side is leaving for good. */
const MAX_LEAVING = 3;
/** Pauses before a call that may be repeated is made again, ms: twice as long each time, and never all callers at once. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** A call or stream to make, and what it takes to make it. */
export interface Errand {
  readonly runtime: Runtime;
  /** Gives a link to make it over, each time it is asked. */
  readonly connect: () => Promise<Connection>;
  readonly request: OutgoingRequest;
  readonly options: CallOptions;
  /** Of all attempts together. */
  readonly deadline: Deadline;
  /** Aborted when there is no more sense in it: this side was closed, or nobody waits any longer. */
  readonly ended?: AbortSignal | undefined;
}

/**
 * Whether what has failed is tried again. Where its link was leaving, it surely has not run and is tried over another. What is safe to
 * repeat is tried whenever it could not be made or its answer was lost, after growing pauses, until its time is over.
 */
export class Attempts {
  private readonly errand: Errand;
  private leaving = 0;
  private pause = FIRST_PAUSE_MS;

  constructor(errand: Errand) {
    this.errand = errand;
  }

  /** Resolves when it is time for another, or with false. */
  async another(error: unknown, connection: Connection | undefined): Promise<boolean> {
    const { request, options, deadline } = this.errand;
    if (request.input !== undefined) return false; // part of it may have been read, and cannot be read again
    if (connection !== undefined && hasSurelyNotRun(error, connection) && this.leaving < MAX_LEAVING) {
      this.leaving += 1;
      return true;
    }
    if (!options.idempotent || !isWorthAnother(error) || deadline.leftMs <= this.pause) return false;
    return this.pausing();
  }

  private async pausing(): Promise<boolean> {
    const { runtime, options, ended } = this.errand;
    const signals = [options.signal, ended].filter((signal) => signal !== undefined);
    const pause = this.pause * (0.5 + runtime.random());
    this.pause = Math.min(LONGEST_PAUSE_MS, 2 * this.pause);
    try {
      await sleep(runtime, pause, AbortSignal.any(signals));
      return true;
    } catch {
      return false;
    }
  }
}

/**
 * The other side had said that it leaves before it could read the call: it refuses what comes then, or has never seen it. That a handler
 * says `busy` means nothing of the kind.
 */
function hasSurelyNotRun(error: unknown, connection: Connection): boolean {
  return error instanceof SynapseError && !connection.isOpen && hasNeverRun(error);
}

function isWorthAnother(error: unknown): boolean {
  if (!(error instanceof SynapseError)) return false;
  return error.code === "busy" || (!error.remote && (error.code === "connection_lost" || error.code === "unreachable"));
}
