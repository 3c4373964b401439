import { commonPrefixLength, type NodeId } from "../routing/index.ts";
import { EarliestFirst } from "./earliest-first.ts";

/** Times that hold no more are swept out where there are so many for each that holds, and a few. */
const STALE = 2;
const A_FEW = 64;

/** A record that is to be stored again now and then, under one key. */
export interface Posting {
  readonly key: NodeId;
  /** Wall-clock ms; never while it is being stored. */
  dueAt: number;
}

/**
 * Whatever is to be stored again, by time and by key: whoever publishes ten thousand records must not look through all of them for each.
 * Among equals those come first that came first.
 */
export class Postings<P extends Posting> {
  /** In which order they came; as many as whoever publishes lets in. */
  private readonly order = new Map<P, number>();
  /** The same, by key. */
  private readonly byKey: P[] = [];
  /** At most {@link STALE} for each of them, and {@link A_FEW}. */
  private times = new EarliestFirst<P>();
  private came = 0;

  has(posting: P): boolean {
    return this.order.has(posting);
  }

  /** Adds one, if it is new, for the time at which it is due. */
  put(posting: P): void {
    if (!this.has(posting)) {
      this.order.set(posting, ++this.came);
      this.byKey.splice(this.placeOf(posting.key, this.came), 0, posting);
    }
    this.note(posting);
    if (this.times.size > STALE * this.order.size + A_FEW) this.noteAllAnew();
  }

  remove(posting: P): void {
    const nth = this.order.get(posting);
    if (nth === undefined) return;
    this.byKey.splice(this.placeOf(posting.key, nth), 1);
    this.order.delete(posting);
  }

  /** The one that is due first; undefined where none ever is. */
  get first(): P | undefined {
    for (let next = this.times.first; next !== undefined; next = this.times.first) {
      if (next.item.dueAt === next.at && this.order.get(next.item) === next.nth) return next.item;
      this.times.dropFirst(); // it has another time since, or is gone
    }
    return undefined;
  }

  /** Those that share so many leading bits with a key, in the order in which they came. */
  near(key: NodeId, shared: number): P[] {
    const near: P[] = [];
    for (let place = this.placeOf(startOf(key, shared), 0); place < this.byKey.length; place++) {
      const posting = this.byKey[place] as P;
      if (commonPrefixLength(posting.key, key) < shared) break;
      near.push(posting);
    }
    return near.sort((a, b) => this.nthOf(a) - this.nthOf(b));
  }

  private note(posting: P): void {
    if (posting.dueAt < Number.POSITIVE_INFINITY) this.times.push({ item: posting, at: posting.dueAt, nth: this.nthOf(posting) });
  }

  private noteAllAnew(): void {
    this.times = new EarliestFirst();
    for (const posting of this.order.keys()) this.note(posting);
  }

  private nthOf(posting: P): number {
    return this.order.get(posting) as number;
  }

  /** Where the first stands, or would, that does not come before a key, and of that key not before the n-th. */
  private placeOf(key: NodeId, nth: number): number {
    let [low, high] = [0, this.byKey.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const there = this.byKey[middle] as P;
      const order = Buffer.compare(there.key, key) || this.nthOf(there) - nth;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** The first of all keys that share so many leading bits with one. */
function startOf(key: NodeId, shared: number): NodeId {
  return key.map((byte, index) => byte & (0xff00 >> Math.max(0, Math.min(8, shared - 8 * index))));
}
