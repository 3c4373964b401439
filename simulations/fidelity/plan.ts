import type { NodeId } from "../../routing/index.ts";
import { RandomStream } from "../engine/random.ts";

/** The first nodes, through which the others join; as in scenarios. */
const BOOTSTRAPS = 3;
/** Bootstrap addresses that a newcomer knows, which may be the same one twice. */
const KNOWN_BOOTSTRAPS = 2;

/** One lookup: who asks, by place in the order of joining, and what for. */
export interface PlannedLookup {
  readonly asker: number;
  readonly target: NodeId;
}

/** All that is drawn by lot before a network is grown: each of them does the same. */
export interface Plan {
  readonly seed: number;
  /** What the keys of the nodes are made of, 32 bytes each, in the order in which they join. */
  readonly keys: readonly Uint8Array[];
  /** Through whom each of them joins, by place in that order. Nobody, for the first. */
  readonly bootstraps: readonly (readonly number[])[];
  /** One after the other. */
  readonly lookups: readonly PlannedLookup[];
}

/** Draws a plan. One seed, one plan. */
export function makePlan(seed: number, nodes: number, lookups: number): Plan {
  const [keys, ways, load] = ["keys", "bootstraps", "load"].map((concern) => new RandomStream(seed, `fidelity ${concern}`)) as [
    RandomStream,
    RandomStream,
    RandomStream,
  ];
  return {
    seed,
    keys: Array.from({ length: nodes }, () => keys.bytes(32)),
    bootstraps: Array.from({ length: nodes }, (_, index) => drawBootstraps(ways, Math.min(index, BOOTSTRAPS))),
    lookups: Array.from({ length: lookups }, () => ({ asker: load.integer(nodes), target: load.bytes(32) })),
  };
}

function drawBootstraps(random: RandomStream, among: number): number[] {
  return Array.from({ length: Math.min(KNOWN_BOOTSTRAPS, among) }, () => random.integer(among));
}
