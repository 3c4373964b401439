/** Links that a node keeps open, at least; it keeps up to twice as many. The real pool's bound lies between. */
const GENERATION = 256;

/**
 * To whom a link is open, by index. When there are too many, those not used for longest go: links live in a young and an old generation,
 * use moves them to the young one, and when that is full the old one is forgotten. Costs a fraction of an exact order of use.
 */
export class LinkSet {
  private young = new Set<number>(); // at most GENERATION
  private old = new Set<number>(); // at most GENERATION

  /** Whether a link is open; asking counts as using it. */
  use(peer: number): boolean {
    if (this.young.has(peer)) return true;
    if (!this.old.has(peer)) return false;
    this.add(peer);
    return true;
  }

  add(peer: number): void {
    if (this.young.size >= GENERATION) {
      this.old = this.young;
      this.young = new Set();
    }
    this.young.add(peer);
  }

  delete(peer: number): void {
    this.young.delete(peer);
    this.old.delete(peer);
  }

  clear(): void {
    this.young.clear();
    this.old.clear();
  }
}
