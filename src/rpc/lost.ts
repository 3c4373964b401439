import { SynapseError } from "../errors.ts";

const neverRan = new WeakSet<Error>(); // as many as somebody still holds

/** Whether a call failed before anything of it was sent, or was refused before anything of it ran. */
export function hasNeverRun(error: Error): boolean {
  return neverRan.has(error);
}

/** Says of an error that its call has not run. */
export function markNeverRun<E extends Error>(error: E): E {
  neverRan.add(error);
  return error;
}

/** The error of a call made over a link that is closed, or about to be. */
export function unsent(peer: string): SynapseError {
  return markNeverRun(lost(peer));
}

/** The error of what was under way on a link that has closed. */
export function lost(peer: string): SynapseError {
  return new SynapseError("connection_lost", `the connection to ${peer} was closed`, { peer, retryable: true });
}
