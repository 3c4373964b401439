import { describe, expect, test } from "vitest";
import { type Contact, commonPrefixLength, ID_BITS, K, type NodeId, RoutingTable } from "../../routing/index.ts";
import { at, contactOf, idNear, keysOf, sortedByDistance } from "../support/ids.ts";
import { Random } from "../support/random.ts";

const TABLES = 2_500;

interface World {
  readonly table: RoutingTable;
  readonly target: NodeId;
  /** Those that missed a request and still hold a seat. */
  readonly unhealthy: Set<string>;
}

/** Where a target can lie: anywhere, close to the table's owner, on the owner itself, or on somebody it knows. */
function targetFor(self: NodeId, random: Random): NodeId {
  const choice = random.int(8);
  if (choice < 3) return random.bytes(32);
  return choice === 7 ? Uint8Array.from(self) : idNear(self, random, random.int(48));
}

/** A table of ids that crowd around its owner and around the target, so that deep and overfull buckets exist. */
function worldOf(random: Random): World {
  const self = random.bytes(32);
  const target = targetFor(self, random);
  const table = new RoutingTable(self);
  const unhealthy = new Set<string>();
  const size = random.int(120);
  for (let i = 0; i < size; i++) {
    const near = random.int(3);
    const id = near === 0 ? random.bytes(32) : idNear(near === 1 ? self : target, random, random.int(52));
    table.addVerified(contactOf(id), i);
  }
  for (const contact of [...table.contacts()]) {
    if (random.int(8) === 0 && table.markMissed(contact) === "kept") unhealthy.add(contact.key);
  }
  return { table, target, unhealthy };
}

describe("the closest contacts", () => {
  test("are exactly those of a brute-force search, nearest first, over thousands of skewed tables", () => {
    const random = new Random(11);
    let deepest = 0;
    for (let i = 0; i < TABLES; i++) {
      const { table, target, unhealthy } = worldOf(random);
      const count = random.pick([1, 3, K, K + 1, 2 * K, 200]);
      const seated = [...table.contacts()].filter(({ key }) => !unhealthy.has(key));
      const expected = sortedByDistance(target, seated).slice(0, count);
      expect(keysOf(table.closest(target, count))).toEqual(keysOf(expected));
      deepest = Math.max(deepest, table.depth);
    }
    expect(deepest).toBeGreaterThan(40);
  });

  test("do not include anybody who missed the last request", () => {
    const random = new Random(12);
    const table = new RoutingTable(random.bytes(32));
    const contacts = Array.from({ length: 10 }, () => contactOf(random.bytes(32)));
    for (const contact of contacts) table.addVerified(contact, 0);
    const silent = at(contacts, 4);
    expect(table.markMissed(silent)).toBe("kept");
    expect(keysOf(table.closest(silent.id, 10))).not.toContain(silent.key);
    expect(table.size).toBe(10);
    table.addVerified(silent, 1);
    expect(at(table.closest(silent.id, 10), 0)).toBe(silent);
  });

  test("of an empty table are none", () => {
    const random = new Random(13);
    expect(new RoutingTable(random.bytes(32)).closest(random.bytes(32), K)).toEqual([]);
  });
});

describe("a table", () => {
  test("never enters its own id", () => {
    const self = new Random(14).bytes(32);
    const table = new RoutingTable(self);
    expect(table.addVerified(contactOf(Uint8Array.from(self)), 0)).toBe("self");
    expect(table.size).toBe(0);
    expect([...table.contacts()]).toEqual([]);
    expect(table.has(contactOf(self))).toBe(false);
    expect(table.remove(contactOf(self))).toBe(false);
    expect(table.markMissed(contactOf(self))).toBe("unknown");
  });

  test("keeps every contact in the bucket of the prefix it shares with the owner", () => {
    const random = new Random(15);
    for (let i = 0; i < 50; i++) {
      const { table } = worldOf(random);
      for (let index = 0; index < table.depth; index++) {
        for (const { id } of table.bucket(index)?.contacts() ?? []) expect(commonPrefixLength(table.self, id)).toBe(index);
      }
    }
  });

  test("counts its seats rightly under any sequence of events", () => {
    const random = new Random(16);
    for (let world = 0; world < 40; world++) {
      const self = random.bytes(32);
      const table = new RoutingTable(self);
      const known: Contact[] = Array.from({ length: 150 }, () => contactOf(idNear(self, random, random.int(4))));
      for (let now = 0; now < 300; now++) {
        const contact = random.pick(known);
        const event = random.int(10);
        if (event < 6) table.addVerified(contactOf(contact.id), now);
        else if (event < 9) table.markMissed(contact);
        else table.remove(contact);
        expect(table.size).toBe([...table.contacts()].length);
      }
      expect(table.size).toBeGreaterThan(0);
      expect(table.size).toBeLessThanOrEqual(4 * K);
    }
  });

  test("holds at most k contacts of the far half of the network, however many answer", () => {
    const random = new Random(17);
    const self = random.bytes(32);
    const table = new RoutingTable(self);
    for (let i = 0; i < 500; i++) table.addVerified(contactOf(idNear(self, random, 0)), i);
    expect(table.size).toBe(K);
    expect(table.depth).toBe(1);
  });

  test("reaches down to the deepest of its 256 buckets", () => {
    const random = new Random(18);
    const table = new RoutingTable(random.bytes(32));
    for (let index = 0; index < ID_BITS; index++) {
      const contact = contactOf(idNear(table.self, random, index));
      expect(table.addVerified(contact, index)).toBe("added");
      expect(table.has(contact)).toBe(true);
    }
    expect(table.size).toBe(ID_BITS);
    expect(table.depth).toBe(ID_BITS);
  });

  test("does not know contacts it never heard of", () => {
    const random = new Random(19);
    const table = new RoutingTable(random.bytes(32));
    const stranger = contactOf(random.bytes(32));
    expect(table.markMissed(stranger)).toBe("unknown");
    expect(table.remove(stranger)).toBe(false);
    expect(table.has(stranger)).toBe(false);
  });
});
