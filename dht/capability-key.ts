import { sha256 } from "@noble/hashes/sha2.js";
import { LRUCache } from "lru-cache";
import { bitAt, type NodeId, SynapseError } from "../routing/index.ts";

/** Separates these hashes from every other use of SHA-256 in the protocol. */
const KEY_CONTEXT = "synapse capability key v1\0";
const LEVEL = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const MAX_NAME_BYTES = 64;
/** Levels of a name: each is a key of its own under which the record is published. */
export const MAX_LEVELS = 4;
/** Bits a split key may go down: 2^8 children, each with its own k holders. */
export const MAX_SPLIT = 8;

/** Keys remembered, by what they are hashed from: a holder meets the same few at every republish. The one used longest ago goes first. */
const MAX_REMEMBERED = 4_096;

const encoder = new TextEncoder();
const remembered = new LRUCache<string, NodeId>({ max: MAX_REMEMBERED });

/** Whether a text is a capability name: lower-case words joined by `-`, levels joined by `/`. */
export function isCapabilityName(name: string): boolean {
  if (name.length > MAX_NAME_BYTES) return false; // ASCII alone can match below, so characters are bytes
  const levels = name.split("/");
  return levels.length <= MAX_LEVELS && levels.every((level) => LEVEL.test(level));
}

/** @throws SynapseError `bad_capability` with the spelling that would do. */
export function assertCapabilityName(name: string): void {
  if (isCapabilityName(name)) return;
  const better = suggestName(name);
  const rule = `lower-case words joined by "-", at most ${MAX_LEVELS} levels joined by "/", at most ${MAX_NAME_BYTES} bytes`;
  throw new SynapseError("bad_capability", `not a capability name: ${JSON.stringify(name.slice(0, 100))}`, {
    hint: better === undefined ? `a name is ${rule}, such as code-review/python` : `write it ${JSON.stringify(better)} (${rule})`,
  });
}

function suggestName(name: string): string | undefined {
  const levels = name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "") // ü has become u and two dots
    .toLowerCase()
    .split("/")
    .map((level) => level.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, ""))
    .filter((level) => level !== "");
  const suggestion = levels.join("/");
  return isCapabilityName(suggestion) ? suggestion : undefined;
}

/** `code-review/python` → `["code-review", "code-review/python"]`: the names whose searches must find it, widest first. */
export function levelsOf(name: string): string[] {
  const parts = name.split("/");
  return parts.map((_, i) => parts.slice(0, i + 1).join("/"));
}

/**
 * The point of the id space where records of a capability are kept. Once that key is split, `splitBits` (a text of 0s and 1s, the
 * first bits of the publisher's id) leads to one of its children.
 */
export function capabilityKey(swarm: string, name: string, splitBits = ""): NodeId {
  const suffix = splitBits === "" ? "" : `\0${splitBits}`;
  const text = `${KEY_CONTEXT}${swarm}\0${name}${suffix}`;
  let key = remembered.get(text);
  if (key === undefined) {
    key = sha256(encoder.encode(text));
    remembered.set(text, key);
  }
  return key;
}

/** The first `depth` bits of an id, as text. */
export function splitBitsOf(id: NodeId, depth: number): string {
  let bits = "";
  for (let i = 0; i < depth; i++) bits += bitAt(id, i);
  return bits;
}
