import { describe, expect, test } from "vitest";
import { MAX_DIALS } from "../../dht/index.ts";
import type { Contact } from "../../routing/index.ts";
import { at, keysOf } from "../support/ids.ts";
import { drain, keys, lookupOf, peer } from "../support/lookup-steps.ts";

/** Milliseconds by distance. */
function quickness(times: Readonly<Record<number, number>>): (contact: Contact) => number {
  const byKey = new Map(Object.entries(times).map(([distance, ms]) => [at(keys(Number(distance)), 0), ms]));
  return ({ key }) => byKey.get(key) ?? 1_000;
}

describe("of candidates that are about as near", () => {
  const expectedMs = quickness({ 100: 300, 150: 10, 199: 100, 201: 1, 900: 1 });

  test("the quickest is asked first, and the nearest still before those beyond twice its distance", () => {
    const lookup = lookupOf([100, 150, 199, 201, 900], { alpha: 1, beta: 9, nearEquals: 2, expectedMs });
    const order: string[] = [];
    for (let contact = lookup.next(); contact !== undefined; contact = lookup.next()) {
      order.push(contact.key);
      lookup.answered(contact, []);
    }
    expect(order).toEqual(keys(150, 199, 100, 201, 900));
  });

  test("the nearest is, where the width is 1", () => {
    expect(drain(lookupOf([100, 150, 199, 201], { alpha: 4, nearEquals: 1, expectedMs }))).toEqual(keys(100, 150, 199, 201));
  });

  test("none is asked that does not belong to the k nearest, however quick", () => {
    expect(drain(lookupOf([100, 150, 199], { alpha: 9, k: 2, nearEquals: 2, expectedMs }))).toEqual(keys(150, 100));
  });
});

describe("the slots of a lookup", () => {
  test("are one more for each that is late or fails, up to a bound", () => {
    const lookup = lookupOf([1, 2, 3, 4, 5, 6, 7, 8, 9], { alpha: 1, mostAlpha: 3, beta: 9, k: 9 });
    expect(drain(lookup)).toEqual(keys(1));
    lookup.late(peer(1));
    expect(drain(lookup)).toEqual(keys(2, 3));
    lookup.failed(peer(1)); // it was counted when it was late
    lookup.failed(peer(2));
    expect(drain(lookup)).toEqual(keys(4, 5));
    lookup.failed(peer(3));
    expect(drain(lookup)).toEqual(keys(6));
  });

  test("are more once β of the nearest have answered", () => {
    const lookup = lookupOf([1, 2, 3, 4, 5, 6, 7, 8, 9], { alpha: 2, beta: 2, closingAlpha: 5, k: 9 });
    expect(drain(lookup)).toEqual(keys(1, 2));
    lookup.answered(peer(1), []);
    expect(drain(lookup)).toEqual(keys(3));
    lookup.answered(peer(3), []); // the second nearest has not answered
    expect(drain(lookup)).toEqual(keys(4));
    lookup.answered(peer(2), []);
    expect(drain(lookup)).toEqual(keys(5, 6, 7, 8));
  });

  test("are as before again when somebody nearer is heard of", () => {
    const lookup = lookupOf([10, 20, 30, 40, 50, 60], { alpha: 1, beta: 1, closingAlpha: 3, k: 6 });
    drain(lookup);
    lookup.answered(peer(10), [peer(5)]);
    expect(drain(lookup)).toEqual(keys(5));
    lookup.answered(peer(5), []);
    expect(drain(lookup)).toEqual(keys(20, 30, 40));
  });

  test("of somebody who failed or is late are not waited for", () => {
    const lookup = lookupOf([1, 2, 3, 4, 5], { alpha: 2, beta: 1, closingAlpha: 3, k: 5 });
    drain(lookup);
    lookup.failed(peer(1));
    lookup.answered(peer(2), []);
    expect(drain(lookup)).toEqual(keys(3, 4, 5));
  });
});

describe("a contact that did not answer another lookup", () => {
  const isAbsent = ({ key }: Contact) => keys(1, 2).includes(key);

  test("is not asked, and holds no seat", () => {
    const lookup = lookupOf([1, 2, 3, 4], { k: 2, isAbsent });
    expect(drain(lookup)).toEqual(keys(3, 4));
    for (const distance of [3, 4]) lookup.answered(peer(distance), []);
    expect(lookup.finished).toBe(true);
    expect(keysOf(lookup.closest())).toEqual(keys(3, 4));
  });

  test("is asked all the same where too few others have answered", () => {
    const lookup = lookupOf([1, 2, 3], { k: 3, isAbsent });
    expect(drain(lookup)).toEqual(keys(3));
    lookup.answered(peer(3), []);
    expect(lookup.finished).toBe(false);
    expect(drain(lookup)).toEqual(keys(1)); // one by one: they are likely to be gone
    lookup.failed(peer(1));
    expect(lookup.finished).toBe(false);
    expect(drain(lookup)).toEqual(keys(2));
    lookup.answered(peer(2), []);
    expect(lookup.finished).toBe(true);
    expect(keysOf(lookup.closest())).toEqual(keys(2, 3));
  });

  test("is asked at another address as soon as one is named", () => {
    const lookup = lookupOf([1, 3], { k: 2, isAbsent });
    drain(lookup);
    lookup.answered(peer(3), [{ ...peer(1), addresses: ["mem://elsewhere"] }]);
    expect(lookup.next()?.addresses).toEqual(["mem://elsewhere"]);
    expect(lookup.next()).toBeUndefined();
  });
});

test("A lookup ends after so many dials, however many strangers it is told of", () => {
  let named = 20_000;
  const strangers = () => {
    named -= 20;
    return Array.from({ length: 20 }, (_, n) => peer(named + n));
  };
  const endless = (isLinked: (contact: Contact) => boolean) => {
    const lookup = lookupOf([30_000], { isLinked });
    for (let contact = lookup.next(); contact !== undefined; contact = lookup.next()) lookup.answered(contact, strangers());
    expect(lookup.finished).toBe(true);
    return lookup.requests;
  };
  expect(endless(() => false)).toBe(MAX_DIALS);
  expect(endless(() => true)).toBeGreaterThan(MAX_DIALS);
});
