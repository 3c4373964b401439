import { type CapabilityRecord, saysTheSame, timelinessOf } from "./capability-record.ts";
import type { Offer } from "./publisher.ts";

/** A record that a node has published, as it takes it along into another life. */
export interface KeptRecord {
  readonly bytes: Uint8Array;
  /** Nodes that held it when it was last stored, under the key that had the fewest. */
  readonly holders: number;
}

/**
 * Whether a record says what an offer says, at these addresses, and is in force: then it need not be stored because its node was started
 * again.
 */
export function saysAlready(record: CapabilityRecord, offer: Offer, addresses: readonly string[], wallClock: number): boolean {
  return timelinessOf(record, wallClock) === "current" && saysTheSame(record, { ...offer, addresses, withdrawn: false });
}
