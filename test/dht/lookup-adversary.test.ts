import { describe, expect, test } from "vitest";
import { Lookup, MAX_REQUESTS } from "../../dht/index.ts";
import { type Contact, idInBucket, K, makeContact } from "../../routing/index.ts";
import { contactOf, idNear } from "../support/ids.ts";
import { Random } from "../support/random.ts";

/** Peers that invent contacts, each nearer than the one before. */
function inventor(random: Random, target: Uint8Array, perAnswer: number): (count: number) => Contact[] {
  return (count) => Array.from({ length: perAnswer }, () => contactOf(idInBucket(target, Math.min(255, 8 + count), random.bytes(32))));
}

/** Drives until the end, or a bound far beyond what is allowed. */
function drive(lookup: Lookup, settle: (contact: Contact, count: number) => void): number {
  let asked = 0;
  while (!lookup.finished && asked < 10 * MAX_REQUESTS) {
    const contact = lookup.next();
    if (contact === undefined) break;
    asked += 1;
    settle(contact, asked);
  }
  return asked;
}

function newLookup(random: Random, alpha?: number): { lookup: Lookup; target: Uint8Array } {
  const target = random.bytes(32);
  const seeds = Array.from({ length: K }, () => contactOf(random.bytes(32)));
  return { lookup: new Lookup({ target, self: random.bytes(32), seeds, ...(alpha !== undefined && { alpha }) }), target };
}

describe("a lookup among peers that invent ever closer contacts", () => {
  test("ends within its budget when all of them answer", () => {
    const random = new Random(31);
    const { lookup, target } = newLookup(random);
    const invent = inventor(random, target, K);
    expect(drive(lookup, (contact, count) => lookup.answered(contact, invent(count)))).toBe(MAX_REQUESTS);
    expect(lookup.finished).toBe(true);
    expect(lookup.requests).toBe(MAX_REQUESTS);
    expect(lookup.complete).toBe(false);
  });

  test("ends within its budget when the invented ones are silent", () => {
    const random = new Random(32);
    const { lookup, target } = newLookup(random);
    const invent = inventor(random, target, 1_000);
    const real = new Set<string>();
    const asked = drive(lookup, (contact, count) => {
      if (count <= K && !real.has(contact.key)) lookup.answered(contact, invent(count));
      else lookup.late(contact);
    });
    expect(asked).toBeLessThanOrEqual(MAX_REQUESTS);
    expect(lookup.finished).toBe(true);
  });

  test("ends within its budget when the invented ones fail", () => {
    const random = new Random(33);
    const { lookup, target } = newLookup(random);
    const invent = inventor(random, target, K);
    const asked = drive(lookup, (contact, count) => {
      if (count % 10 === 1) lookup.answered(contact, invent(count));
      else lookup.failed(contact);
    });
    expect(asked).toBeLessThanOrEqual(MAX_REQUESTS);
    expect(lookup.finished).toBe(true);
  });

  test("awaits what is under way when the budget is spent, and asks nobody more", () => {
    const random = new Random(34);
    const { lookup, target } = newLookup(random);
    const invent = inventor(random, target, K);
    const flying: Contact[] = [];
    for (let asked = 0; asked < MAX_REQUESTS; ) {
      const contact = lookup.next();
      if (contact !== undefined) {
        asked += 1;
        flying.push(contact);
      } else {
        const settled = flying.shift() as Contact;
        lookup.answered(settled, invent(asked));
      }
    }
    expect(lookup.finished).toBe(false);
    expect(lookup.next()).toBeUndefined();
    for (const contact of flying) lookup.failed(contact);
    expect(lookup.next()).toBeUndefined();
    expect(lookup.finished).toBe(true);
  });
});

test("A flood of far contacts does not push out the near ones", () => {
  const random = new Random(35);
  const { lookup, target } = newLookup(random);
  const near = Array.from({ length: K }, () => contactOf(idNear(target, random, 100)));
  const first = lookup.next() as Contact;
  const far = Array.from({ length: 5_000 }, () => contactOf(idInBucket(target, 0, random.bytes(32))));
  lookup.answered(first, [...far.slice(0, 2_500), ...near, ...far.slice(2_500)]);
  const asked = drive(lookup, (contact) => lookup.answered(contact, []));
  expect(new Set(lookup.closest().map(({ key }) => key))).toEqual(new Set(near.map(({ key }) => key)));
  expect(asked).toBeLessThanOrEqual(2 * K);
});

describe("A contact that is named under wrong addresses", () => {
  const misplaced = (contact: Contact, n: number) => makeContact(contact.id, [`tcp://10.9.9.${n}:1`]);

  function asked(lookup: Lookup): Contact[] {
    const contacts: Contact[] = [];
    for (let contact = lookup.next(); contact !== undefined; contact = lookup.next()) contacts.push(contact);
    return contacts;
  }

  test.each(["before", "after"])("is tried at the right ones, which another named %s the first attempt failed", (when) => {
    const random = new Random(36);
    const { lookup, target } = newLookup(random);
    const right = contactOf(idNear(target, random, 100));
    const [liar, honest] = asked(lookup) as [Contact, Contact];
    lookup.answered(liar, [misplaced(right, 1)]);
    expect(asked(lookup)).toEqual([misplaced(right, 1)]);
    if (when === "before") lookup.answered(honest, [right]);
    lookup.failed(misplaced(right, 1));
    if (when === "after") lookup.answered(honest, [right]);
    expect(asked(lookup)).toContain(right);
    lookup.answered(right, []);
    expect(lookup.closest()[0]).toEqual(right);
  });

  test("is tried at eight places at most, however many are named", () => {
    const random = new Random(37);
    const { lookup, target } = newLookup(random, K);
    const { id } = contactOf(idNear(target, random, 100));
    const liars = asked(lookup);
    const tried: string[] = [];
    for (const [n, liar] of liars.entries()) {
      lookup.answered(
        liar,
        [1, 1, 2 * n, 2 * n + 1].map((place) => misplaced(contactOf(id), place)),
      );
      for (const contact of asked(lookup).filter(({ key }) => key === contactOf(id).key)) {
        tried.push(...contact.addresses);
        lookup.failed(contact);
      }
    }
    expect(tried).toHaveLength(8);
  });
});
