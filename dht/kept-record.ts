import { type CapabilityRecord, timelinessOf } from "./capability-record.ts";
import type { Offer } from "./publisher.ts";

/** A record that a node has published, as it takes it along into another life. */
export interface KeptRecord {
  readonly bytes: Uint8Array;
  /** Nodes that held it when it was last stored, under the key that had the fewest. */
  readonly holders: number;
}

/** Whether a record says what an offer says, at these addresses, and is in force: then it need not be stored because its node was started again. */
export function saysAlready(record: CapabilityRecord, offer: Offer, addresses: readonly string[], wallClock: number): boolean {
  if (record.withdrawn || timelinessOf(record, wallClock) !== "current") return false;
  const { capability, name, role, description, version, attributes } = offer;
  const said = { capability, name, role, description, version };
  const isSame = Object.entries(said).every(([field, value]) => record[field as keyof typeof said] === value);
  return isSame && sameEntries(record.attributes, attributes) && sameList(record.addresses, addresses);
}

function sameEntries(these: Offer["attributes"], those: Offer["attributes"]): boolean {
  const names = Object.keys(these);
  return names.length === Object.keys(those).length && names.every((name) => these[name] === those[name]);
}

function sameList(these: readonly string[], those: readonly string[]): boolean {
  return these.length === those.length && these.every((address, place) => address === those[place]);
}
