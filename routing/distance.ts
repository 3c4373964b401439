import { ID_BITS, ID_BYTES, type NodeId } from "./node-id.ts";

/**
 * Which of `a` and `b` is nearer to `target` by XOR distance (Maymounkov & Mazières 2002, section 2.1).
 * Negative when `a` is, positive when `b` is, 0 only when they are the same id. Allocates nothing.
 */
export function compareDistance(target: NodeId, a: NodeId, b: NodeId): number {
  for (let i = 0; i < ID_BYTES; i++) {
    if (a[i] !== b[i]) {
      const t = target[i] as number;
      return (t ^ (a[i] as number)) - (t ^ (b[i] as number));
    }
  }
  return 0;
}

/** How many leading bits two ids share: 0 … 256. The more, the nearer. */
export function commonPrefixLength(a: NodeId, b: NodeId): number {
  for (let i = 0; i < ID_BYTES; i++) {
    const difference = (a[i] as number) ^ (b[i] as number);
    if (difference !== 0) return i * 8 + Math.clz32(difference) - 24;
  }
  return ID_BITS;
}

/** The bit of an id at `index`, counted from the most significant: 0 or 1. */
export function bitAt(id: NodeId, index: number): 0 | 1 {
  return (((id[index >> 3] as number) >> (7 - (index & 7))) & 1) as 0 | 1;
}

/**
 * An id that shares exactly `prefixLength` leading bits with `self`: a target for refreshing that bucket.
 * The bits after the first that differs come from `random` (32 bytes), which is left as it was.
 */
export function idInBucket(self: NodeId, prefixLength: number, random: Uint8Array): NodeId {
  const id = Uint8Array.from(random.subarray(0, ID_BYTES));
  const byte = prefixLength >> 3;
  const bit = prefixLength & 7;
  id.set(self.subarray(0, byte));
  const kept = (0xff00 >> bit) & 0xff; // the bits of this byte that still belong to the shared prefix
  const flipped = 0x80 >> bit;
  const free = flipped - 1;
  const own = self[byte] as number;
  id[byte] = (own & kept) | (~own & flipped) | ((id[byte] as number) & free);
  return id;
}

/** The XOR distance between two ids as a part of the id space, 0 … 1, to 48 bits: among random ids it says how many are nearer. */
export function partBetween(a: NodeId, b: NodeId): number {
  let part = 0;
  for (let i = 5; i >= 0; i--) part = (part + ((a[i] as number) ^ (b[i] as number))) / 256;
  return part;
}
