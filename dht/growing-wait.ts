/** A wait that doubles each time, up to a longest, ms: for work that somebody else can bring about again and again. */
export class GrowingWait {
  private readonly first: number;
  private readonly longest: number;
  private ms: number;

  constructor(first: number, longest: number) {
    this.first = first;
    this.longest = longest;
    this.ms = first;
  }

  next(): number {
    const { ms } = this;
    this.ms = Math.min(this.longest, 2 * ms);
    return ms;
  }

  reset(): void {
    this.ms = this.first;
  }
}
