import { Decoder, Encoder, ExtData } from "@msgpack/msgpack";
import { messageOf, SynapseError } from "../errors.ts";
import { DEFAULT_LIMITS, type Limits } from "../limits.ts";
import { scanMsgpack } from "./msgpack-scan.ts";

/** A MsgPack value of a type that only those who use it know: `new ExtData(42, bytes)`. It arrives, and goes on, as it was sent. */
export { ExtData };

/** Turns messages into bytes and back. Both sides of a link must use the same. */
export interface RPCSerializer {
  /** @throws SynapseError `bad_request` for values that it cannot carry. */
  encode(message: unknown): Uint8Array;
  /** The same into a buffer that is used again: the bytes are good until the next call. Where it is missing, {@link encode} serves. */
  encodeShared?(message: unknown): Uint8Array;
  /** Puts items of a stream that were encoded one by one into one message. Where it is missing, each travels by itself. */
  readonly items?: ItemsEncoder;
  /**
   * @param meter told how much there was; a serializer that does not tell is taken to have decoded as many values as there are bytes / 8.
   * @throws SynapseError `bad_request` for bytes that are no message. Never trusts them.
   */
  decode(bytes: Uint8Array, meter?: DecodeMeter): unknown;
}

/** How much a message held. */
export interface DecodeMeter {
  /** Values of all kinds, keys of maps included. */
  values: number;
}

export interface ItemsEncoder {
  /** One item: the bytes are good until the next call of any method here. @throws SynapseError `bad_request`. */
  encode(value: unknown): Uint8Array;
  /** A message of these fields and `values`, the list of the items whose bytes follow one another in `encoded`. */
  join(fields: Readonly<Record<string, unknown>>, encoded: Uint8Array, count: number): Uint8Array;
}

/** Beyond these a number is no longer exact: such integers travel, and arrive, as bigint. */
const MAX_UINT32 = 0xffff_ffff;
const MIN_INT32 = -0x8000_0000;

/**
 * The default: MsgPack, with integers of −2⁶³ … 2⁶⁴−1 exact both ways. A `bigint` comes back as a number where a number can hold it.
 * Dates travel as MsgPack timestamps, `undefined` as nil, typed arrays of bytes as bin.
 */
export class MessagePackRPCSerializer implements RPCSerializer {
  private readonly limits: Pick<Limits, "maxDepth" | "maxValues">;
  private readonly encoder: Encoder;
  private readonly bigEncoder: Encoder;
  private readonly decoder = new Decoder();
  private readonly bigDecoder = new Decoder({ useBigInt64: true });

  /** Bounds of what it reads; see {@link Limits}. */
  constructor(options: Partial<Pick<Limits, "maxDepth" | "maxValues">> = {}) {
    const { maxDepth = DEFAULT_LIMITS.maxDepth, maxValues = DEFAULT_LIMITS.maxValues } = options;
    this.limits = { maxDepth, maxValues };
    this.encoder = new Encoder({ maxDepth: maxDepth + 1, ignoreUndefined: true });
    this.bigEncoder = new Encoder({ maxDepth: maxDepth + 1, ignoreUndefined: true, useBigInt64: true });
  }

  readonly items: ItemsEncoder = {
    encode: (value) => this.encodeWithin(value, this.limits.maxDepth - 2), // a map and a list will be around it
    join: (fields, encoded, count) => withValues(this.encodeShared(fields), encoded, count),
  };

  encode(message: unknown): Uint8Array {
    return this.encodeShared(message).slice();
  }

  encodeShared(message: unknown): Uint8Array {
    return this.encodeWithin(message, this.limits.maxDepth);
  }

  private encodeWithin(message: unknown, depth: number): Uint8Array {
    try {
      // The fast encoder knows no bigint; the other writes large integers as floats unless they are bigints.
      if (hasBigInt(message, depth)) return this.bigEncoder.encodeSharedRef(withBigIntegers(message));
      return this.encoder.encodeSharedRef(message);
    } catch (error) {
      throw new SynapseError("bad_request", `cannot be sent: ${messageOf(error)}`, {
        hint: "send text, numbers, booleans, null, bytes, dates, and arrays and plain objects of these",
        cause: error,
      });
    }
  }

