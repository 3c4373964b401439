import { skipValue } from "./msgpack-scan.ts";

/** Fields of a message that are looked at. */
const MAX_FIELDS = 32;

/** What a message is about, though the rest of it is not understood. */
export interface Subject {
  readonly type: string;
  readonly id: string;
  /** It belongs to the stream that the caller sends. */
  readonly isInput: boolean;
}

/**
 * Looks for the type and the id in a message that could not be decoded, so that whoever waits for it can be told. Undefined where the
 * message is so broken that they cannot be found, or has none.
 */
export function peek(bytes: Uint8Array): Subject | undefined {
  try {
    return read(bytes);
  } catch {
    return undefined;
  }
}

function read(bytes: Uint8Array): Subject | undefined {
  const head = bytes[0] as number;
  const isLong = head === 0xde;
  if (!isLong && (head & 0xf0) !== 0x80) return undefined;
  const fields = isLong ? ((bytes[1] as number) << 8) | (bytes[2] as number) : head & 0x0f;
  let at = isLong ? 3 : 1;
  let type: string | undefined = "request";
  let id: string | undefined;
  let isInput = false;
  for (let field = 0; field < Math.min(fields, MAX_FIELDS); field++) {
    const key = textAt(bytes, at);
    at = skipValue(bytes, at);
    if (key === "type") type = textAt(bytes, at);
    else if (key === "id") id = textAt(bytes, at);
    else if (key === "input") isInput = bytes[at] === 0xc3;
    if (field < fields - 1) at = skipValue(bytes, at);
  }
  return type === undefined || id === undefined ? undefined : { type, id, isInput };
}

/** A text of up to 255 bytes at a place; undefined when there is something else. */
function textAt(bytes: Uint8Array, at: number): string | undefined {
  const head = bytes[at] as number;
  const [length, from] = head === 0xd9 ? [bytes[at + 1] as number, at + 2] : [head & 0x1f, at + 1];
  if (head !== 0xd9 && (head & 0xe0) !== 0xa0) return undefined;
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(from, from + length));
}
