import { describe, expect, test } from "vitest";
import { type Contact, K, KBucket, type Pace, REPLACEMENTS } from "../../routing/index.ts";
import { at, contactOf, keysOf } from "../support/ids.ts";
import { Random } from "../support/random.ts";
import { takeWaiting } from "../support/waiting.ts";

const MINUTE = 60_000;
const random = new Random(1);
const contacts = Array.from({ length: 60 }, () => contactOf(random.bytes(32)));
const contact = (index: number): Contact => at(contacts, index);

/** A bucket with so many contacts, seen at 0, 1, 2 … */
function bucketOf(count: number): KBucket {
  const bucket = new KBucket();
  for (let i = 0; i < count; i++) bucket.addVerified(contact(i), i);
  return bucket;
}

/** Their keys, sorted: they come in no order. */
function healthy(bucket: KBucket): string[] {
  const { contacts, heads } = bucket.healthy;
  expect(heads).toEqual(contacts.map(({ head }) => head));
  return keysOf(contacts).sort();
}

describe("seats", () => {
  test("are taken until there are k, and then contacts wait", () => {
    const bucket = new KBucket();
    for (let i = 0; i < K; i++) expect(bucket.addVerified(contact(i), i)).toBe("added");
    expect(bucket.isFull).toBe(true);
    expect(bucket.addVerified(contact(K), K)).toBe("waiting");
    expect(bucket.size).toBe(K);
    expect(bucket.has(contact(K))).toBe(false);
    expect(keysOf(bucket.contacts())).toEqual(keysOf(contacts.slice(0, K)));
  });

  test("are in order of when they were last seen, longest ago first", () => {
    const bucket = bucketOf(5);
    expect(bucket.addVerified(contact(1), 10)).toBe("updated");
    expect(bucket.addVerified(contact(3), 11)).toBe("updated");
    expect(keysOf(bucket.contacts())).toEqual(keysOf([0, 2, 4, 1, 3].map(contact)));
    expect(bucket.oldestSeen).toBe(0);
    expect([...bucket.seen()].map(([, seen]) => seen)).toEqual([0, 2, 4, 10, 11]);
  });

  test("take over the addresses of a contact that answers somewhere else", () => {
    const bucket = bucketOf(2);
    const moved = { ...contact(0), addresses: ["mem://moved"] };
    bucket.addVerified(moved, 9);
    expect(bucket.size).toBe(2);
    expect([...bucket.contacts()].at(-1)).toBe(moved);
  });

  test("are kept by whoever answers, however many newcomers knock", () => {
    const bucket = bucketOf(K);
    for (let i = K; i < contacts.length; i++) bucket.addVerified(contact(i), i);
    expect(keysOf(bucket.contacts())).toEqual(keysOf(contacts.slice(0, K)));
  });
});

describe("replacements", () => {
  test("are at most ten, and a newcomer displaces the one that has waited longest", () => {
    const bucket = bucketOf(K + REPLACEMENTS + 3);
    expect(REPLACEMENTS).toBe(10);
    expect(takeWaiting(bucket)).toEqual(keysOf(contacts.slice(K + 3, K + REPLACEMENTS + 3)));
  });

  test("move to the end when they answer again, and are never listed twice", () => {
    const bucket = bucketOf(K + 3);
    bucket.addVerified(contact(K), 99);
    expect(takeWaiting(bucket)).toEqual(keysOf([K + 1, K + 2, K].map(contact)));
  });

  test("get the seat that falls free at once: whoever was drawn, any of them", () => {
    const seated = [0, 0.4, 0.99].map((draw) => {
      const bucket = bucketOf(K + 3);
      const heir = bucket.heir(draw) as Contact;
      expect(bucket.markMissed(contact(4), heir)).toBe("removed");
      expect(bucket.size).toBe(K);
      expect(bucket.has(heir)).toBe(true);
      expect(takeWaiting(bucket)).toEqual(keysOf([K, K + 1, K + 2].map(contact)).filter((key) => key !== heir.key));
      return heir.key;
    });
    expect(seated).toEqual(keysOf([K, K + 1, K + 2].map(contact)));
    expect(bucketOf(K).heir(0.5)).toBeUndefined();
  });

  test("take their place in the order by when they were last seen", () => {
    const bucket = bucketOf(K + 1);
    for (let i = 1; i < K; i++) bucket.addVerified(contact(i), 100 + i);
    bucket.remove(contact(0));
    expect(bucket.contacts()[0]).toBe(contact(K));
    expect(bucket.oldestSeen).toBe(K);
  });

  test("that miss a request no longer wait", () => {
    const bucket = bucketOf(K + 2);
    bucket.markMissed(contact(K + 1));
    expect(bucket.size).toBe(K);
    expect(takeWaiting(bucket)).toEqual([contact(K).key]);
  });
});