  decode(bytes: Uint8Array, meter?: DecodeMeter): unknown {
    const { hasInt64, hasBytes, values } = scanMsgpack(bytes, this.limits);
    if (meter !== undefined) meter.values = values;
    // Bytes in a message are views of it: a few of them must not hold on to all that came with it from a socket. And sockets give Buffers,
    // whose views are Buffers: they are to be plain, wherever they come from.
    const isSmallPart = 2 * bytes.length < bytes.buffer.byteLength;
    const plain = hasBytes && isSmallPart ? Uint8Array.from(bytes) : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    try {
      if (!hasInt64) return this.decoder.decode(plain);
      return withNumbers(this.bigDecoder.decode(plain));
    } catch (error) {
      throw new SynapseError("bad_request", `Unpack failed: ${messageOf(error)}`, { cause: error });
    }
  }
}

/** `values` as a key, and the head of a list whose length takes 2 bytes. */
const VALUES = Uint8Array.from([0xa6, ...new TextEncoder().encode("values"), 0xdc, 0, 0]);

/** An encoded map of up to 14 fields with `values` added, a list of what was encoded before. */
function withValues(map: Uint8Array, encoded: Uint8Array, count: number): Uint8Array {
  const bytes = new Uint8Array(map.length + VALUES.length + encoded.length);
  bytes.set(map);
  bytes[0] = (map[0] as number) + 1; // a fixmap: its head holds the number of its fields
  bytes.set(VALUES, map.length);
  bytes[map.length + VALUES.length - 2] = count >>> 8;
  bytes[map.length + VALUES.length - 1] = count;
  bytes.set(encoded, map.length + VALUES.length);
  return bytes;
}

/**
 * Whether there is a bigint in what is to be sent.
 * @throws Error for what MsgPack would make something else of without a word: an empty map of a Map, 1970 of a date that is none.
 */
function hasBigInt(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case "bigint":
      if (value < -(2n ** 63n) || value >= 2n ** 64n) throw new Error(`integer ${value} is outside −2⁶³ … 2⁶⁴−1`);
      return true;
    case "string":
      if (!value.isWellFormed()) throw new Error("text with half of a character (a lone surrogate)");
      return false;
    case "object":
      return value !== null && !ArrayBuffer.isView(value) && hasBigIntInside(value, depth);
    case "function":
    case "symbol":
      throw new Error(`a value of type ${typeName(value)}`);
    default:
      return false;
  }
}

function hasBigIntInside(value: object, depth: number): boolean {
  // Said here, since a value that contains itself twice has 2^depth paths to walk.
  if (depth <= 0) throw new Error("nested too deep, or contains itself");
  let found = false;
  if (Array.isArray(value)) {
    for (const item of value) found = hasBigInt(item, depth - 1) || found;
    return found;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null && isWhole(value)) return false;
  for (const key in value) {
    if (key === "__proto__") throw new Error('a field named "__proto__"');
    hasBigInt(key, depth);
    found = hasBigInt((value as Record<string, unknown>)[key], depth - 1) || found;
  }
  return found;
}

/**
 * Whether an object is one value rather than a map of its fields, as the instances of most classes are.
 * @throws Error when it is neither.
 */
function isWhole(value: object): boolean {
  if (value instanceof Date && Number.isNaN(value.getTime())) throw new Error("a date that is none (Invalid Date)");
  if (value instanceof Date || value instanceof ExtData) return true;
  const name = typeName(value);
  if (name !== "Object") throw new Error(`a value of type ${name}`); // Map, Set, Promise, Error: what they hold is not in their fields
  return false;
}

function typeName(value: unknown): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}

/** A copy in which every integer beyond 32 bits is a bigint, which the big encoder writes as one. */
function withBigIntegers(value: unknown): unknown {
  if (typeof value === "number") {
    const isLarge = Number.isSafeInteger(value) && (value > MAX_UINT32 || value < MIN_INT32);
    return isLarge ? BigInt(value) : value;
  }
  return mapValues(value, withBigIntegers);
}

/** The decoded value with every bigint that a number can hold exactly made one. */
function withNumbers(value: unknown): unknown {
  if (typeof value === "bigint") {
    const isExact = value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
    return isExact ? Number(value) : value;
  }
  return mapValues(value, withNumbers);
}

function mapValues(value: unknown, change: (item: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map(change);
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
  if (value instanceof Date || value instanceof ExtData) return value; // one value each: as maps they would lose what they are
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, change(item)]));
}
