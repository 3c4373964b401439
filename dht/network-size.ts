import { type Contact, headOf, K, type NodeId, partBetween, type RoutingTable } from "../routing/index.ts";
import type { Runtime } from "./ports.ts";

/** What was made of them is good for so long, ms. */
const KNOWN_FOR_MS = 60_000;
/** Lookups remembered, each of another target; the one made longest ago gives way. */
const MAX_SAMPLES = 16;
/** A lookup counts for so long, ms. */
const MAX_AGE_MS = 3_600_000;
/** Nor does it count any more once the table has grown by this since: the network has, too. */
const GROWN = 1.25;
/** A median is this much wider than a mean of as many samples (for samples that are nearly normal: the root of π / 2). */
const MEDIAN_WIDTH = Math.sqrt(Math.PI / 2);
/** Standard deviations on either side of which 95 % lie. */
const CONFIDENCE = 1.96;

export interface SizeEstimate {
  /** Nodes in the network that can be dialled, this one included. */
  readonly nodes: number;
  /** Half the width of the interval in which the true number is with a probability of 95 %, as a part of `nodes`. */
  readonly error: number;
  /** Lookups that it rests on. */
  readonly samples: number;
}

/** What one lookup says. */
interface Sample {
  /** First 32 bits of its target. */
  readonly head: number;
  readonly nodes: number;
  readonly madeAt: number;
  /** Contacts that this node knew then. */
  readonly tableSize: number;
}

/**
 * How many nodes there are, from how near the nearest to an id are: of n random ids the k-th nearest is k / n of the id space away
 * (after `closest_nodes.rs` of pubky/mainline). One lookup errs by a quarter, so many are put together.
 *
 * By their median, the lower one, each target counting once, and the own neighbourhood with them: ids ground near some keys (or near
 * this node) distort the lookups that end there, and must not distort what is thought of all other places.
 */
export class NetworkSize {
  private readonly table: RoutingTable;
  private readonly runtime: Pick<Runtime, "now">;
  private samples: readonly Sample[] = []; // the newest last; at most MAX_SAMPLES
  private known: SizeEstimate | undefined;
  private knownUntil = 0;
  private tableSize = 0;

  constructor(table: RoutingTable, runtime: Pick<Runtime, "now">) {
    this.table = table;
    this.runtime = runtime;
  }

  /** A lookup has ended with the nearest there are. @param k of how many nodes it was to find. */
  heard(target: NodeId, closest: readonly Contact[], k: number): void {
    const nodes = sizeFrom(target, closest, k);
    if (!Number.isFinite(nodes)) return; // the k-th nearest is the target itself: of how near others are that says nothing
    const head = headOf(target);
    const others = this.samples.filter((sample) => sample.head !== head).slice(1 - MAX_SAMPLES);
    const sample = { head, nodes, madeAt: this.runtime.now(), tableSize: this.table.size };
    this.samples = others.concat(sample);
    this.known = undefined;
  }

  get estimate(): SizeEstimate {
    const now = this.runtime.now();
    if (this.known === undefined || this.tableSize !== this.table.size || now > this.knownUntil) {
      this.samples = this.samples.filter(({ madeAt, tableSize }) => now - madeAt < MAX_AGE_MS && this.table.size < tableSize * GROWN);
      this.tableSize = this.table.size;
      this.knownUntil = now + KNOWN_FOR_MS;
      this.known = this.estimateAnew();
    }
    return this.known;
  }

  private estimateAnew(): SizeEstimate {
    const { self } = this.table;
    const samples = [...this.samples.map(({ nodes }) => nodes), sizeFrom(self, this.table.closest(self, K), K)].sort((a, b) => a - b);
    const nodes = samples[(samples.length - 1) >> 1] as number;
    const deviation = nodes <= K ? 0 : 1 / Math.sqrt(K - 2);
    return { nodes, error: (CONFIDENCE * MEDIAN_WIDTH * deviation) / Math.sqrt(samples.length), samples: this.samples.length };
  }
}

/**
 * Where there are fewer than k, they are all there are; with this node, which looks nobody up. Otherwise what is right as often too high as
 * too low: the median of the distance of the k-th nearest is (k − 1 / 3) / n.
 */
function sizeFrom(target: NodeId, closest: readonly Contact[], k: number): number {
  const last = closest[k - 1];
  if (last === undefined) return closest.length + 1;
  return Math.max(k + 1, (k - 1 / 3) / partBetween(target, last.id));
}
