import { LoadGate } from "./load-gate.ts";
import type { Runtime } from "./ports.ts";
import type { Where } from "./query/index.ts";
import type { OverlaySettings } from "./settings.ts";

/**
 * Says whether a node has the time to sort out for others. A query of 64 conditions about a full key takes it a hundred times as long as one that is asked
 * in earnest, so it is comparisons that are counted, and not queries. Who sorts nothing out gives everything, as one does that has never
 * heard of conditions: whoever asked sorts out himself, and misses nothing. So finders and watchers may share one budget: whoever uses it up
 * costs the others bytes, and hides nothing from them.
 */
export class Filtering {
  private readonly gate: LoadGate;

  constructor(runtime: Runtime, { comparisonsPerSecond }: OverlaySettings) {
    this.gate = new LoadGate(runtime, comparisonsPerSecond);
  }

  /** What is to be sorted out of so many records: all that was asked for, or nothing. Who names publishers alone costs nothing worth counting. */
  of(where: Where | undefined, records: number): Where | undefined {
    if (where === undefined) return undefined;
    const comparisons = where.any.reduce((sum, { length }) => sum + length, 0);
    return this.gate.admit(comparisons * records) ? where : undefined;
  }
}
