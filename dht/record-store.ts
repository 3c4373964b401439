import { type NodeId, sameId, toHex } from "../routing/index.ts";
import { capabilityKey, levelsOf, MAX_SPLIT, splitBitsOf } from "./capability-key.ts";
import { type CapabilityRecord, timelinessOf } from "./capability-record.ts";
import type { StoreOutcome } from "./messages.ts";
import { admits, type Where } from "./query/index.ts";

/** Records of one key; a further publisher is told to use a child key. */
export const MAX_PER_KEY = 256;
/** Records of one publisher, over all keys: 64 capabilities at 4 levels each. In a small network everybody is close to all of them. */
export const MAX_PER_PUBLISHER = 256;
/** Records in all: about 16 MiB. */
export const MAX_RECORDS = 16_384;
/** Records in one answer, so that it stays well under a frame. */
export const MAX_PER_ANSWER = 64;

interface Shelf {
  readonly key: NodeId;
  /** By their entries: one publisher may offer several capabilities below one key. At most {@link MAX_PER_KEY}. */
  readonly records: Map<string, CapabilityRecord>;
  /**
   * When all records of an entry that were ever seen have expired, where that is later than for the one that is held: until then an older
   * one must not come back by being replayed. Made when first needed; at most as many as there are records.
   */
  replayable?: Map<string, number>;
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
  /** Told of each record that is kept, and of the one whose place it takes. */
  onStored: ((key: NodeId, record: CapabilityRecord, before: CapabilityRecord | undefined) => void) | undefined;

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

    const keyHex = toHex(key);
    const shelf = this.byKey.get(keyHex);
    const held = shelf?.records.get(record.entry);
    const isHeld = shelf !== undefined && held !== undefined && wallClock < untilOf(shelf, held);
    const result = isHeld ? supersede(shelf, held, record) : this.admit(key, keyHex, record, wallClock);
    if (result.outcome === "stored") this.onStored?.(key, record, isHeld ? held : undefined);
    return result;
  }

  /** Records of a key in the order of their publishers' ids, starting behind `after`. Only live ones count against `limit`. */
  page(key: NodeId, limit: number, after: string | undefined, wallClock: number, where?: Where): Page {
    const shelf = this.byKey.get(toHex(key));
    if (shelf === undefined) return { records: [], more: undefined, split: 0 };
    const entries = [...shelf.records.keys()].filter((entry) => entry > (after ?? "")).sort();
    const records: Uint8Array[] = [];
    let live = 0;
    let last: string | undefined;
    for (const entry of entries) {
      const record = shelf.records.get(entry) as CapabilityRecord;
      if (timelinessOf(record, wallClock) !== "current" || (where !== undefined && !admits(where, record))) continue;
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
      for (const record of shelf.records.values()) if (wallClock >= untilOf(shelf, record)) this.drop(shelf, record);
      if (shelf.records.size === 0) this.byKey.delete(keyHex);
    }
  }

  /** Every key under which something is held. */
  *keys(): IterableIterator<NodeId> {
    for (const { key } of this.byKey.values()) yield key;
  }

  /** The records under a key that have not expired, withdrawals included. */
  under(key: NodeId, wallClock: number): CapabilityRecord[] {
    const held = this.byKey.get(toHex(key))?.records.values() ?? [];
    return [...held].filter((record) => timelinessOf(record, wallClock) === "current");
  }

  private admit(key: NodeId, keyHex: string, record: CapabilityRecord, wallClock: number): StoreResult {
    const isFull = (shelf: Shelf | undefined) => (shelf?.records.size ?? 0) >= MAX_PER_KEY;
    if (this.count >= MAX_RECORDS || isFull(this.byKey.get(keyHex)) || this.publisherIsFull(record)) this.sweep(wallClock);
    const shelf = this.byKey.get(keyHex);
    if (shelf !== undefined && !shelf.records.has(record.entry) && isFull(shelf)) {
      shelf.split = Math.min(MAX_SPLIT, Math.max(shelf.split, depthOf(key, record) + 1));
      return { outcome: "full", split: shelf.split };
    }
    if (this.count >= MAX_RECORDS) return { outcome: "busy", reason: "this node's store is full" };
    if (this.publisherIsFull(record)) return { outcome: "busy", reason: `this publisher has ${MAX_PER_PUBLISHER} records here already` };
    this.insert(shelf ?? this.addShelf(key, keyHex), record);
    return { outcome: "stored" };
  }

  private publisherIsFull({ publisherKey }: CapabilityRecord): boolean {
    return (this.perPublisher.get(publisherKey) ?? 0) >= MAX_PER_PUBLISHER;
  }

  private addShelf(key: NodeId, keyHex: string): Shelf {
    const shelf: Shelf = { key, records: new Map(), split: 0 };
    this.byKey.set(keyHex, shelf);
    return shelf;
  }

  private insert({ records, replayable }: Shelf, record: CapabilityRecord): void {
    const { entry, publisherKey } = record;
    if (!records.has(entry)) {
      this.count += 1;
      this.perPublisher.set(publisherKey, (this.perPublisher.get(publisherKey) ?? 0) + 1);
    }
    records.set(entry, record);
    replayable?.delete(entry);
  }

  private drop({ records, replayable }: Shelf, { entry, publisherKey }: CapabilityRecord): void {
    records.delete(entry);
    replayable?.delete(entry);
    this.count -= 1;
    const left = (this.perPublisher.get(publisherKey) ?? 1) - 1;
    if (left === 0) this.perPublisher.delete(publisherKey);
    else this.perPublisher.set(publisherKey, left);
  }
}

/** When all records of an entry that were ever seen have expired. */
function untilOf({ replayable }: Shelf, { entry, expires }: CapabilityRecord): number {
  return replayable?.get(entry) ?? expires;
}

/** Another record of a publisher that has one here, for the same capability. */
function supersede(shelf: Shelf, held: CapabilityRecord, record: CapabilityRecord): StoreResult {
  if (record.seq < held.seq) return { outcome: "stale", reason: `sequence ${record.seq}, ${held.seq} is here` };
  if (record.seq === held.seq) {
    if (Buffer.compare(record.bytes, held.bytes) === 0) return { outcome: "unchanged" };
    return { outcome: "stale", reason: `another record with sequence ${record.seq} is here` };
  }
  // A withdrawal must outlive what it withdraws, or a replay of the old record would bring it back.
  if (record.withdrawn && record.expires < held.expires)
    return { outcome: "invalid", reason: "a withdrawal must not expire before what it withdraws" };
  const until = untilOf(shelf, held);
  shelf.records.set(record.entry, record);
  if (until <= record.expires) shelf.replayable?.delete(record.entry);
  else {
    shelf.replayable ??= new Map();
    shelf.replayable.set(record.entry, until);
  }
  return { outcome: "stored" };
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
  if (record.keys.some((own) => sameId(own, key))) return 0;
  const levels = levelsOf(record.capability);
  for (let depth = 1; depth <= MAX_SPLIT; depth++) {
    const bits = splitBitsOf(record.publisher, depth);
    if (levels.some((level) => sameId(capabilityKey(record.swarm, level, bits), key))) return depth;
  }
  return undefined;
}
