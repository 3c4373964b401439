import { RandomStream } from "../../simulations/engine/random.ts";

/** The simulator's stream of chance, seeded by a number alone, and what only tests draw from it. */
export class Random extends RandomStream {
  constructor(seed: number) {
    super(seed, "test");
  }

  /** A whole number in [0, below). */
  int(below: number): number {
    return this.integer(below);
  }

  shuffled<T>(items: readonly T[]): T[] {
    const order = items.map((item) => ({ item, at: this.next() }));
    return order.sort((a, b) => a.at - b.at).map(({ item }) => item);
  }
}
