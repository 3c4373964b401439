interface Entry<T> {
  readonly item: T;
  readonly at: number;
  /** Of two for the same time the lower one comes first. */
  readonly nth: number;
}

/** What is to be done when, the earliest at hand: a binary heap. As large as whoever fills it lets it be. */
export class EarliestFirst<T> {
  private readonly heap: Entry<T>[] = [];

  get size(): number {
    return this.heap.length;
  }

  get first(): Entry<T> | undefined {
    return this.heap[0];
  }

  push(entry: Entry<T>): void {
    const { heap } = this;
    let place = heap.push(entry) - 1;
    while (place > 0) {
      const above = (place - 1) >> 1;
      if (!this.isBefore(place, above)) return;
      this.swap(place, above);
      place = above;
    }
  }

  dropFirst(): void {
    const { heap } = this;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    heap[0] = last;
    for (let place = 0; ; ) {
      const [left, right] = [2 * place + 1, 2 * place + 2];
      const next = right < heap.length && this.isBefore(right, left) ? right : left;
      if (next >= heap.length || !this.isBefore(next, place)) return;
      this.swap(place, next);
      place = next;
    }
  }

  private isBefore(a: number, b: number): boolean {
    const [one, other] = [this.heap[a] as Entry<T>, this.heap[b] as Entry<T>];
    return one.at < other.at || (one.at === other.at && one.nth < other.nth);
  }

  private swap(a: number, b: number): void {
    const { heap } = this;
    [heap[a], heap[b]] = [heap[b] as Entry<T>, heap[a] as Entry<T>];
  }
}
