/**
 * A bounded map that forgets what was used longest ago. It grows with what is in it: lru-cache makes all its arrays at once, 13 KiB for 512
 * entries, and a process may be hundreds of nodes that know twenty others each.
 */
export class RecentMap<V> {
  /** Bounded by `max`; the order is that of last use, since each use inserts anew. */
  private readonly entries = new Map<string, V>();
  private readonly max: number;
  private readonly onDropped: ((value: V) => void) | undefined;

  /** @param onDropped told of what is displaced, by a newer value of its key or for want of room; not of what is deleted. */
  constructor(max: number, onDropped?: (value: V) => void) {
    this.max = max;
    this.onDropped = onDropped;
  }

  get size(): number {
    return this.entries.size;
  }

  get(key: string): V | undefined {
    const value = this.entries.get(key);
    if (value !== undefined) this.put(key, value);
    return value;
  }

  /** The same without counting as use. */
  peek(key: string): V | undefined {
    return this.entries.get(key);
  }

  set(key: string, value: V): void {
    const displaced = this.entries.get(key) ?? this.makeRoom();
    this.put(key, value);
    if (displaced !== undefined && displaced !== value) this.onDropped?.(displaced);
  }

  delete(key: string): void {
    this.entries.delete(key);
  }

  values(): IterableIterator<V> {
    return this.entries.values();
  }

  private put(key: string, value: V): void {
    this.entries.delete(key);
    this.entries.set(key, value);
  }

  private makeRoom(): V | undefined {
    const [oldest] = this.entries;
    if (oldest === undefined || this.entries.size < this.max) return undefined;
    const [key, value] = oldest;
    this.entries.delete(key);
    return value;
  }
}
