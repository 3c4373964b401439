import { decode, encode } from "@msgpack/msgpack";
import { sha256 } from "@noble/hashes/sha2.js";
import { MAX_ADDRESSES, messageOf, type NodeId, SynapseError, toHex } from "../routing/index.ts";
import { capabilityKey, isCapabilityName, levelsOf } from "./capability-key.ts";
import type { Signer, VerifySignature } from "./ports.ts";

/** An encoded record is no longer than this, signature included. */
export const MAX_RECORD_BYTES = 1024;
/** The longest a record may live, ms. */
export const MAX_LIFETIME_MS = 24 * 60 * 60 * 1000;
/** How far the clocks of two hosts may differ, ms. */
export const CLOCK_SKEW_MS = 10 * 60 * 1000;
const SIGNATURE_CONTEXT = new TextEncoder().encode("synapse capability record v1\0");
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const MAX_TEXT = 512;
const MAX_ATTRIBUTES = 32;
const BOUNDS_HINT = `shorten it: texts take at most ${MAX_TEXT} characters, attributes are at most ${MAX_ATTRIBUTES}`;
export const ATTRIBUTE_NAME = /^[a-z][a-z0-9_.-]{0,31}$/;

export type AttributeValue = string | number | boolean;

/** What a publisher says of itself: everything that it signs. */
export interface CapabilityClaim {
  readonly swarm: string;
  /** A capability name, such as `code-review/python`. */
  readonly capability: string;
  /** URIs at which the publisher takes calls; empty when it cannot be dialled. */
  readonly addresses: readonly string[];
  readonly name: string;
  readonly role: string;
  readonly description: string;
  /** The publisher's own version, of any form. */
  readonly version: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** Rises with every record this publisher makes for this capability. */
  readonly seq: number;
  /** Wall-clock ms. */
  readonly issued: number;
  /** Wall-clock ms; at most 24 h after `issued`. */
  readonly expires: number;
  /** True when the publisher no longer offers the capability. */
  readonly withdrawn: boolean;
}

/** A record whose form and signature have been checked. Its time has not: that depends on when it is used. */
export interface CapabilityRecord extends CapabilityClaim {
  readonly publicKey: Uint8Array;
  /** SHA-256 of the public key: the id of the node that published it. */
  readonly publisher: NodeId;
  /** The same in hex: what publishers are counted by. */
  readonly publisherKey: string;
  /** Publisher and capability: what a record is filed by, and in what order pages are. No publisher has two of the same capability. */
  readonly entry: string;
  /** The keys that it stands under as long as they are not split: one for each level of its name. */
  readonly keys: readonly NodeId[];
  /** The whole record as it travels. */
  readonly bytes: Uint8Array;
}

/** @throws SynapseError `bad_record` when the claim does not fit a record. */
export function signRecord(claim: CapabilityClaim, signer: Signer): CapabilityRecord {
  const fields = fieldsOf(claim, signer.publicKey);
  const fault = faultOf(fields);
  if (fault !== undefined) throw new SynapseError("bad_record", `cannot publish ${claim.capability}: ${fault}`, { hint: BOUNDS_HINT });
  const signature = signer.sign(signedBytes(fields));
  const bytes = canonical({ ...fields, signature });
  if (bytes.length > MAX_RECORD_BYTES) {
    throw new SynapseError(
      "bad_record",
      `the record of ${claim.capability} takes ${bytes.length} bytes, the limit is ${MAX_RECORD_BYTES}`,
      {
        hint: "shorten the description or the attributes; details belong in what the agent answers when asked",
      },
    );
  }
  return filed(claim, signer.publicKey, bytes);
}

/** Reads a record and checks its form and its signature. Gives the reason, as a text, when it is to be refused. */
export function readRecord(bytes: Uint8Array, verify: VerifySignature): CapabilityRecord | string {
  const fields = decodeFields(bytes);
  if (typeof fields === "string") return fields;
  const { signature, ...signed } = fields;
  const fault = faultOf(signed);
  if (fault !== undefined) return fault;
  if (!(signature instanceof Uint8Array) || signature.length !== SIGNATURE_BYTES) return `signature is not ${SIGNATURE_BYTES} bytes`;
  // One record has one encoding, so that two holders can compare bytes and nobody can vary what was signed.
  if (!sameBytes(canonical({ ...signed, signature }), bytes)) return "is not in canonical form";
  const record = signed as unknown as SignedFields;
  if (!verify(record.publicKey, signedBytes(signed), signature)) return "signature does not match its public key";
  const { v: _, publicKey, withdrawn = false, ...claim } = record;
  return filed({ ...claim, withdrawn }, publicKey, bytes);
}

