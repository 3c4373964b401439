import { MAX_SPLIT } from "./capability-key.ts";
import type { Runtime } from "./ports.ts";

/**
 * The keys below that of a name which are still to be read, the upper ones first: where there are too many, those with most records are not
 * left out.
 */
export class Descent {
  private readonly runtime: Pick<Runtime, "random">;
  private readonly leadsToAnybody: (bits: string) => boolean;
  /** Keys whose children were added, by their bits: at most 2^MAX_SPLIT − 1. */
  private readonly split = new Set<string>();
  private readonly waiting: string[] = []; // at most 2^(MAX_SPLIT + 1) − 2

  /** @param leadsToAnybody whether records that are wanted can be under a key. */
  constructor(runtime: Pick<Runtime, "random">, leadsToAnybody: (bits: string) => boolean) {
    this.runtime = runtime;
    this.leadsToAnybody = leadsToAnybody;
  }

  get isOver(): boolean {
    return this.waiting.length === 0;
  }

  /** A key is split. */
  below(bits: string): void {
    if (bits.length >= MAX_SPLIT || this.split.has(bits)) return;
    this.split.add(bits);
    const first = this.runtime.random() < 0.5 ? "0" : "1"; // spreads the load of early-ending searches over the children
    for (const bit of [first, first === "0" ? "1" : "0"]) if (this.leadsToAnybody(bits + bit)) this.waiting.push(bits + bit);
  }

  next(): string | undefined {
    let upper = 0;
    for (const [place, bits] of this.waiting.entries()) if (bits.length < (this.waiting[upper] as string).length) upper = place;
    return this.waiting.splice(upper, 1)[0];
  }
}
