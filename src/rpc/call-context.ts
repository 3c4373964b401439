import { AsyncLocalStorage } from "node:async_hooks";
import type { Contact, NodeId } from "../../routing/index.ts";

/** What a handler may know about the call it answers. */
export interface CallContext {
  readonly endpoint: string;
  /** Who calls, as its link proves it; undefined in the plain dialect. */
  readonly peerId: NodeId | undefined;
  /** Where the caller says it can be dialled; a claim. Undefined for one that cannot be. */
  readonly peerContact: Contact | undefined;
  readonly remoteAddress: string;
  /** What travels along with the call. */
  readonly meta: Readonly<Record<string, unknown>>;
  /** The items that the caller sends; none when it sends none: `for await (const item of context.input)`. */
  readonly input: AsyncIterable<unknown>;
  /** Time that the caller will still wait, ms; undefined when it has not said. */
  readonly leftMs: number | undefined;
  /** Whether it has been answered: what goes on then is no longer part of it. */
  readonly isAnswered: boolean;
  /** Aborted when the caller gives up, its deadline passes, or its link closes. */
  readonly signal: AbortSignal;
}

const storage = new AsyncLocalStorage<CallContext>();

/**
 * The call that is being answered, wherever its handler has got to: in functions it calls, after every `await`. Undefined outside of
 * handlers.
 */
export function currentCall(): CallContext | undefined {
  return storage.getStore();
}

/** Runs part of a handler, so that {@link currentCall} tells what it answers. */
export function within<T>(context: CallContext, run: () => T): T {
  return storage.run(context, run);
}
