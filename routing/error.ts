export interface SynapseErrorOptions {
  /** What the reader can do about it, as a sentence. */
  readonly hint?: string;
  /** Whether the same call may succeed if it is simply made again later. */
  readonly retryable?: boolean;
  /** Who reported it or was talked to: a node id in hex or an address. */
  readonly peer?: string;
  /** True when the error was raised by the other side and came over the wire. */
  readonly remote?: boolean;
  readonly cause?: unknown;
}

/**
 * The one error class of the project. It stands on the lowest floor because every other room throws it too.
 *
 * `code` is for programs and never changes meaning, `message` says what was wrong, `hint` what to do about it.
 */
export class SynapseError extends Error {
  override readonly name = "SynapseError";
  readonly code: string;
  readonly hint: string | undefined;
  readonly retryable: boolean;
  readonly peer: string | undefined;
  readonly remote: boolean;

  constructor(code: string, message: string, options: SynapseErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.retryable = options.retryable ?? false;
    this.peer = options.peer;
    this.remote = options.remote ?? false;
  }
}

/** The message of anything that was thrown, for people; never a stack trace. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  return String(thrown);
}
