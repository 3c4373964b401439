/** A wait that doubles each time, up to a longest, in any unit: for what is tried, or brought about by somebody else, again and again. */
export class GrowingWait {
  private readonly first: number;
  private readonly longest: number;
  private wait: number;

  constructor(first: number, longest: number) {
    this.first = first;
    this.longest = longest;
    this.wait = first;
  }

  next(): number {
    const { wait } = this;
    this.wait = Math.min(this.longest, 2 * wait);
    return wait;
  }

  reset(): void {
    this.wait = this.first;
  }
}
