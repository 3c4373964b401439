import { LoadGate } from "./load-gate.ts";
import type { Runtime } from "./ports.ts";
import type { Comparison, Where } from "./query/index.ts";
import type { OverlaySettings } from "./settings.ts";

/** Characters of a value that are compared in one go. A version of thirty parts takes ten times as long as one of three. */
const AT_ONCE = 8;

/**
 * Says whether a node has the time to sort out for others. A query of 64 conditions about a full key takes it a hundred times as long as
 * one that is asked in earnest, so it is comparisons that are counted, and not queries. Who sorts nothing out gives everything, as one does
 * that has never heard of conditions: whoever asked sorts out himself, and misses nothing. So finders and watchers may share one budget:
 * whoever uses it up costs the others bytes, and hides nothing from them.
 */
export class Filtering {
  private readonly gate: LoadGate;

  constructor(runtime: Runtime, { comparisonsPerSecond }: OverlaySettings) {
    this.gate = new LoadGate(runtime, comparisonsPerSecond);
  }

  /**
   * What is to be sorted out of so many records: all that was asked for, or nothing. Who names publishers alone costs nothing worth
   * counting.
   */
  of(where: Where | undefined, records: number): Where | undefined {
    if (where === undefined) return undefined;
    const comparisons = where.any.flat().reduce((sum, comparison) => sum + weightOf(comparison), 0);
    return this.gate.admit(comparisons * records) ? where : undefined;
  }
}

/** For how many comparisons one counts. What it is compared with may be longer, and no more of that is looked at. */
function weightOf({ value }: Comparison): number {
  return typeof value === "string" ? 1 + Math.floor(value.length / AT_ONCE) : 1;
}
