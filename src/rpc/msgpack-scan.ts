import { isUtf8 } from "node:buffer";
import { SynapseError } from "../errors.ts";
import { OverLimit } from "../limit-counts.ts";
import { DEFAULT_LIMITS, type Limits } from "../limits.ts";

type ScanLimits = Pick<Limits, "maxDepth" | "maxValues">;

/** Text up to this many bytes is looked through here; for longer text the platform is quicker. */
const SHORT_TEXT = 48;

export interface ScanResult {
  /** Whether a 64-bit integer occurs: only then is the slower decoder needed that keeps all its digits. */
  readonly hasInt64: boolean;
  /** Whether bytes or extensions occur: what is decoded then holds on to the memory it came in. */
  readonly hasBytes: boolean;
  /** How many values there are, keys of maps included. */
  readonly values: number;
}

/** One value as MsgPack lays it out: bytes of its head and body, and how many values follow inside it. */
interface Shape {
  bytes: number;
  children: number;
  isContainer: boolean;
}

/**
 * Walks over encoded MsgPack without decoding it, so that a decoder is only ever given bytes that cannot make it allocate more than they
 * are worth: a header of five bytes may announce four billion elements, and a decoder that believes it is lost.
 *
 * @throws SynapseError `bad_request` for what is truncated, followed by other bytes, nested too deep, not MsgPack, or has text that is not
 * UTF-8.
 */
export function scanMsgpack(bytes: Uint8Array, { maxDepth, maxValues }: ScanLimits = DEFAULT_LIMITS): ScanResult {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const shape: Shape = { bytes: 0, children: 0, isContainer: false };
  const open: number[] = []; // values still to come at each level; at most maxDepth
  let position = 0;
  let remaining = 1;
  let hasInt64 = false;
  let hasBytes = false;
  let values = 1;
  while (remaining > 0) {
    if (position >= bytes.length) throw malformed("incomplete input");
    const type = bytes[position] as number;
    if (type === 0xcf || type === 0xd3) hasInt64 = true;
    else if (type >= 0xc4 && type <= 0xc9) hasBytes = true;
    measure(view, position, type, shape);
    position += shape.bytes;
    // Every value takes a byte at least: what announces more values than there are bytes left is a lie.
    if (position > bytes.length || shape.children > bytes.length - position) throw malformed("incomplete input");
    const textBytes = textLength(type, shape.bytes);
    if (textBytes > 0 && !isText(bytes, position - textBytes, position)) throw malformed("text that is not UTF-8");
    remaining -= 1;
    if (shape.isContainer) {
      if (open.length >= maxDepth) throw new OverLimit("maxDepth", "bad_request", `Unpack failed: nested deeper than ${maxDepth} levels`);
      values += shape.children;
      if (values > maxValues)
        throw new OverLimit("maxValues", "bad_request", `Unpack failed: more than ${maxValues} values in one message`);
      open.push(remaining);
      remaining = shape.children;
    }
    while (remaining === 0 && open.length > 0) remaining = open.pop() as number;
  }
  if (position !== bytes.length) throw malformed("unexpected bytes after the message");
  return { hasInt64, hasBytes, values };
}

/** Where the value that begins at a place ends, whatever is inside it. @throws SynapseError `bad_request` when it is cut off. */
export function skipValue(bytes: Uint8Array, at: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const shape: Shape = { bytes: 0, children: 0, isContainer: false };
  let position = at;
  let remaining = 1;
  while (remaining > 0) {
    if (position >= bytes.length) throw malformed("incomplete input");
    measure(view, position, bytes[position] as number, shape);
    position += shape.bytes;
    remaining += shape.children - 1;
  }
  return position;
}

/** How many of a value's bytes are text. */
function textLength(type: number, bytes: number): number {
  if (type >= 0xa0 && type <= 0xbf) return bytes - 1;
  if (type < 0xd9 || type > 0xdb) return 0;
  return bytes - 1 - (1 << (type - 0xd9)); // a length of 1, 2 or 4 bytes
}

/** The decoder would make other characters of what is no UTF-8, and the same text of different bytes. Most text is short, and ASCII. */
function isText(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from > SHORT_TEXT) return isUtf8(bytes.subarray(from, to));
  for (let at = from; at < to; at++) if ((bytes[at] as number) >= 0x80) return isUtf8(bytes.subarray(at, to));
  return true;
}

/** Bytes of the values whose size follows from their type alone, from 0xc0 to 0xdf; 0 for those that carry a length. */
const FIXED = [
  1,
  0,
  1,
  1,
  0,
  0,
  0,
  0,
  0,
  0,
  5,
  9,
  2,
  3,
  5,
  9, // c0 nil, c2/c3 bool, ca/cb float, cc-cf uint
  2,
  3,
  5,
  9,
  3,
  4,
  6,
  10,
  18,
  0,
  0,
  0,
  0,
  0,
  0,
  0, // d0-d3 int, d4-d8 fixext
];

function measure(view: DataView, at: number, type: number, into: Shape): void {
  into.children = 0;
  into.isContainer = false;
  if (type <= 0x7f || type >= 0xe0)
    into.bytes = 1; // small integers
  else if (type <= 0x8f) container(into, 1, (type & 0x0f) * 2);
  else if (type <= 0x9f) container(into, 1, type & 0x0f);
  else if (type <= 0xbf)
    into.bytes = 1 + (type & 0x1f); // short text
  else {
    const fixed = FIXED[type - 0xc0] as number;
    if (fixed > 0) into.bytes = fixed;
    else measureSized(view, at, type, into);
  }
}

function measureSized(view: DataView, at: number, type: number, into: Shape): void {
  switch (type) {
    case 0xc4: // bin 8
    case 0xd9: // str 8
      into.bytes = 2 + lengthAt(view, at, 1);
      return;
    case 0xc5:
    case 0xda:
      into.bytes = 3 + lengthAt(view, at, 2);
      return;
    case 0xc6:
    case 0xdb:
      into.bytes = 5 + lengthAt(view, at, 4);
      return;
    case 0xc7: // ext 8: length, then type
      into.bytes = 3 + lengthAt(view, at, 1);
      return;
    case 0xc8:
      into.bytes = 4 + lengthAt(view, at, 2);
      return;
    case 0xc9:
      into.bytes = 6 + lengthAt(view, at, 4);
      return;
    case 0xdc: // array 16
      container(into, 3, lengthAt(view, at, 2));
      return;
    case 0xdd:
      container(into, 5, lengthAt(view, at, 4));
      return;
    case 0xde: // map 16
      container(into, 3, lengthAt(view, at, 2) * 2);
      return;
    case 0xdf:
      container(into, 5, lengthAt(view, at, 4) * 2);
      return;
    default:
      throw malformed(`0x${type.toString(16)} is not a MsgPack type`);
  }
}

function container(into: Shape, bytes: number, children: number): void {
  into.bytes = bytes;
  into.children = children;
  into.isContainer = true;
}

function lengthAt(view: DataView, at: number, size: 1 | 2 | 4): number {
  if (at + 1 + size > view.byteLength) throw malformed("incomplete input");
  if (size === 1) return view.getUint8(at + 1);
  return size === 2 ? view.getUint16(at + 1) : view.getUint32(at + 1);
}

function malformed(what: string): SynapseError {
  return new SynapseError("bad_request", `Unpack failed: ${what}`);
}
