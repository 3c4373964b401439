import type { LookupResult } from "../../dht/index.ts";
import type { NodeId } from "../../routing/index.ts";

/** What is compared: both levels of the simulator, and the nodes of `src/` on TCP. */
export type SpecimenName = "overlay" | "node" | "loopback";

/** One network among those that are compared. Its nodes are known by their place in the order of joining. */
export interface Specimen {
  readonly name: SpecimenName;
  /** The ids of those that have joined. */
  readonly ids: readonly NodeId[];
  /** Lets one more node join through others, and resolves when nobody has anything left to do about it. */
  welcome(key: Uint8Array, bootstraps: readonly number[]): Promise<void>;
  /** Resolves when nobody has anything left to do about it. */
  lookUp(asker: number, target: NodeId): Promise<LookupResult>;
  /** What went wrong where nobody could catch it. Must stay empty. */
  readonly faults: readonly string[];
  /** Ends it. */
  close(): Promise<void>;
}

/** A link on which nothing has passed for this long is closed by whoever dialled it, ms: so that loopback does not run out of files. */
export const IDLE_MS = 2_000;
