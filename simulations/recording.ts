import type { Figures } from "./figures.ts";

/**
 * Everything that a report shows of one run. Plain data, bounded whatever the size of the run, so that it can be written to a file, merged
 * with others, and drawn later or elsewhere.
 */
export interface Recording {
  /** Format of this object; readers refuse others. */
  readonly format: 1;
  /** What was run: the scenario with everything that it leaves open filled in. */
  readonly scenario: Readonly<Record<string, unknown>>;
  /** The command that runs it again, to the byte. */
  readonly command: string;
  readonly figures: Figures;
  /** Headline figures beside what they are to reach. */
  readonly targets: readonly TargetResult[];
  /** Latency and hops of each kind of operation, as cumulative curves. */
  readonly curves: readonly Curve[];
  readonly series: Series;
  /** Stretches of time in which something was done to the network. At most 200. */
  readonly marks: readonly Mark[];
  /** Requests that each node answered in the measured time, busiest first; at most 1,000, evenly chosen among all. */
  readonly loadByNode: readonly number[];
  /** The busiest keys, at most 50. */
  readonly loadByKey: readonly KeyLoad[];
  /** Requests and their answers, by kind of request. */
  readonly traffic: readonly TrafficOfKind[];
  readonly picture: Picture;
}

export interface TargetResult {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly target: { readonly atLeast: number } | { readonly atMost: number };
  readonly reached: boolean;
}

/** A cumulative distribution: at each point, the part (0 … 1) of all values that do not exceed `value`. At most 200 points, rising. */
export interface Curve {
  /** Which operation: "lookups", "finds", "publishes", "joins", "asks", "watches". */
  readonly of: string;
  /** What was measured: "latency", "hops", "requests". */
  readonly what: string;
  readonly unit: string;
  readonly points: readonly (readonly [value: number, part: number])[];
}

/** The same columns for every step of virtual time, from the beginning of the run. At most 500 steps. */
export interface Series {
  readonly stepMs: number;
  readonly columns: readonly SeriesColumn[];
}

export interface SeriesColumn {
  /** "live nodes", "recall of lookups", "success of finds", "messages a second", "bytes a second and node" … */
  readonly name: string;
  readonly unit: string;
  /** One a step; null where nothing was measured in it. */
  readonly values: readonly (number | null)[];
}

export interface Mark {
  readonly label: string;
  readonly fromMs: number;
  /** The same as `fromMs` for what happens at one moment. */
  readonly untilMs: number;
}

export interface KeyLoad {
  /** The capability, where it is known, or the first digits of the key. */
  readonly name: string;
  readonly requests: number;
  readonly holders: number;
  /** Requests to the busiest of its holders. */
  readonly busiest: number;
}

export interface TrafficOfKind {
  readonly kind: string;
  readonly messages: number;
  readonly bytes: number;
}

/** The overlay at the end of the run, or a part of it, and one lookup walking through it. */
export interface Picture {
  /** At most 400, evenly chosen among the members alive, and whoever took part in the lookup. */
  readonly nodes: readonly PicturedNode[];
  /** Who has whom in its table, by index into `nodes`. At most 4,000. */
  readonly edges: readonly (readonly [from: number, to: number])[];
  readonly lookup: PicturedLookup | undefined;
}

export interface PicturedNode {
  /** Its id as a fraction of the id space, 0 … 1. */
  readonly at: number;
  /** What kind of host it is: "node", "client", "slow", "adversary". */
  readonly kind: string;
  /** City or region, where the latency model has such. */
  readonly place: string;
}

export interface PicturedLookup {
  /** The target as a fraction of the id space. */
  readonly target: number;
  /** Who asks: index into `nodes`. */
  readonly from: number;
  /** In the order in which they were sent. At most 100. */
  readonly requests: readonly PicturedRequest[];
}

export interface PicturedRequest {
  /** Index into `nodes`. */
  readonly to: number;
  /** Since the beginning of the lookup. */
  readonly sentMs: number;
  /** When the answer came, or the request was given up. */
  readonly endedMs: number;
  readonly outcome: "answered" | "failed";
  /** Leading bits that the asked node shares with the target. */
  readonly sharedBits: number;
  /** Whether it is among the k closest that the lookup ended with. */
  readonly inResult: boolean;
}
