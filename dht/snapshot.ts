import {
  type Contact,
  MAX_ADDRESSES,
  makeContact,
  messageOf,
  type NodeId,
  nodeIdFromHex,
  type RoutingTable,
  SynapseError,
} from "../routing/index.ts";
import type { KeptRecord } from "./kept-record.ts";

/** Contacts in a snapshot: more than can all be gone when a node comes back the next day, and a few kilobytes. */
export const MAX_IN_SNAPSHOT = 64;
/** Records that are read from one: more than anybody publishes. */
const MAX_RECORDS_IN_SNAPSHOT = 100_000;
const VERSION = 1;
const MAX_ADDRESS_CHARS = 128;

/**
 * What a node takes along into another life: its best contacts, to come back by when no bootstrap node is there any more, and what it has
 * published. Plain data, as JSON has it.
 */
export interface Snapshot {
  readonly version: typeof VERSION;
  readonly swarm: string;
  /** At most {@link MAX_IN_SNAPSHOT}, the best first. */
  readonly contacts: readonly {
    /** In hex. */
    readonly id: string;
    readonly addresses: readonly string[];
  }[];
  /** As many as a node publishes. Absent in what older versions wrote. */
  readonly records?: readonly {
    /** In Base64. */
    readonly record: string;
    readonly holders: number;
  }[];
}

/** What a snapshot holds. All of it is hearsay until somebody answers, and records until their signatures are checked. */
export interface Kept {
  readonly contacts: readonly Contact[];
  readonly records: readonly KeptRecord[];
}

/**
 * The contacts that have been there longest, of all parts of the id space: first the best of each bucket, then the second best, and so on.
 */
export function takeSnapshot(table: RoutingTable, swarm: string, published: readonly KeptRecord[]): Snapshot {
  const buckets: Contact[][] = [];
  for (let index = 0; index < table.depth; index++) buckets.push(table.bucket(index)?.byTrust() ?? []);
  const longest = Math.max(0, ...buckets.map(({ length }) => length));
  const inTurn = Array.from({ length: longest }, (_, place) => buckets.flatMap((bucket) => bucket[place] ?? []));
  const contacts = inTurn.flat().slice(0, MAX_IN_SNAPSHOT);
  const records = published.map(({ bytes, holders }) => ({ record: Buffer.from(bytes).toString("base64"), holders }));
  return { version: VERSION, swarm, contacts: contacts.map(({ key, addresses }) => ({ id: key, addresses })), records };
}

/**
 * Reads a snapshot.
 * @throws SynapseError `bad_snapshot` naming what is wrong.
 */
export function readSnapshot(data: unknown, swarm: string): Kept {
  const { version, swarm: of, contacts, records = [] } = mapOf(data);
  if (version !== VERSION) throw badSnapshot(`version ${String(version).slice(0, 20)} is not read here, ${VERSION} is`);
  if (of !== swarm)
    throw badSnapshot(`it is of swarm ${JSON.stringify(String(of).slice(0, 100))}, this node is in ${JSON.stringify(swarm)}`);
  if (!Array.isArray(contacts) || contacts.length > MAX_IN_SNAPSHOT)
    throw badSnapshot(`contacts must be a list of at most ${MAX_IN_SNAPSHOT}`);
  if (!Array.isArray(records) || records.length > MAX_RECORDS_IN_SNAPSHOT)
    throw badSnapshot(`records must be a list of at most ${MAX_RECORDS_IN_SNAPSHOT}`);
  return { contacts: contacts.map(contactOf), records: records.map(recordOf) };
}

function recordOf(item: unknown): KeptRecord {
  const { record, holders } = mapOf(item);
  if (typeof record !== "string" || typeof holders !== "number" || !Number.isSafeInteger(holders) || holders < 0)
    throw badSnapshot("a record is its bytes in Base64 and a number of holders");
  return { bytes: Buffer.from(record, "base64"), holders };
}

function contactOf(item: unknown): Contact {
  const { id, addresses } = mapOf(item);
  if (typeof id !== "string" || !Array.isArray(addresses) || !addresses.every(isAddressText))
    throw badSnapshot("a contact is an id and addresses");
  if (addresses.length === 0 || addresses.length > MAX_ADDRESSES) throw badSnapshot(`a contact has 1 to ${MAX_ADDRESSES} addresses`);
  return makeContact(idOf(id), addresses);
}

function idOf(hex: string): NodeId {
  try {
    return nodeIdFromHex(hex);
  } catch (error) {
    throw badSnapshot(messageOf(error));
  }
}

function isAddressText(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_ADDRESS_CHARS;
}

function mapOf(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null) throw badSnapshot("a map is expected");
  return value as Record<string, unknown>;
}

function badSnapshot(message: string): SynapseError {
  return new SynapseError("bad_snapshot", `not a snapshot of a node: ${message}`);
}
