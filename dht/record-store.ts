import { type NodeId, sameId, toHex } from "../routing/index.ts";
import { capabilityKey, levelsOf, MAX_SPLIT, splitBitsOf } from "./capability-key.ts";
import { type CapabilityRecord, timelinessOf } from "./capability-record.ts";
import type { StoreOutcome } from "./messages.ts";

/** Records of one key; a further publisher is told to use a child key. */
export const MAX_PER_KEY = 256;
/** Records of one publisher, over all keys: 64 capabilities at 4 levels each. In a small network everybody is close to all of them. */
export const MAX_PER_PUBLISHER = 256;
/** Records in all: about 16 MiB. */
export const MAX_RECORDS = 16_384;
/** Records in one answer, so that it stays well under a frame. */
export const MAX_PER_ANSWER = 64;

interface Held {
  readonly record: CapabilityRecord;
  /** When all records of this entry that were ever seen have expired. Until then an older one must not come back by being replayed. */
  readonly until: number;
}

interface Shelf {
  readonly key: NodeId;
  /** By {@link entryOf}: one publisher may offer several capabilities below one key. At most {@link MAX_PER_KEY}. */
  readonly records: Map<string, Held>;
  /** How deep this key is split: rises when the shelf was full. */
  split: number;
}

export interface StoreResult {
  readonly outcome: StoreOutcome;
  readonly split?: number;
  readonly reason?: string;
}

export interface Page {
  readonly records: Uint8Array[];
  /** Where the next page begins, for `after`; opaque to whoever asks. */
  readonly more: string | undefined;
  readonly split: number;
}

/**
 * The records a node holds for others, by key and publisher. Bounded in every direction; whoever is already here keeps its place, so a
 * flood cannot displace records that are kept alive. Nothing expired is ever given out, whether or not it has been swept.
 */
export class RecordStore {
  private readonly swarm: string;
  private readonly byKey = new Map<string, Shelf>(); // at most MAX_RECORDS: no shelf is kept empty
  private readonly perPublisher = new Map<string, number>(); // at most MAX_RECORDS: no entry is kept at 0
  private count = 0;

  constructor(swarm: string) {
    this.swarm = swarm;
  }

  /** Records kept, withdrawals included. */
  get size(): number {
    return this.count;
  }

  /** Keeps a record whose signature has been checked, if it belongs under the key and there is room. */
  put(key: NodeId, record: CapabilityRecord, wallClock: number): StoreResult {
    if (record.swarm !== this.swarm)
      return { outcome: "invalid", reason: `of swarm ${JSON.stringify(record.swarm)}, this is ${JSON.stringify(this.swarm)}` };
    const timeliness = timelinessOf(record, wallClock);
    if (timeliness === "early") return { outcome: "expired", reason: "issued in the future; is a clock wrong?" };
    if (timeliness === "expired") return { outcome: "expired" };
    if (!belongsUnder(key, record)) return { outcome: "invalid", reason: `${record.capability} does not belong under this key` };

    const shelf = this.byKey.get(toHex(key));
    const entry = entryOf(record);
    const held = shelf?.records.get(entry);
    if (shelf !== undefined && held !== undefined && wallClock < held.until) return this.supersede(shelf, held, record);
    return this.admit(key, entry, record, wallClock);
  }

  /** Records of a key in the order of their publishers' ids, starting behind `after`. Only live ones count against `limit`. */
  page(key: NodeId, limit: number, after: string | undefined, wallClock: number): Page {
    const shelf = this.byKey.get(toHex(key));
    if (shelf === undefined) return { records: [], more: undefined, split: 0 };
    const entries = [...shelf.records.keys()].filter((entry) => entry > (after ?? "")).sort();
    const records: Uint8Array[] = [];
    let live = 0;
    let last: string | undefined;
    for (const entry of entries) {
      const { record } = shelf.records.get(entry) as Held;
      if (timelinessOf(record, wallClock) !== "current") continue;
      if (live >= limit || records.length >= MAX_PER_ANSWER) return { records, more: last, split: shelf.split };
      records.push(record.bytes);
      if (!record.withdrawn) live += 1;
      last = entry;
    }
    return { records, more: undefined, split: shelf.split };
  }

  /** Drops what has expired. Correctness does not depend on it, only memory. */
  sweep(wallClock: number): void {
    for (const [keyHex, shelf] of this.byKey) {
      for (const { record, until } of shelf.records.values()) if (wallClock >= until) this.drop(shelf, record);
      if (shelf.records.size === 0) this.byKey.delete(keyHex);
    }
  }

