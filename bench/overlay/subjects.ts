/** What one subject took for the work, all its nodes in one process. Times are medians. */
export interface Measured {
  /** From nothing to the moment when the last node says that it is in the network. */
  readonly bootMs: number;
  /** Until the announcer says that holders have it. */
  readonly announceMs: number;
  /** Until the lookup has ended. */
  readonly lookupMs: number;
  /** Until it has told of somebody. */
  readonly firstMs: number;
  readonly requests: number;
  /** Share of the lookups that told of somebody. */
  readonly success: number;
  /** Of JavaScript's heap after the work, a node. */
  readonly heapBytes: number;
  /** Of the process, what libraries in C allocate included, a node. */
  readonly rssBytes: number;
}

/** One of the networks compared: `subjects/FILE.mjs` says how it joins, announces and looks up. */
export interface Subject {
  readonly name: string;
  readonly file: string;
  /** Does not run in older versions of Node. */
  readonly leastNode?: number;
  /** Takes many minutes: one round must do, and of a large network only with --large. */
  readonly isSlow?: true;
}

export const OURS: Subject = { name: "synapse", file: "synapse" };

export const SUBJECTS: readonly Subject[] = [
  OURS,
  { name: "hyperdht", file: "hyperdht" },
  { name: "bittorrent-dht", file: "bittorrent-dht" },
  { name: "js-libp2p", file: "libp2p", leastNode: 22, isSlow: true },
];
