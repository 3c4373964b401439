import { type NodeId, toHex } from "./node-id.ts";
import { subnetOf } from "./subnet.ts";

/** Addresses kept of one contact; the wire carries no more. */
export const MAX_ADDRESSES = 4;

/** How to reach a node: who it is and where it listens. Immutable, so that tables, lookups and messages share it. */
export interface Contact {
  readonly id: NodeId;
  /** The id in hex: the contact's key in every `Map`. */
  readonly key: string;
  /** First 32 bits of the id, as a signed integer. They decide nearly every comparison of distances, without a look at the id. */
  readonly head: number;
  /** URIs such as `tcp://host:port`, the best first, at most {@link MAX_ADDRESSES}. */
  readonly addresses: readonly string[];
  /** Where the first of them is; 0 where no limits by subnet apply. See {@link subnetOf}. */
  readonly subnet: number;
}

export function makeContact(id: NodeId, addresses: readonly string[]): Contact {
  const [first = ""] = addresses;
  return { id, key: toHex(id), head: headOf(id), addresses: addresses.slice(0, MAX_ADDRESSES), subnet: subnetOf(first) };
}

export function sameAddresses(a: Contact, b: Contact): boolean {
  return a.addresses.length === b.addresses.length && a.addresses.every((address, i) => address === b.addresses[i]);
}

/** First 32 bits of an id, as a signed integer. */
export function headOf(id: NodeId): number {
  return ((id[0] as number) << 24) | ((id[1] as number) << 16) | ((id[2] as number) << 8) | (id[3] as number);
}
