import { toHex } from "../../routing/index.ts";
import type { CapabilityRecord } from "../capability-record.ts";
import { type Comparison, holdsOf } from "./comparison.ts";

/** Comparisons in all alternatives of one filter together. */
export const MAX_WHERE_COMPARISONS = 64;
/** Publishers that one filter names. */
export const MAX_WHERE_PUBLISHERS = 64;
/** Bytes of their ids that are sent: what passes by chance is sorted out by whoever asked. */
export const PUBLISHER_BYTES = 8;

/**
 * What a holder is to give of a key. It saves bytes and nothing else: whoever asks checks each record again, so that it may be passed over
 * by holders that do not know it. Withdrawals always pass the comparisons: they must win over what they withdraw.
 */
export interface Where {
  /** Alternatives, of which one must hold whole. None: any record will do. */
  readonly any: readonly (readonly Comparison[])[];
  /** The first {@link PUBLISHER_BYTES} of the ids of publishers, in hex. None: anybody's. */
  readonly publishers: readonly string[];
}

export function admits(where: Where, record: CapabilityRecord): boolean {
  return sieveOf(where)(record);
}

/** The same for many records. */
export function sieveOf({ any, publishers }: Where): (record: CapabilityRecord) => boolean {
  const named = new Set(publishers);
  return (record) => {
    if (named.size > 0 && !named.has(record.publisherKey.slice(0, 2 * PUBLISHER_BYTES))) return false;
    if (record.withdrawn || any.length === 0) return true;
    return any.some((comparisons) => comparisons.every((comparison) => holdsOf(record, comparison)));
  };
}

/** A filter that lets through what certain publishers have, whatever it says. */
export function ofPublishers(ids: Iterable<Uint8Array>): Where {
  return { any: [], publishers: [...ids].map((id) => toHex(id.subarray(0, PUBLISHER_BYTES))) };
}

/** As many ids together as one filter may name. */
export function chunksOfPublishers(ids: readonly Uint8Array[]): Uint8Array[][] {
  const count = Math.ceil(ids.length / MAX_WHERE_PUBLISHERS);
  return Array.from({ length: count }, (_, n) => ids.slice(n * MAX_WHERE_PUBLISHERS, (n + 1) * MAX_WHERE_PUBLISHERS));
}
