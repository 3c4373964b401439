import { encode } from "@msgpack/msgpack";
import type { FindRecordsResponse, OverlayRequest, OverlayResponse, Relayed, Where } from "../../dht/index.ts";
import type { Contact } from "../../routing/index.ts";
import { encodeWhere } from "../../src/where-wire.ts";

/**
 * Bytes that messages take as TLS records with a frame in each, without encoding them. A test checks them against the real codec, to a
 * few bytes.
 */

/** TLS record header and tag (RFC 8446, section 5.2), and the length of the frame. */
const TLS_AND_LENGTH = 5 + 17 + 4;
/** The map of a request with its keys, call id, deadline and empty arguments; that of a response. */
const REQUEST = TLS_AND_LENGTH + 59;
const RESPONSE = TLS_AND_LENGTH + 40;
const ID = 34;

export function requestBytes(request: OverlayRequest): number {
  switch (request.kind) {
    case "ping":
      return REQUEST + 14;
    case "find_node":
      return REQUEST + 19 + ID;
    case "find_records":
      return REQUEST + 29 + ID + whereBytes(request.where) + (request.relay ? 7 : 0);
    case "store":
      return REQUEST + 15 + ID + request.record.length + 3;
    case "watch":
      return REQUEST + 28 + ID + whereBytes(request.where);
    case "changed":
      return REQUEST + 17 + ID + request.record.length + 3;
    case "hint":
      return REQUEST + 14 + ID;
  }
}

export function responseBytes(response: OverlayResponse): number {
  switch (response.kind) {
    case "ping":
      return RESPONSE + 5;
    case "find_node":
      return RESPONSE + contactsBytes(response.contacts) + (response.busy ? 6 : 0);
    case "find_records":
      return RESPONSE + contactsBytes(response.contacts) + 24 + recordsBytes(response.records) + furtherBytes(response);
    case "store":
      return RESPONSE + 10 + response.outcome.length;
    case "watch":
      return RESPONSE + 24 + response.outcome.length;
    case "changed":
      return RESPONSE + 9;
    case "hint":
      return RESPONSE + 9;
  }
}

function recordsBytes(records: readonly Uint8Array[]): number {
  return records.reduce((sum, record) => sum + record.length + 3, 0);
}

function whereBytes(where: Where | undefined): number {
  return where === undefined ? 0 : 6 + encode(encodeWhere(where)).length;
}

function furtherBytes({ held, relayed }: FindRecordsResponse): number {
  return (held === undefined ? 0 : 6) + (relayed === undefined ? 0 : relayedBytes(relayed));
}

function relayedBytes({ from, records, contacts }: Relayed): number {
  return 21 + contactsBytes([from]) + contactsBytes(contacts) - 13 + recordsBytes(records);
}

function contactsBytes(contacts: readonly Contact[]): number {
  let bytes = 13;
  for (const { addresses } of contacts) {
    bytes += 2 + ID;
    for (const address of addresses) bytes += address.length + 1;
  }
  return bytes;
}
