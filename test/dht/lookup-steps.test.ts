import { describe, expect, test } from "vitest";
import { Lookup } from "../../dht/index.ts";
import { type Contact, K, makeContact } from "../../routing/index.ts";
import { at, contactOf, keysOf } from "../support/ids.ts";
import { drain, keys, lookupOf, peer, SELF } from "../support/lookup-steps.ts";

describe("whom a lookup asks", () => {
  test("is the nearest first, whatever the order of the seeds", () => {
    expect(drain(lookupOf([40, 10, 30, 20], { alpha: 4 }))).toEqual(keys(10, 20, 30, 40));
  });

  test("is one more as soon as one slot is free: slots are refilled one by one", () => {
    const lookup = lookupOf([10, 20, 30, 40, 50], { alpha: 3 });
    expect(drain(lookup)).toEqual(keys(10, 20, 30));
    lookup.answered(peer(20), []);
    expect(drain(lookup)).toEqual(keys(40));
    lookup.failed(peer(10));
    expect(drain(lookup)).toEqual(keys(50));
  });

  test("includes a candidate farther than whoever named it, when it belongs to the k nearest", () => {
    const lookup = lookupOf([10], { alpha: 1, closingAlpha: 1, k: 3 });
    lookup.next();
    lookup.answered(peer(10), [peer(900), peer(901)]);
    expect(lookup.finished).toBe(false);
    expect(drain(lookup)).toEqual(keys(900));
    lookup.answered(peer(900), []);
    expect(drain(lookup)).toEqual(keys(901));
  });

  test("does not include a candidate beyond the k nearest", () => {
    const lookup = lookupOf([1, 2, 3, 4], { alpha: 10, k: 3 });
    expect(drain(lookup)).toEqual(keys(1, 2, 3));
    for (const distance of [1, 2, 3]) lookup.answered(peer(distance), []);
    expect(drain(lookup)).toEqual([]);
    expect(lookup.finished).toBe(true);
  });

  test("goes on past a dead contact: it holds no seat", () => {
    const lookup = lookupOf([1, 2, 3, 4], { alpha: 10, k: 3 });
    drain(lookup);
    for (const distance of [1, 2, 3]) lookup.failed(peer(distance));
    expect(drain(lookup)).toEqual(keys(4));
    lookup.answered(peer(4), []);
    expect(keysOf(lookup.closest())).toEqual(keys(4));
    expect(lookup.finished).toBe(true);
    expect(lookup.complete).toBe(false); // fewer than k, and who knows whom the dead would have named
  });

  test("is never the node itself, however it is named", () => {
    const lookup = new Lookup({ target: SELF, self: SELF, seeds: [contactOf(SELF), peer(1)] });
    expect(drain(lookup)).toEqual(keys(1));
    lookup.answered(peer(1), [contactOf(Uint8Array.from(SELF))]);
    expect(lookup.finished).toBe(true);
    expect(lookup.requests).toBe(1);
  });
});

describe("a late peer", () => {
  test("frees its slot at once", () => {
    const lookup = lookupOf([1, 2, 3], { alpha: 1 });
    expect(drain(lookup)).toEqual(keys(1));
    lookup.late(peer(1));
    expect(drain(lookup)).toEqual(keys(2));
  });

  test("holds no seat: another is asked in its place, and the end does not wait for it", () => {
    const lookup = lookupOf([1, 2, 3], { alpha: 10, k: 2 });
    expect(drain(lookup)).toEqual(keys(1, 2));
    lookup.late(peer(1));
    expect(drain(lookup)).toEqual(keys(3));
    for (const distance of [2, 3]) lookup.answered(peer(distance), []);
    expect(lookup.finished).toBe(true);
    expect(lookup.complete).toBe(false);
    expect(keysOf(lookup.closest())).toEqual(keys(2, 3));
  });

  test("that is given up is not waited for, and still counts if it answers", () => {
    const lookup = lookupOf([1, 2], { alpha: 10, k: 3 });
    drain(lookup);
    lookup.late(peer(1));
    lookup.answered(peer(2), []);
    expect(lookup.finished).toBe(false);
    lookup.givenUp(peer(1));
    lookup.givenUp(peer(1));
    expect(lookup.finished).toBe(true);
    lookup.answered(peer(1), []);
    expect(keysOf(lookup.closest())).toEqual(keys(1, 2));
    expect(lookup.finished).toBe(true);
  });

  test("that is given up, and then late at another address as well, keeps no walk from its end", () => {
    const lookup = lookupOf([1, 2], { alpha: 10, k: 3 });
    drain(lookup);
    const elsewhere = makeContact(peer(1).id, ["mem://elsewhere"]);
    lookup.late(peer(1));
    lookup.answered(peer(2), [elsewhere]);
    lookup.givenUp(peer(1));
    lookup.failed(peer(1));
    expect(drain(lookup)).toEqual(keys(1));
    lookup.late(elsewhere);
    expect(lookup.finished).toBe(false);
    lookup.failed(elsewhere);
    expect(lookup.finished).toBe(true);
  });

  test("is waited for where fewer than k have answered and nobody is left to ask", () => {
    const lookup = lookupOf([1, 2, 3], { alpha: 10, k: 3 });
    drain(lookup);
    lookup.late(peer(1));
    lookup.late(peer(2));
    lookup.answered(peer(3), []);
    expect(lookup.finished).toBe(false);
    lookup.answered(peer(1), []);
    expect(lookup.finished).toBe(false);
    lookup.failed(peer(2));
    expect(lookup.finished).toBe(true);
    expect(keysOf(lookup.closest())).toEqual(keys(1, 3));
  });

  test("still counts when it answers, with all whom it names", () => {
    const lookup = lookupOf([5, 6], { alpha: 2, k: 2 });
    drain(lookup);
    lookup.late(peer(5));
    lookup.answered(peer(5), [peer(1)]);
    expect(drain(lookup)).toEqual(keys(1));
    lookup.answered(peer(1), []);
    lookup.answered(peer(6), []);
    expect(keysOf(lookup.closest())).toEqual(keys(1, 5));
    expect(lookup.complete).toBe(true);
  });

  test("does not free a second slot when it fails in the end", () => {
    const lookup = lookupOf([1, 2, 3, 4], { alpha: 2 });
    drain(lookup);
    lookup.late(peer(1));
    expect(drain(lookup)).toEqual(keys(3));
    lookup.failed(peer(1));
    expect(drain(lookup)).toEqual([]);
  });
});

