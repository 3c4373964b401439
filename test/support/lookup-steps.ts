import { Lookup, type LookupOptions } from "../../dht/index.ts";
import type { Contact } from "../../routing/index.ts";
import { contactOf, keysOf } from "./ids.ts";

export const TARGET = new Uint8Array(32);
export const SELF = new Uint8Array(32).fill(0xff);

/** The contact at a distance from the target: the target is 0, so a contact's first bytes are its distance. */
export function peer(distance: number): Contact {
  const id = new Uint8Array(32);
  new DataView(id.buffer).setUint16(0, distance);
  return contactOf(id);
}

export function lookupOf(distances: readonly number[], options: Partial<LookupOptions> = {}): Lookup {
  return new Lookup({ target: TARGET, self: SELF, seeds: distances.map(peer), ...options });
}

/** Asks everybody that may be asked now. */
export function drain(lookup: Lookup): string[] {
  const asked: Contact[] = [];
  for (let contact = lookup.next(); contact !== undefined; contact = lookup.next()) asked.push(contact);
  return keysOf(asked);
}

export function keys(...distances: number[]): string[] {
  return keysOf(distances.map(peer));
}
