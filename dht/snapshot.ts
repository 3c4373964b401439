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

/** Contacts in a snapshot: more than can all be gone when a node comes back the next day, and a few kilobytes. */
export const MAX_IN_SNAPSHOT = 64;
const VERSION = 1;
const MAX_ADDRESS_CHARS = 128;

/** The best contacts of a node, to come back by when no bootstrap node is there any more. Plain data, as JSON has it. */
export interface Snapshot {
  readonly version: typeof VERSION;
  readonly swarm: string;
  /** At most {@link MAX_IN_SNAPSHOT}, the best first. */
  readonly contacts: readonly {
    /** In hex. */
    readonly id: string;
    readonly addresses: readonly string[];
  }[];
}

/** The contacts that have been there longest, of all parts of the id space: first the best of each bucket, then the second best, and so on. */
export function takeSnapshot(table: RoutingTable, swarm: string): Snapshot {
  const buckets: Contact[][] = [];
  for (let index = 0; index < table.depth; index++) buckets.push(table.bucket(index)?.byTrust() ?? []);
  const longest = Math.max(0, ...buckets.map(({ length }) => length));
  const inTurn = Array.from({ length: longest }, (_, place) => buckets.flatMap((bucket) => bucket[place] ?? []));
  const contacts = inTurn.flat().slice(0, MAX_IN_SNAPSHOT);
  return { version: VERSION, swarm, contacts: contacts.map(({ key, addresses }) => ({ id: key, addresses })) };
}

/**
 * The contacts of a snapshot. They are hearsay until they answer.
 * @throws SynapseError `bad_snapshot` naming what is wrong.
 */
export function readSnapshot(data: unknown, swarm: string): Contact[] {
  const { version, swarm: of, contacts } = mapOf(data);
  if (version !== VERSION) throw badSnapshot(`version ${String(version).slice(0, 20)} is not read here, ${VERSION} is`);
  if (of !== swarm)
    throw badSnapshot(`it is of swarm ${JSON.stringify(String(of).slice(0, 100))}, this node is in ${JSON.stringify(swarm)}`);
  if (!Array.isArray(contacts) || contacts.length > MAX_IN_SNAPSHOT)
    throw badSnapshot(`contacts must be a list of at most ${MAX_IN_SNAPSHOT}`);
  return contacts.map(contactOf);
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
  return new SynapseError("bad_snapshot", `not a snapshot of contacts: ${message}`);
}