/** Adds what stores and searches would otherwise work out again each time they meet it. */
export function filed(claim: CapabilityClaim, publicKey: Uint8Array, bytes: Uint8Array): CapabilityRecord {
  const publisher = sha256(publicKey);
  const publisherKey = toHex(publisher);
  const keys = levelsOf(claim.capability).map((level) => capabilityKey(claim.swarm, level));
  return { ...claim, publicKey, publisher, publisherKey, entry: [publisherKey, claim.capability].join(" "), keys, bytes };
}

/** The fields of an encoded record, unchecked, or what keeps them from being read. */
function decodeFields(bytes: Uint8Array): Record<string, unknown> | string {
  if (bytes.length > MAX_RECORD_BYTES) return `takes ${bytes.length} bytes, the limit is ${MAX_RECORD_BYTES}`;
  try {
    const fields = decode(bytes, { maxStrLength: MAX_RECORD_BYTES, maxArrayLength: MAX_ADDRESSES, maxMapLength: MAX_ATTRIBUTES });
    return isPlainMap(fields) ? fields : "is not a map";
  } catch (error) {
    return `is not MsgPack: ${messageOf(error)}`;
  }
}

/** What a record says, whenever it was signed. */
export type Said = Omit<CapabilityClaim, "swarm" | "seq" | "issued" | "expires">;

/** Whether two records of an agent make the same offer: one may have been signed anew, or is yet to be. */
export function saysTheSame(a: Said, b: Said): boolean {
  return offerIn(a) === offerIn(b);
}

function offerIn({ capability, addresses, name, role, description, version, attributes, withdrawn }: Said): string {
  return JSON.stringify([capability, addresses, name, role, description, version, Object.entries(attributes).sort(), withdrawn]);
}

/** Whether a record is in force at a moment of this host's clock, give or take what clocks may differ. */
export function timelinessOf(record: CapabilityClaim, wallClock: number): "current" | "expired" | "early" {
  if (wallClock >= record.expires) return "expired";
  return record.issued > wallClock + CLOCK_SKEW_MS ? "early" : "current";
}

interface SignedFields extends Omit<CapabilityClaim, "withdrawn"> {
  readonly v: 1;
  readonly publicKey: Uint8Array;
  readonly withdrawn?: true;
}

function fieldsOf(claim: CapabilityClaim, publicKey: Uint8Array): Record<string, unknown> {
  const { swarm, capability, addresses, name, role, description, version, attributes, seq, issued, expires } = claim;
  const fields: SignedFields = {
    v: 1,
    swarm,
    capability,
    publicKey,
    addresses,
    name,
    role,
    description,
    version,
    attributes,
    seq,
    issued,
    expires,
  };
  return claim.withdrawn ? { ...fields, withdrawn: true } : { ...fields };
}

/** Keys sorted by their bytes, shortest encodings. All keys are ASCII, where the order of bytes is that of characters. */
function canonical(fields: Record<string, unknown>): Uint8Array {
  return encode(fields, { sortKeys: true });
}

function signedBytes(fields: Record<string, unknown>): Uint8Array {
  const body = canonical(fields);
  const message = new Uint8Array(SIGNATURE_CONTEXT.length + body.length);
  message.set(SIGNATURE_CONTEXT);
  message.set(body, SIGNATURE_CONTEXT.length);
  return message;
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === "string" && value.length <= MAX_TEXT;
const isCount: Check = (value) => typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

/** Every field a record has, and what it must be. No other field is let through. */
const CHECKS: Readonly<Record<string, Check>> = {
  v: (value) => value === 1,
  swarm: isText,
  capability: (value) => typeof value === "string" && isCapabilityName(value),
  publicKey: (value) => value instanceof Uint8Array && value.length === KEY_BYTES,
  addresses: (value) => Array.isArray(value) && value.length <= MAX_ADDRESSES && value.every(isText),
  name: isText,
  role: isText,
  description: isText,
  version: isText,
  attributes: isAttributes,
  seq: isCount,
  issued: isCount,
  expires: isCount,
};

/** What is wrong with the signed fields of a record, or undefined. */
function faultOf(fields: Record<string, unknown>): string | undefined {
  for (const [field, check] of Object.entries(CHECKS)) {
    if (!check(fields[field])) return `field ${field} is missing or malformed`;
  }
  for (const field of Object.keys(fields)) {
    if (field === "withdrawn" ? fields[field] !== true : !Object.hasOwn(CHECKS, field))
      return `field ${field.slice(0, 40)} is not part of a record`;
  }
  const lifetime = (fields["expires"] as number) - (fields["issued"] as number);
  if (lifetime <= 0 || lifetime > MAX_LIFETIME_MS) return "must expire after it was issued, and within 24 hours";
  return undefined;
}

function isAttributes(value: unknown): boolean {
  if (!isPlainMap(value)) return false;
  const entries = Object.entries(value);
  return entries.length <= MAX_ATTRIBUTES && entries.every(([name, item]) => ATTRIBUTE_NAME.test(name) && isAttributeValue(item));
}

function isAttributeValue(value: unknown): boolean {
  return isText(value) || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));
}

function isPlainMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
