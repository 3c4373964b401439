import { filed } from "../../dht/capability-record.ts";
import { type CapabilityClaim, type CapabilityRecord, capabilityKey, RecordStore, splitBitsOf } from "../../dht/index.ts";
import type { NodeId } from "../../routing/index.ts";
import { claimOf, SWARM } from "./records.ts";

/**
 * A record as a reader would give it, of a publisher with that number, but without a signature: a store gets records whose signatures
 * have been checked, and a test that needs thousands of them has no time for keys.
 */
export function unsignedRecord(fields: Partial<CapabilityClaim> = {}, publisher = 1): CapabilityRecord {
  const claim = claimOf({ capability: "work", ...fields });
  const publicKey = Uint8Array.from({ length: 32 }, (_, i) => (i < 4 ? publisher >>> (i * 8) : 0));
  return filed(claim, publicKey, new TextEncoder().encode(JSON.stringify([publisher, claim])));
}

/** A store of nobody in particular. */
export function newStore(swarm = SWARM): RecordStore {
  return new RecordStore(swarm, new Uint8Array(32).fill(0x5a));
}

/** Who published a record made by {@link unsignedRecord}, and what it claims. */
export function readUnsigned(bytes: Uint8Array): readonly [publisher: number, claim: CapabilityClaim] {
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** The key of a record's own name. */
export function keyOf(record: CapabilityRecord): NodeId {
  return capabilityKey(SWARM, record.capability);
}

/** Numbers of publishers whose ids begin with these bits. */
export function publishersWith(bits: string, count: number): number[] {
  const found: number[] = [];
  for (let number = 1; found.length < count; number++) {
    if (splitBitsOf(unsignedRecord({}, number).publisher, bits.length) === bits) found.push(number);
  }
  return found;
}

/** Everything that a store gives for a key, page by page. */
export function readPages(store: RecordStore, key: NodeId, limit: number, wallClock: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < 1_000; pages++) {
    const page = store.page(key, limit, after, wallClock);
    found.push(...page.records);
    after = page.more;
    if (after === undefined) return found;
  }
  throw new Error("the pages do not end");
}

/** Stores that many records, each under a key of its own, no publisher having more than so many of them. */
export function fillWith(
  store: RecordStore,
  count: number,
  fields: Partial<CapabilityClaim>,
  wallClock: number,
  each = 200,
  subnet = 0,
  series = 0,
): Set<string> {
  const outcomes = new Set<string>();
  for (let i = 0; i < count; i++) {
    const record = unsignedRecord({ ...fields, capability: `filler-${series}-${i}` }, (1 + series) * 1_000_000 + Math.floor(i / each));
    outcomes.add(store.put(keyOf(record), record, wallClock, subnet).outcome);
  }
  return outcomes;
}
