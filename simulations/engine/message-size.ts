import type { OverlayRequest, OverlayResponse } from "../../dht/index.ts";
import type { Contact } from "../../routing/index.ts";

/**
 * Bytes that a message takes as a TLS record with a frame in it, without encoding it. Checked against the real codec by a test, to a few
 * bytes.
 */
export function messageBytes(message: OverlayRequest | OverlayResponse): number {
  return FRAME + bodyBytes(message);
}

/** TLS record header and tag (RFC 8446, section 5.2), and the length of the frame. */
const TLS_AND_LENGTH = 5 + 17 + 4;
/** The map, its five or so keys, a call id, nil and empty containers. */
const ENVELOPE = 52;
const FRAME = TLS_AND_LENGTH + ENVELOPE;
const ID = 34;

function bodyBytes(message: OverlayRequest | OverlayResponse): number {
  if ("contacts" in message) {
    const contacts = 12 + message.contacts.reduce((sum, contact) => sum + contactBytes(contact), 0);
    if (message.kind === "find_node") return contacts;
    return contacts + 24 + message.records.reduce((sum, record) => sum + record.length + 3, 0);
  }
  switch (message.kind) {
    case "ping":
      return 14;
    case "find_node":
      return 19 + ID;
    case "find_records":
      return 32 + ID;
    case "store":
      return "record" in message ? 15 + ID + message.record.length + 3 : 20;
  }
}

function contactBytes({ addresses }: Contact): number {
  return 2 + ID + addresses.reduce((sum, address) => sum + address.length + 2, 0);
}
