import { decode, encode } from "@msgpack/msgpack";
import type { CapabilityRecord } from "../../dht/index.ts";
import { publisherOf, recordOf } from "./records.ts";

/** The fields of a record by their names on the wire. */
export type WireFields = Readonly<Record<string, unknown>>;

export function wireFieldsOf({ bytes }: CapabilityRecord): WireFields {
  return decode(bytes) as WireFields;
}

/**
 * A record as somebody might sign it who keeps none of the rules: the usual fields with some changed, or left out where `undefined`,
 * and a signature that is right.
 */
export function forge(fields: WireFields, { context = "synapse capability record v1\0", publisher = 1 } = {}): Uint8Array {
  const { signature: _, ...usual } = wireFieldsOf(recordOf({}, publisher));
  const kept = Object.fromEntries(Object.entries({ ...usual, ...fields }).filter(([, value]) => value !== undefined));
  const message = Buffer.concat([Buffer.from(context), encode(kept, { sortKeys: true })]);
  const signature = publisherOf(publisher).sign(Uint8Array.from(message));
  return encode({ ...kept, signature }, { sortKeys: true });
}
