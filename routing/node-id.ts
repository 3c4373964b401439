import { SynapseError } from "./error.ts";

/** Bytes in an id. An id is the SHA-256 of a node's public key, or of a capability's name. */
export const ID_BYTES = 32;
/** Bits in an id: also the number of k-buckets a table can have. */
export const ID_BITS = ID_BYTES * 8;
/** Hex characters in the short form shown to people: enough to tell nodes apart on a screen. */
const SHORT_CHARS = 8;

/** A point of the 256-bit id space: 32 bytes, big-endian, never changed after it was made. */
export type NodeId = Uint8Array;

const HEX_OF_BYTE = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function isNodeId(value: unknown): value is NodeId {
  return value instanceof Uint8Array && value.length === ID_BYTES;
}

/** 64 lower-case hex characters. Also the key under which an id stands in a `Map`. */
export function toHex(id: NodeId): string {
  let text = "";
  for (let i = 0; i < id.length; i++) text += HEX_OF_BYTE[id[i] as number];
  return text;
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
