import { type NodeId, toHex } from "../routing/index.ts";
import { MAX_SPLIT } from "./capability-key.ts";
import { type CapabilityRecord, timelinessOf } from "./capability-record.ts";
import { sieveOf, type Where } from "./query/index.ts";
import { add, farthestOf, firstToLeave, type Owner, ownerFrom, ownerOf, type Place } from "./room.ts";
import { Shares } from "./shares.ts";
import { belongsUnder, depthOf, type Shelf, type StoreResult, supersede, untilOf } from "./shelf.ts";
import { SweepTimes } from "./sweep-times.ts";

/** Records of one key; a further publisher is told to use a child key. */
export const MAX_PER_KEY = 256;
/** Records of one publisher, over all keys: 64 capabilities at 4 levels each, or its part of 10,000 in a network of a thousand. */
export const MAX_PER_PUBLISHER = 512;
/** Records stored from one subnet, a /24 or a /48, over all keys: a quarter of all. */
export const MAX_PER_SUBNET = 4_096;
/** Records in all: about 16 MiB. */
export const MAX_RECORDS = 16_384;
/** Records in one answer, so that it stays well under a frame. */
export const MAX_PER_ANSWER = 64;

export interface Page {
  readonly records: Uint8Array[];
  /** Where the next page begins, for `after`; opaque to whoever asks. */
  readonly more: string | undefined;
  readonly split: number;
}

/**
 * The records a node holds for others, by key and publisher. Bounded in every direction; where a bound is met, whoever has more than its
 * share gives way (see room.ts), so that a flood displaces nothing but itself. Nothing expired is ever given out, whether or not it has
 * been swept.
 */
export class RecordStore {
  private readonly swarm: string;
  private readonly self: NodeId;
  private readonly byKey = new Map<string, Shelf>(); // at most MAX_RECORDS: no shelf is kept empty
  private readonly perPublisher = new Map<Owner, number>(); // at most MAX_RECORDS: no entry is kept at 0
  private readonly shares = new Shares(); // the same
  private readonly sweepTimes = new SweepTimes();
  private count = 0;
  /** Told of each record that is kept, and of the one whose place it takes. */
  onStored: ((key: NodeId, record: CapabilityRecord, before: CapabilityRecord | undefined) => void) | undefined;

  constructor(swarm: string, self: NodeId) {
    this.swarm = swarm;
    this.self = self;
  }

  /** Records kept, withdrawals included. */
  get size(): number {
    return this.count;
  }

  /**
   * Keeps a record whose signature has been checked, if it belongs under the key and there is room.
   * @param subnet that it is stored from; 0 for this machine and its private network, where no share is counted by subnet.
   */
  put(key: NodeId, record: CapabilityRecord, wallClock: number, subnet = 0): StoreResult {
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
    const result = isHeld ? supersede(shelf, held, record) : this.admit(key, keyHex, record, wallClock, subnet);
    const split = this.byKey.get(keyHex)?.split ?? 0;
    if (result.outcome === "stored") this.noteStored(key, record, subnet, isHeld ? { shelf, held } : undefined);
    return split === 0 ? result : { ...result, split };
  }

  private noteStored(
    key: NodeId,
    record: CapabilityRecord,
    subnet: number,
    before: { shelf: Shelf; held: CapabilityRecord } | undefined,
  ): void {
    // Whoever handed it over is no longer charged for what its publisher has renewed itself.
    if (before !== undefined) this.charge(before.shelf, record, subnet);
    this.onStored?.(key, record, before?.held);
  }

  /** Records of a key in the order of their publishers' ids, starting behind `after`. Only live ones count against `limit`. */
  page(key: NodeId, limit: number, after: string | undefined, wallClock: number, where?: Where): Page {
    const shelf = this.byKey.get(toHex(key));
    if (shelf === undefined) return { records: [], more: undefined, split: 0 };
    const entries = [...shelf.records.keys()].filter((entry) => entry > (after ?? "")).sort();
    const admits = where && sieveOf(where);
    const records: Uint8Array[] = [];
    let live = 0;
    let last: string | undefined;
    for (const entry of entries) {
      const record = shelf.records.get(entry) as CapabilityRecord;
      if (timelinessOf(record, wallClock) !== "current" || admits?.(record) === false) continue;
      if (live >= limit || records.length >= MAX_PER_ANSWER) return { records, more: last, split: shelf.split };
      records.push(record.bytes);
      if (!record.withdrawn) live += 1;
      last = entry;
    }
    return { records, more: undefined, split: shelf.split };
  }

