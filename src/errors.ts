import { messageOf, SynapseError } from "../routing/index.ts";

export { messageOf, SynapseError, type SynapseErrorOptions } from "../routing/index.ts";

/**
 * Every code this project itself raises; handlers may throw a `SynapseError` with codes of their own. docs/errors.md says what to do
 * about each; a test compares both with the code.
 */
export type ErrorCode =
  | "aborted"
  | "bad_address"
  | "bad_answer"
  | "bad_capability"
  | "bad_hello"
  | "bad_id"
  | "bad_identity"
  | "bad_options"
  | "bad_query"
  | "bad_record"
  | "bad_request"
  | "bad_snapshot"
  | "busy"
  | "connection_lost"
  | "forbidden"
  | "frame_too_large"
  | "in_use"
  | "internal_error"
  | "never_settled"
  | "not_found"
  | "not_synapse"
  | "simulation_fault"
  | "task_failed"
  | "timed_out"
  | "too_many"
  | "unreachable"
  | "usage"
  | "wrong_peer"
  | "wrong_swarm";

/** The error of an aborted call, whatever the signal's reason was. */
export function abortedError(signal: AbortSignal): SynapseError {
  return new SynapseError("aborted", "the call was aborted", { cause: signal.reason });
}

/** Anything thrown, as a SynapseError: what is none already becomes `internal_error`. */
export function asSynapseError(thrown: unknown): SynapseError {
  if (thrown instanceof SynapseError) return thrown;
  return new SynapseError("internal_error", messageOf(thrown), { cause: thrown });
}

/** The code of an error of Node's or of the system, such as `ENOENT`; undefined where it has none. */
export function systemCodeOf(thrown: unknown): unknown {
  return thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
}
