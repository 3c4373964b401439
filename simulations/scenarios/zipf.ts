import type { RandomStream } from "../engine/random.ts";

/** Draws numbers from 0 to `count` − 1, the n-th in proportion to 1 / (n + 1)^exponent; with exponent 0 all alike. */
export class Zipf {
  private readonly count: number;
  /** Chance of drawing a number up to this one; empty where all are alike. */
  private readonly cumulative: Float64Array;

  constructor(count: number, exponent: number) {
    this.count = count;
    this.cumulative = exponent === 0 ? new Float64Array(0) : cumulativeOf(count, exponent);
  }

  draw(random: RandomStream): number {
    if (this.cumulative.length === 0) return random.integer(this.count);
    const at = random.next();
    let [low, high] = [0, this.count - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.cumulative[middle] as number) > at) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}

function cumulativeOf(count: number, exponent: number): Float64Array {
  const sums = new Float64Array(count);
  let sum = 0;
  for (let n = 0; n < count; n++) {
    sum += (n + 1) ** -exponent;
    sums[n] = sum;
  }
  return sums.map((each) => each / sum);
}