  /** Drops what has expired. Correctness does not depend on it, only memory. */
  sweep(wallClock: number): void {
    this.sweepTimes.begin(wallClock);
    for (const shelf of this.byKey.values()) {
      for (const record of shelf.records.values()) {
        const until = untilOf(shelf, record);
        if (wallClock >= until) this.drop({ shelf, record });
        else this.sweepTimes.keeps(until);
      }
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

  private admit(key: NodeId, keyHex: string, record: CapabilityRecord, wallClock: number, subnet: number): StoreResult {
    if (this.sweepTimes.isDue(wallClock) && this.isAtABound(this.byKey.get(keyHex), record, subnet)) this.sweep(wallClock);
    const shelf = this.byKey.get(keyHex);
    const owner = ownerFrom(subnet, record);
    const refusal = this.refusalFor(record, subnet) ?? this.makeRoomUnder(shelf, record, owner) ?? this.makeRoom(owner);
    if (refusal !== undefined) return refusal;
    this.insert(this.byKey.get(keyHex) ?? this.addShelf(key, keyHex), record, subnet);
    return { outcome: "stored" };
  }

  private isAtABound(shelf: Shelf | undefined, record: CapabilityRecord, subnet: number): boolean {
    const isFull = this.count >= MAX_RECORDS || (shelf?.records.size ?? 0) >= MAX_PER_KEY;
    return isFull || this.refusalFor(record, subnet) !== undefined;
  }

  private refusalFor({ publisherKey }: CapabilityRecord, subnet: number): StoreResult | undefined {
    if ((this.perPublisher.get(publisherKey) ?? 0) >= MAX_PER_PUBLISHER)
      return { outcome: "busy", reason: `this publisher has ${MAX_PER_PUBLISHER} records here already` };
    if (this.shares.of(subnet) >= MAX_PER_SUBNET)
      return { outcome: "busy", reason: `${MAX_PER_SUBNET} records were stored from this subnet already` };
    return undefined;
  }

  private makeRoomUnder(shelf: Shelf | undefined, record: CapabilityRecord, owner: Owner): StoreResult | undefined {
    if (shelf === undefined || shelf.records.size < MAX_PER_KEY || shelf.records.has(record.entry)) return undefined;
    const depth = depthOf(shelf.key, record);
    // Whoever gives way is not told, and would be missed until it publishes again; a newcomer is, and has its place under the child key.
    const leaves = depth < MAX_SPLIT ? undefined : firstToLeave(shelf, owner);
    if (leaves === undefined) {
      shelf.split = Math.min(MAX_SPLIT, Math.max(shelf.split, depth + 1));
      return { outcome: "full", split: shelf.split };
    }
    this.drop(leaves);
    return undefined;
  }

  private makeRoom(owner: Owner): StoreResult | undefined {
    if (this.count < MAX_RECORDS) return undefined;
    const greediest = this.shares.isAnyGreedier(owner) ? this.shares.greediest : undefined;
    const leaves = greediest === undefined ? undefined : farthestOf(this.byKey.values(), greediest, this.self);
    if (leaves === undefined) return { outcome: "busy", reason: "this node's store is full" };
    this.drop(leaves);
    return undefined;
  }

  private addShelf(key: NodeId, keyHex: string): Shelf {
    const shelf: Shelf = { key, records: new Map(), split: 0 };
    this.byKey.set(keyHex, shelf);
    return shelf;
  }

  private insert(shelf: Shelf, record: CapabilityRecord, subnet: number): void {
    const { entry, publisherKey } = record;
    if (!shelf.records.has(entry)) {
      this.count += 1;
      add(this.perPublisher, publisherKey, 1);
      this.shares.add(publisherKey, 1);
    }
    shelf.records.set(entry, record);
    shelf.replayable?.delete(entry);
    this.sweepTimes.keeps(record.expires);
    this.charge(shelf, record, subnet);
  }

  /** Counts a record that is held to another owner than before. */
  private charge(shelf: Shelf, record: CapabilityRecord, subnet: number): void {
    const [before, owner] = [ownerOf(shelf, record), ownerFrom(subnet, record)];
    if (before === owner) return;
    this.shares.add(before, -1);
    this.shares.add(owner, 1);
    shelf.subnets?.delete(record.entry);
    if (subnet === 0) return;
    shelf.subnets ??= new Map();
    shelf.subnets.set(record.entry, subnet);
  }

  private drop({ shelf, record }: Place): void {
    this.shares.add(ownerOf(shelf, record), -1);
    shelf.subnets?.delete(record.entry);
    shelf.records.delete(record.entry);
    shelf.replayable?.delete(record.entry);
    this.count -= 1;
    add(this.perPublisher, record.publisherKey, -1);
    if (shelf.records.size === 0) this.byKey.delete(toHex(shelf.key));
  }
}
