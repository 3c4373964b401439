import { SynapseError } from "../errors.ts";

const neverSent = new WeakSet<Error>(); // as many as somebody still holds

/** Whether a call failed before anything of it was sent. */
export function wasNeverSent(error: Error): boolean {
  return neverSent.has(error);
}

/** The error of a call made over a link that is closed, or about to be. */
export function unsent(peer: string): SynapseError {
  const error = lost(peer);
  neverSent.add(error);
  return error;
}

/** The error of what was under way on a link that has closed. */
export function lost(peer: string): SynapseError {
  return new SynapseError("connection_lost", `the connection to ${peer} was closed`, { peer, retryable: true });
}
