import { SynapseError } from "../errors.ts";

/** What a command's end says to the shell. They are part of the interface and are never renumbered. */
export const ExitCode = {
  done: 0,
  unexpected: 1,
  usage: 2,
  nobodyFound: 3,
  unreachable: 4,
  timedOut: 5,
  refused: 6,
  handlerFailed: 7,
  interrupted: 130,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Errors raised on this side. */
const LOCAL: Readonly<Record<string, ExitCode>> = {
  aborted: ExitCode.interrupted,
  bad_address: ExitCode.usage,
  bad_capability: ExitCode.usage,
  bad_id: ExitCode.usage,
  bad_identity: ExitCode.usage,
  bad_snapshot: ExitCode.usage,
  bad_options: ExitCode.usage,
  bad_query: ExitCode.usage,
  bad_record: ExitCode.usage,
  bad_request: ExitCode.usage,
  frame_too_large: ExitCode.usage,
  in_use: ExitCode.usage,
  too_many: ExitCode.usage,
  usage: ExitCode.usage,
  not_found: ExitCode.nobodyFound,
  connection_lost: ExitCode.unreachable,
  not_synapse: ExitCode.unreachable,
  unreachable: ExitCode.unreachable,
  wrong_peer: ExitCode.unreachable,
  timed_out: ExitCode.timedOut,
  bad_answer: ExitCode.refused,
  bad_hello: ExitCode.refused,
  busy: ExitCode.refused,
  forbidden: ExitCode.refused,
  wrong_swarm: ExitCode.refused,
  task_failed: ExitCode.handlerFailed,
};

/** Errors that the other side answered with; all further ones are its handler's own. */
const REMOTE: Readonly<Record<string, ExitCode>> = {
  bad_hello: ExitCode.refused,
  bad_request: ExitCode.refused,
  busy: ExitCode.refused,
  forbidden: ExitCode.refused,
  frame_too_large: ExitCode.refused,
  not_found: ExitCode.refused,
  wrong_swarm: ExitCode.refused,
  timed_out: ExitCode.timedOut,
};

export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof SynapseError)) return ExitCode.unexpected;
  if (error.remote) return REMOTE[error.code] ?? ExitCode.handlerFailed;
  return LOCAL[error.code] ?? ExitCode.unexpected;
}

/** For `--help`. */
export const EXIT_CODES_HELP =
  "Exit codes: 0 done, 1 unexpected, 2 usage, 3 nobody found, 4 unreachable, 5 timed out, 6 refused, 7 the remote handler failed, 130 interrupted.";
