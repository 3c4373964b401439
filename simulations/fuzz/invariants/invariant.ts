import type { SimNode } from "../../engine/world.ts";

/** What must be true of every honest node at every moment, and of a network that has been left in peace. Names are part of reports. */
export const INVARIANTS = {
  seats: "every contact of a table is in the bucket of its distance, once, and never the node itself",
  bounds: "no collection holds more than it says",
  proved: "nobody is in a table, or named to others, who has not answered this node at that address in this life of it",
  missed: "nobody is named to others who did not answer when last asked on a walk or for its seat",
  nearest: "an answer names the nearest contacts known, nearest first, without the caller, and no more than k",
  genuine: "no record is held, handed out or believed that its publisher did not sign",
  timely: "no record is handed out or believed whose time is over or has not come, by the own clock",
  newest: "of several records of one publisher, a search believes the one with the highest sequence",
  swept: "what has expired is dropped soon afterwards",
  refreshed: "no bucket that is not full goes without a walk for much longer than the refresh interval",
  republished: "own records are signed anew in time",
  budget: "a walk asks nobody twice at one address, and no more than it needs",
  ended: "what was begun ends in its time",
  time: "virtual time never goes back",
  fault: "nothing is thrown where nobody catches it",
  joined: "after the calm, whoever is up is a member, and the network is one",
  recall: "after the calm, lookups find 99 % of the true k nearest",
  found: "after the calm, a search finds every member that offers the name, with its newest record",
} as const;

export type InvariantName = keyof typeof INVARIANTS;

/** What was broken, by whom and when. Plain data. */
export interface Violation {
  readonly invariant: InvariantName;
  /** Virtual time, ms. */
  readonly atMs: number;
  /** Index of the node. */
  readonly node: number | undefined;
  /** For people. */
  readonly detail: string;
}

/** Takes note of something that is not as it must be. */
export type Report = (invariant: InvariantName, node: SimNode | undefined, detail: string) => void;
