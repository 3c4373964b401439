import type { RandomStream } from "../random.ts";

/** How the stay of a node ends. */
export interface Farewell {
  /** It withdraws what it offers before it goes. */
  readonly graceful: boolean;
  /** It comes back after so long, ms, with the same key and what it knew; undefined: never. */
  readonly returnsAfterMs: number | undefined;
}

/** How long nodes stay, ms, and how they go. `index` names the node. */
export interface SessionModel {
  /** Of a newcomer. */
  sessionMs(random: RandomStream, index: number): number;
  /** What is left of the session of a node that is met at a random moment: where sessions are uneven, more than of a newcomer's. */
  remainingMs(random: RandomStream, index: number): number;
  farewell(random: RandomStream): Farewell;
}
