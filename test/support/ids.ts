import { type Contact, idInBucket, makeContact, type NodeId } from "../../routing/index.ts";
import type { Random } from "./random.ts";

/** The number an id stands for: the oracle's view of it. */
export function bigOf(id: NodeId): bigint {
  return BigInt(`0x${Buffer.from(id).toString("hex")}`);
}

export function distanceOf(a: NodeId, b: NodeId): bigint {
  return bigOf(a) ^ bigOf(b);
}

/** Sorted by BigInt XOR, which shares no code with what is tested. */
export function sortedByDistance(target: NodeId, contacts: readonly Contact[]): Contact[] {
  const keyed = contacts.map((contact) => ({ contact, distance: distanceOf(target, contact.id) }));
  keyed.sort((a, b) => (a.distance < b.distance ? -1 : a.distance > b.distance ? 1 : 0));
  return keyed.map(({ contact }) => contact);
}

/** An id that shares about `depth` bits or more with `near`: without such ids, deep buckets never exist in a test. */
export function idNear(near: NodeId, random: Random, depth = random.int(64)): NodeId {
  return idInBucket(near, depth, random.bytes(32));
}

export function contactOf(id: NodeId): Contact {
  return makeContact(id, [`mem://${Buffer.from(id).toString("hex").slice(0, 16)}`]);
}

export function keysOf(contacts: Iterable<Contact>): string[] {
  return Array.from(contacts, ({ key }) => key);
}

/** The item at an index, which the test knows to exist. */
export function at<T>(items: readonly T[], index: number): T {
  const item = items.at(index);
  if (item === undefined) throw new Error(`no item at ${index} of ${items.length}`);
  return item;
}