describe("a report that does not fit", () => {
  test("about a contact that was never heard of changes nothing", () => {
    const lookup = lookupOf([1, 2]);
    lookup.answered(peer(9), [peer(3)]);
    lookup.late(peer(9));
    lookup.failed(peer(9));
    expect(drain(lookup)).toEqual(keys(1, 2));
    expect(lookup.hopOf(peer(9))).toBe(0);
  });

  test("about a contact that was not asked yet changes nothing", () => {
    const lookup = lookupOf([1, 2], { alpha: 1 });
    lookup.answered(peer(2), [peer(3)]);
    lookup.failed(peer(2));
    lookup.late(peer(2));
    expect(lookup.closest()).toEqual([]);
    drain(lookup);
    lookup.answered(peer(1), []);
    expect(drain(lookup)).toEqual(keys(2));
  });

  test("made twice counts once", () => {
    const lookup = lookupOf([1, 2, 3, 4, 5], { alpha: 2, closingAlpha: 2 });
    drain(lookup);
    lookup.answered(peer(1), []);
    lookup.answered(peer(1), [peer(9)]);
    lookup.failed(peer(1));
    lookup.late(peer(1));
    expect(drain(lookup)).toEqual(keys(3));
    expect(keysOf(lookup.closest())).toEqual(keys(1));
  });
});

test("A lookup that knows nobody has ended before it began", () => {
  const lookup = lookupOf([]);
  expect(lookup.finished).toBe(true);
  expect(lookup.next()).toBeUndefined();
  expect(lookup.closest()).toEqual([]);
});

test("The result is never more than k contacts, nearest first", () => {
  const distances = Array.from({ length: K + 10 }, (_, index) => 3 * K - index);
  const lookup = lookupOf(distances, { alpha: 100 });
  for (const distance of [...distances].reverse()) {
    lookup.next();
    lookup.answered(peer(distance), []);
  }
  expect(keysOf(lookup.closest())).toEqual(keysOf([...distances].sort((a, b) => a - b).map(peer)).slice(0, K));
});

test("Hops are counted along the shortest known path", () => {
  const lookup = lookupOf([50, 60], { alpha: 1 });
  lookup.next();
  lookup.answered(peer(50), [peer(40)]);
  lookup.next();
  lookup.answered(peer(40), [peer(30), peer(70)]);
  expect([50, 40, 30, 70].map((distance) => lookup.hopOf(peer(distance)))).toEqual([1, 2, 3, 3]);
  lookup.next();
  lookup.answered(peer(30), []);
  lookup.next();
  lookup.answered(at([60].map(peer), 0), [peer(70)]);
  expect(lookup.hopOf(peer(70))).toBe(2);
});

describe("A candidate that is named under wrong addresses", () => {
  const TRIES = 8;
  const under = (name: string) => makeContact(peer(1).id, [`mem://${name}`]);

  /** Asks all there are to ask. Of those, peer 1 is only where it says. */
  function drive(lookup: Lookup, answers: (from: Contact) => readonly Contact[]): string[] {
    const asked: string[] = [];
    for (let next = lookup.next(); next !== undefined; next = lookup.next()) {
      asked.push(next.addresses[0] as string);
      if (next.key === peer(1).key && next.addresses[0] !== "mem://true") lookup.failed(next);
      else lookup.answered(next, answers(next));
    }
    return asked;
  }

  test("is tried under the right one, if that is among the first eight", () => {
    const lookup = lookupOf([2, 3, 4], { k: 3, alpha: 1, closingAlpha: 1 });
    const wrong = Array.from({ length: TRIES - 1 }, (_, i) => under(`wrong-${i}`));
    drive(lookup, (from) => (from.key === peer(2).key ? wrong : [under("true")]));
    expect(keysOf(lookup.closest())).toEqual(keys(1, 2, 3));
    expect(lookup.complete).toBe(true);
  });

  test("makes a walk incomplete where there were more than are tried: it may be there", () => {
    const lookup = lookupOf([2, 3, 4], { k: 3, alpha: 1, closingAlpha: 1 });
    const wrong = Array.from({ length: TRIES }, (_, i) => under(`wrong-${i}`));
    const asked = drive(lookup, (from) => (from.key === peer(2).key ? wrong : [under("true")]));
    expect(asked.filter((address) => address.includes("wrong"))).toHaveLength(TRIES);
    expect(keysOf(lookup.closest())).toEqual(keys(2, 3, 4));
    expect(lookup.finished).toBe(true);
    expect(lookup.complete).toBe(false);
  });
});