describe("a contact that misses a request", () => {
  test("keeps its seat twice when nobody waits, and loses it the third time", () => {
    const bucket = bucketOf(3);
    const silent = contact(1);
    expect([1, 2, 3].map(() => bucket.markMissed(silent))).toEqual(["kept", "kept", "removed"]);
    expect(bucket.size).toBe(2);
    expect(bucket.markMissed(silent)).toBe("unknown");
  });

  test("loses two thirds of its trust, and its seat to whoever waits when less than a minute of it is left", () => {
    // Trust is the time between the first answer and the last one: [minutes of it, misses that it survives].
    for (const [minutes, survived] of [
      [0, 0],
      [2.9, 0],
      [3, 1],
      [8.9, 1],
      [9, 2],
      [10_000, 2],
    ] as const) {
      const bucket = bucketOf(K);
      bucket.addVerified(contact(0), minutes * MINUTE);
      bucket.addVerified(contact(K), minutes * MINUTE);
      const outcomes = [1, 2, 3].map(() => bucket.markMissed(contact(0)));
      expect(outcomes.filter((outcome) => outcome === "kept")).toHaveLength(survived);
      expect(outcomes[survived]).toBe("removed");
    }
  });

  test("without any trust loses its seat at once to whoever waits", () => {
    const bucket = bucketOf(K + 1);
    expect(bucket.markMissed(contact(0))).toBe("removed");
    expect(bucket.has(contact(0))).toBe(false);
    expect(bucket.has(contact(K))).toBe(true);
    expect(takeWaiting(bucket)).toEqual([]);
  });

  test("is not handed out until it answers again", () => {
    const bucket = bucketOf(3);
    bucket.markMissed(contact(1));
    expect(healthy(bucket)).toEqual(keysOf([0, 2].map(contact)).sort());
    bucket.addVerified(contact(1), 50);
    expect(healthy(bucket)).toEqual(keysOf([0, 1, 2].map(contact)).sort());
  });

  test("begins to count anew after it has answered", () => {
    const bucket = bucketOf(1);
    const flighty = contact(0);
    for (let round = 0; round < 5; round++) {
      expect([bucket.markMissed(flighty), bucket.markMissed(flighty)]).toEqual(["kept", "kept"]);
      bucket.addVerified(contact(0), round + 1);
    }
  });

  test("is unknown when it never had a seat, and changes nothing", () => {
    const bucket = bucketOf(2);
    expect(bucket.markMissed(contact(9))).toBe("unknown");
    expect(bucket.remove(contact(9))).toBe(false);
    expect(bucket.size).toBe(2);
  });
});

describe("whoever is due", () => {
  const due = (bucket: KBucket, pace: Pace, heardBefore: number): string[] => {
    const into: Contact[] = [];
    bucket.pushDue(into, pace, heardBefore);
    return keysOf(into);
  };

  test("is checked fast until it has been there for ten minutes, slowly from then on", () => {
    const bucket = bucketOf(2);
    bucket.addVerified(contact(0), 10 * MINUTE);
    bucket.addVerified(contact(1), 10 * MINUTE);
    const now = 20 * MINUTE;
    expect([due(bucket, "fast", now), due(bucket, "slow", now)]).toEqual([[contact(1).key], [contact(0).key]]);
    expect(due(bucket, "slow", 10 * MINUTE - 1)).toEqual([]);
  });

  test("and has missed a request is checked fast, however lately it was heard of and however long it had been there", () => {
    const bucket = bucketOf(1);
    bucket.addVerified(contact(0), 60 * MINUTE);
    bucket.markMissed(contact(0));
    expect([due(bucket, "fast", 0), due(bucket, "slow", 99 * MINUTE)]).toEqual([[contact(0).key], []]);
    bucket.addVerified(contact(0), 61 * MINUTE);
    expect([due(bucket, "fast", 99 * MINUTE), due(bucket, "slow", 99 * MINUTE)]).toEqual([[], [contact(0).key]]);
  });
});

test("An empty bucket was never heard of", () => {
  const bucket = new KBucket();
  expect(bucket.oldestSeen).toBe(Number.POSITIVE_INFINITY);
  expect(bucket.isFull).toBe(false);
});

test("Under any sequence of events a bucket stays in bounds, in order, and lists nobody twice", () => {
  const chance = new Random(2);
  for (let world = 0; world < 400; world++) {
    const bucket = new KBucket();
    const answeredAt = new Map<string, number>();
    const end = chance.int(200);
    for (let now = 0; now < end; now++) {
      const who = chance.pick(contacts);
      const event = chance.int(10);
      if (event < 7) answeredAt.set(who.key, now);
      if (event < 7) bucket.addVerified(who, now);
      else if (event < 9) bucket.markMissed(who);
      else bucket.remove(who);
      if (event < 3) bucket.preferQuicker(who, ({ head }) => (head >>> 0) % 300);
      expect(bucket.size).toBeLessThanOrEqual(K);
      const seen = [...bucket.seen()].map(([, time]) => time);
      expect(seen).toEqual([...seen].sort((a, b) => a - b));
      expect(seen).toEqual([...bucket.seen()].map(([{ key }]) => answeredAt.get(key)));
      expect(bucket.oldestSeen).toBe(seen[0] ?? Number.POSITIVE_INFINITY);
    }
    const { isFull } = bucket;
    const seated = keysOf(bucket.contacts());
    const waiting = takeWaiting(bucket);
    expect(new Set([...seated, ...waiting]).size).toBe(seated.length + waiting.length);
    expect(waiting.length).toBeLessThanOrEqual(isFull ? REPLACEMENTS : 0);
  }
});
