import { type NodeId, sameId } from "../routing/index.ts";
import { capabilityKey, levelsOf, MAX_SPLIT, splitBitsOf } from "./capability-key.ts";
import type { CapabilityRecord } from "./capability-record.ts";
import type { StoreOutcome } from "./messages.ts";

/** The records under one key. */
export interface Shelf {
  readonly key: NodeId;
  /** By their entries: one publisher may offer several capabilities below one key. At most MAX_PER_KEY. */
  readonly records: Map<string, CapabilityRecord>;
  /** From which subnets they were stored, where these count; by entry. Made when first needed; at most as many as there are records. */
  subnets?: Map<string, number>;
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

/** When all records of an entry that were ever seen have expired. */
export function untilOf({ replayable }: Shelf, { entry, expires }: CapabilityRecord): number {
  return replayable?.get(entry) ?? expires;
}

/** Another record of a publisher that has one here, for the same capability. */
export function supersede(shelf: Shelf, held: CapabilityRecord, record: CapabilityRecord): StoreResult {
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

export function depthOf(key: NodeId, record: CapabilityRecord): number {
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
