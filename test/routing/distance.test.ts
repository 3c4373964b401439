import { describe, expect, test } from "vitest";
import { bitAt, commonPrefixLength, compareDistance, ID_BITS, idInBucket, type NodeId } from "../../routing/index.ts";
import { at, bigOf, contactOf, distanceOf, idNear, keysOf, sortedByDistance } from "../support/ids.ts";
import { Random } from "../support/random.ts";

/** Three ids that are often close together, so that comparisons are decided at every depth and not in the first byte alone. */
function triple(random: Random): [NodeId, NodeId, NodeId] {
  const target = random.bytes(32);
  const depth = random.int(ID_BITS);
  return [target, idNear(target, random, random.int(ID_BITS)), idNear(target, random, depth)];
}

function sharedBitsOneByOne(a: NodeId, b: NodeId): number {
  const [left, right] = [a, b].map((id) => bigOf(id).toString(2).padStart(ID_BITS, "0")) as [string, string];
  let shared = 0;
  while (shared < ID_BITS && left[shared] === right[shared]) shared += 1;
  return shared;
}

describe("comparing distances", () => {
  test("agrees with XOR of big integers", () => {
    const random = new Random(1);
    for (let world = 0; world < 3_000; world++) {
      const [target, a, b] = triple(random);
      const difference = distanceOf(target, a) - distanceOf(target, b);
      expect(Math.sign(compareDistance(target, a, b))).toBe(difference < 0n ? -1 : difference > 0n ? 1 : 0);
    }
  });

  test("gives the opposite sign when the two are swapped", () => {
    const random = new Random(2);
    for (let world = 0; world < 3_000; world++) {
      const [target, a, b] = triple(random);
      expect(Math.sign(compareDistance(target, a, b)) + Math.sign(compareDistance(target, b, a))).toBe(0);
    }
  });

  test("gives 0 for the same id and never for two that differ in one bit", () => {
    const random = new Random(3);
    for (let bit = 0; bit < ID_BITS; bit++) {
      const [target, a] = triple(random);
      expect(compareDistance(target, a, Uint8Array.from(a))).toBe(0);
      const b = Uint8Array.from(a);
      b[bit >> 3] = at([...b], bit >> 3) ^ (0x80 >> (bit & 7));
      expect(compareDistance(target, a, b)).not.toBe(0);
    }
  });

  test("puts whole lists in order when it is given to sort", () => {
    const random = new Random(4);
    for (let world = 0; world < 100; world++) {
      const target = random.bytes(32);
      const contacts = Array.from({ length: 100 }, () => contactOf(random.int(2) === 0 ? random.bytes(32) : idNear(target, random)));
      const sorted = [...contacts].sort((a, b) => compareDistance(target, a.id, b.id));
      expect(keysOf(sorted)).toEqual(keysOf(sortedByDistance(target, contacts)));
    }
  });
});

describe("the shared prefix of two ids", () => {
  test("is as long as counting bit by bit says", () => {
    const random = new Random(5);
    for (let world = 0; world < 2_000; world++) {
      const [a, b] = triple(random);
      expect(commonPrefixLength(a, b)).toBe(sharedBitsOneByOne(a, b));
      expect(commonPrefixLength(b, a)).toBe(commonPrefixLength(a, b));
    }
  });

  test("is all 256 bits for the same id", () => {
    const id = new Random(6).bytes(32);
    expect(commonPrefixLength(id, Uint8Array.from(id))).toBe(ID_BITS);
  });
});

test("A bit is counted from the most significant", () => {
  const random = new Random(7);
  for (let world = 0; world < 50; world++) {
    const id = random.bytes(32);
    const bits = Array.from({ length: ID_BITS }, (_, index) => bitAt(id, index)).join("");
    expect(bits).toBe(bigOf(id).toString(2).padStart(ID_BITS, "0"));
  }
});

describe("an id made for a bucket", () => {
  test("lands in exactly that bucket for every one of the 256 prefix lengths", () => {
    const random = new Random(8);
    for (let prefixLength = 0; prefixLength < ID_BITS; prefixLength++) {
      for (const noise of [random.bytes(32), random.bytes(32), new Uint8Array(32), new Uint8Array(32).fill(0xff)]) {
        const self = random.bytes(32);
        expect(commonPrefixLength(self, idInBucket(self, prefixLength, noise))).toBe(prefixLength);
      }
    }
  });

  test("takes every bit behind the first that differs from the random bytes", () => {
    const random = new Random(9);
    for (let prefixLength = 0; prefixLength < ID_BITS; prefixLength++) {
      const noise = random.bytes(32);
      const id = idInBucket(random.bytes(32), prefixLength, noise);
      const free = (1n << BigInt(ID_BITS - prefixLength - 1)) - 1n;
      expect(bigOf(id) & free).toBe(bigOf(noise) & free);
    }
  });

  test("leaves the own id and the random bytes as they were", () => {
    const random = new Random(10);
    const [self, noise] = [random.bytes(32), random.bytes(32)];
    const before = [Uint8Array.from(self), Uint8Array.from(noise)];
    idInBucket(self, 77, noise);
    expect([self, noise]).toEqual(before);
  });
});
