import type { Owner } from "./room.ts";

/**
 * How many of the things that a node keeps for others each owner has, and how many the one with most. That is known without a look at all
 * of them: whoever is refused at a bound must cost less than whoever is let in.
 */
export class Shares {
  private readonly counts = new Map<Owner, number>(); // at most one for each thing: no entry is kept at 0
  /** How many owners have so many; as long as the largest share has ever been. */
  private readonly owners: number[] = [];
  private largest = 0;

  /** The largest share. */
  get most(): number {
    return this.largest;
  }

  of(owner: Owner): number {
    return this.counts.get(owner) ?? 0;
  }

  /** Whether somebody would still have more than a newcomer with one thing more. */
  isAnyGreedier(newcomer: Owner): boolean {
    return this.most > 1 + this.of(newcomer);
  }

  /** The first with the largest share. */
  get greediest(): Owner | undefined {
    for (const [owner, count] of this.counts) if (count === this.most) return owner;
    return undefined;
  }

  add(owner: Owner, by: 1 | -1): void {
    const before = this.of(owner);
    const after = before + by;
    if (after === 0) this.counts.delete(owner);
    else this.counts.set(owner, after);
    if (before > 0) this.owners[before] = (this.owners[before] ?? 0) - 1;
    if (after > 0) this.owners[after] = (this.owners[after] ?? 0) + 1;
    if (after > this.most) this.largest = after;
    else if (before === this.most && this.owners[before] === 0) this.largest = after; // it had most alone, and has one less
  }

  clear(): void {
    this.counts.clear();
    this.owners.length = 0;
    this.largest = 0;
  }
}