  /** Every key under which something is held. */
  *keys(): IterableIterator<NodeId> {
    for (const { key } of this.byKey.values()) yield key;
  }

  /** The records under a key that have not expired, withdrawals included. */
  under(key: NodeId, wallClock: number): CapabilityRecord[] {
    const held = [...(this.byKey.get(toHex(key))?.records.values() ?? [])].map(({ record }) => record);
    return held.filter((record) => timelinessOf(record, wallClock) === "current");
  }

  private supersede(shelf: Shelf, { record: held, until }: Held, record: CapabilityRecord): StoreResult {
    if (record.seq < held.seq) return { outcome: "stale", reason: `sequence ${record.seq}, ${held.seq} is here` };
    if (record.seq === held.seq) {
      if (Buffer.compare(record.bytes, held.bytes) === 0) return { outcome: "unchanged" };
      return { outcome: "stale", reason: `another record with sequence ${record.seq} is here` };
    }
    // A withdrawal must outlive what it withdraws, or a replay of the old record would bring it back.
    if (record.withdrawn && record.expires < held.expires)
      return { outcome: "invalid", reason: "a withdrawal must not expire before what it withdraws" };
    shelf.records.set(entryOf(record), { record, until: Math.max(until, record.expires) });
    return { outcome: "stored" };
  }

  private admit(key: NodeId, entry: string, record: CapabilityRecord, wallClock: number): StoreResult {
    if (this.count >= MAX_RECORDS || this.shelfIsFull(key) || this.publisherIsFull(record)) this.sweep(wallClock);
    const shelf = this.byKey.get(toHex(key));
    if (shelf !== undefined && !shelf.records.has(entry) && shelf.records.size >= MAX_PER_KEY) {
      shelf.split = Math.min(MAX_SPLIT, Math.max(shelf.split, depthOf(key, record) + 1));
      return { outcome: "full", split: shelf.split };
    }
    if (this.count >= MAX_RECORDS) return { outcome: "busy", reason: "this node's store is full" };
    if (this.publisherIsFull(record)) return { outcome: "busy", reason: `this publisher has ${MAX_PER_PUBLISHER} records here already` };
    this.insert(key, entry, record);
    return { outcome: "stored" };
  }

  private shelfIsFull(key: NodeId): boolean {
    return (this.byKey.get(toHex(key))?.records.size ?? 0) >= MAX_PER_KEY;
  }

  private publisherIsFull(record: CapabilityRecord): boolean {
    return (this.perPublisher.get(toHex(record.publisher)) ?? 0) >= MAX_PER_PUBLISHER;
  }

  private insert(key: NodeId, entry: string, record: CapabilityRecord): void {
    const keyHex = toHex(key);
    let shelf = this.byKey.get(keyHex);
    if (shelf === undefined) {
      shelf = { key, records: new Map(), split: 0 };
      this.byKey.set(keyHex, shelf);
    }
    if (!shelf.records.has(entry)) {
      const publisher = toHex(record.publisher);
      this.count += 1;
      this.perPublisher.set(publisher, (this.perPublisher.get(publisher) ?? 0) + 1);
    }
    shelf.records.set(entry, { record, until: record.expires });
  }

  private drop(shelf: Shelf, record: CapabilityRecord): void {
    const publisher = toHex(record.publisher);
    shelf.records.delete(entryOf(record));
    this.count -= 1;
    const left = (this.perPublisher.get(publisher) ?? 1) - 1;
    if (left === 0) this.perPublisher.delete(publisher);
    else this.perPublisher.set(publisher, left);
  }
}

/** What a record is filed by, and in what order pages are: no publisher has two of the same capability. */
export function entryOf(record: CapabilityRecord): string {
  return `${toHex(record.publisher)} ${record.capability}`;
}

/** Whether a record may stand under a key: that of its name, of a level above, or of a child that fits its publisher's id. */
export function belongsUnder(key: NodeId, record: CapabilityRecord): boolean {
  return depthUnder(key, record) !== undefined;
}

function depthOf(key: NodeId, record: CapabilityRecord): number {
  return depthUnder(key, record) ?? 0;
}

/** At which split depth a key is one of the record's; undefined when it is none of them. Unsplit keys, the common case, come first. */
function depthUnder(key: NodeId, record: CapabilityRecord): number | undefined {
  const levels = levelsOf(record.capability);
  for (let depth = 0; depth <= MAX_SPLIT; depth++) {
    const bits = splitBitsOf(record.publisher, depth);
    if (levels.some((level) => sameId(capabilityKey(record.swarm, level, bits), key))) return depth;
  }
  return undefined;
}
