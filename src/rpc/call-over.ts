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

/**
 * Makes a call over a link that `connect` gives. Where that link was leaving, the call surely has not run and is made over another. One
 * that is safe to repeat is made again whenever it could not be made or its answer was lost, until its time is over.
 */
export async function callOver(
  runtime: Runtime,
  connect: () => Promise<Connection>,
  request: OutgoingRequest,
  options: CallOptions,
  deadline: Deadline,
): Promise<{ readonly result: unknown; readonly connection: Connection }> {
  let leaving = 0;
  let pause = FIRST_PAUSE_MS;
  for (;;) {
    let connection: Connection | undefined;
    try {
      connection = await connect();
      return { result: await connection.call(request, { ...options, timeoutMs: deadline.leftMs }), connection };
    } catch (error) {
      if (request.input !== undefined) throw error; // part of it may have been read, and cannot be read again
      if (connection !== undefined && hasSurelyNotRun(error, connection) && leaving < MAX_LEAVING) {
        leaving += 1;
        continue;
      }
      if (!options.idempotent || !isWorthAnother(error) || deadline.leftMs <= pause) throw error;
      await sleep(runtime, pause * (0.5 + runtime.random()), options.signal).catch(() => undefined);
      if (options.signal?.aborted) throw error;
      pause = Math.min(LONGEST_PAUSE_MS, 2 * pause);
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
