import { SynapseError } from "./error.ts";

/** Bytes in an id. An id is the SHA-256 of a node's public key, or of a capability's name. */
export const ID_BYTES = 32;
/** Bits in an id: also the number of k-buckets a table can have. */
export const ID_BITS = ID_BYTES * 8;
/** Hex characters in the short form shown to people: enough to tell nodes apart on a screen. */
const SHORT_CHARS = 8;

/** A point of the 256-bit id space: 32 bytes, big-endian, never changed after it was made. */
export type NodeId = Uint8Array;

/** Codes of the two characters of each byte, one after the other. */
const HEX_CODES = Uint8Array.from({ length: 512 }, (_, i) => (((i >> 1) >> (i & 1 ? 0 : 4)) & 15).toString(16).charCodeAt(0));

export function isNodeId(value: unknown): value is NodeId {
  return value instanceof Uint8Array && value.length === ID_BYTES;
}

/** 64 lower-case hex characters. Also the key under which an id stands in a `Map`. */
export function toHex(id: NodeId): string {
  // In one piece: a text that was added up stays a tree of its parts, of which a node would keep thousands.
  const codes: number[] = []; // two for each byte
  for (let i = 0; i < id.length; i++) {
    const byte = id[i] as number;
    codes.push(HEX_CODES[byte * 2] as number, HEX_CODES[byte * 2 + 1] as number);
  }
  return String.fromCharCode(...codes);
}

/** @throws SynapseError `bad_id` when the text is not 64 hex characters. */
export function nodeIdFromHex(text: string): NodeId {
  if (!/^[0-9a-fA-F]{64}$/.test(text)) {
    throw new SynapseError("bad_id", `not a node id: ${JSON.stringify(text.slice(0, 80))}`, {
      hint: `an id is ${ID_BYTES * 2} hexadecimal characters`,
    });
  }
  const id = new Uint8Array(ID_BYTES);
  for (let i = 0; i < ID_BYTES; i++) id[i] = Number.parseInt(text.slice(i * 2, i * 2 + 2), 16);
  return id;
}

/** The first 8 hex characters, for people. Never an identity: two ids may share it. */
export function shortId(id: NodeId): string {
  return toHex(id).slice(0, SHORT_CHARS);
}

export function sameId(a: NodeId, b: NodeId): boolean {
  for (let i = 0; i < ID_BYTES; i++) if (a[i] !== b[i]) return false;
  return true;
}
