import { describe, expect, test } from "vitest";
import { type Contact, idInBucket, K, KBucket, QUICK_SEATS, REPLACEMENTS, RoutingTable } from "../../routing/index.ts";
import { at, contactOf, keysOf } from "../support/ids.ts";
import { Random } from "../support/random.ts";
import { takeWaiting } from "../support/waiting.ts";

const SELF = new Uint8Array(32).fill(0x5a);
const MINUTE = 60_000;

/** Contacts of one bucket, and how long each takes to answer, ms. */
class Peers {
  readonly delays = new Map<string, number>();
  private readonly random: Random;

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  one(ms: number, bucket = 0): Contact {
    const contact = contactOf(idInBucket(SELF, bucket, this.random.bytes(32)));
    this.delays.set(contact.key, ms);
    return contact;
  }

  readonly delayOf = ({ key }: Contact): number => this.delays.get(key) as number;
}

/** A full bucket: the one that has been there longest first, each a minute longer than the next, and as slow as said. */
function fullBucket(peers: Peers, delays: (seat: number) => number) {
  const seated = Array.from({ length: K }, (_, seat) => peers.one(delays(seat)));
  const bucket = new KBucket();
  for (const [i, contact] of seated.entries()) bucket.addVerified(contact, i * MINUTE);
  for (const contact of seated) bucket.addVerified(contact, K * MINUTE);
  const knock = (contact: Contact, now = K * MINUTE) => {
    bucket.addVerified(contact, now);
    return bucket.preferQuicker(contact, peers.delayOf);
  };
  return { bucket, seated, knock };
}

describe("A full bucket", () => {
  test("gives the seat of the slowest of those who came last to one that is quicker, and lets that one wait", () => {
    const peers = new Peers(1);
    const { bucket, seated, knock } = fullBucket(peers, (seat) => 100 + ((seat * 7) % K));
    const slowest = seated.slice(QUICK_SEATS).reduce((a, b) => (peers.delayOf(a) > peers.delayOf(b) ? a : b));
    const quick = peers.one(20);
    expect(knock(quick)).toBe(true);
    expect(bucket.has(quick)).toBe(true);
    expect(bucket.has(slowest)).toBe(false);
    expect(bucket.size).toBe(K);
    expect(takeWaiting(bucket)).toEqual([slowest.key]);
  });

  test("keeps whoever has been there longest, however slow", () => {
    const peers = new Peers(2);
    const { bucket, seated, knock } = fullBucket(peers, (seat) => (seat < K - QUICK_SEATS ? 500 : 30));
    expect(knock(peers.one(29))).toBe(false);
    expect(knock(peers.one(10))).toBe(true);
    for (const contact of seated.slice(0, K - QUICK_SEATS)) expect(bucket.has(contact)).toBe(true);
  });

  test("gives no seat for a difference that may be noise", () => {
    const peers = new Peers(3);
    const { knock } = fullBucket(peers, () => 100);
    expect(knock(peers.one(76))).toBe(false);
    expect(knock(peers.one(75))).toBe(true);
  });

  test("lets nobody in who does not wait", () => {
    const peers = new Peers(4);
    const { bucket, seated } = fullBucket(peers, () => 100);
    expect(bucket.preferQuicker(peers.one(1), peers.delayOf)).toBe(false);
    expect(bucket.preferQuicker(at(seated, 0), peers.delayOf)).toBe(false);
    expect(keysOf(bucket.contacts()).sort()).toEqual(keysOf(seated).sort());
  });

  test("loses half of its contacts at most to those who stand next to it, however many come and however long they stay", () => {
    for (let seed = 10; seed < 30; seed++) {
      const peers = new Peers(seed);
      const random = new Random(seed);
      const { bucket, seated, knock } = fullBucket(peers, () => 50 + 200 * random.next());
      const intruders: Contact[] = [];
      for (let now = K + 1; now < K + 500; now++) {
        const intruder = peers.one(20 * random.next());
        intruders.push(intruder);
        knock(intruder, now * MINUTE);
        for (const contact of [...seated, ...intruders]) bucket.refresh(contact, now * MINUTE);
        expect(bucket.size).toBe(K);
        expect(seated.filter((contact) => bucket.has(contact)).length).toBeGreaterThanOrEqual(K - QUICK_SEATS);
      }
      expect(intruders.filter((contact) => bucket.has(contact))).toHaveLength(QUICK_SEATS);
    }
  });

  test("has its own bound for those who wait", () => {
    const peers = new Peers(5);
    const { bucket, knock } = fullBucket(peers, () => 1_000);
    for (let i = 1; i < 200; i++) knock(peers.one(1_000 / i));
    expect(takeWaiting(bucket).length).toBeLessThanOrEqual(REPLACEMENTS);
  });
});

describe("Whoever has a seat for being quick", () => {
  test("does not grow into one of those who have been there longest, however long it stays", () => {
    const peers = new Peers(6);
    const { bucket, seated, knock } = fullBucket(peers, () => 100);
    const intruders = Array.from({ length: QUICK_SEATS }, () => peers.one(10));
    for (const contact of intruders) expect(knock(contact, K * MINUTE)).toBe(true);
    const heirs = Array.from({ length: REPLACEMENTS }, () => peers.one(100));
    for (const contact of heirs) knock(contact, (K + 1) * MINUTE);
    for (const contact of seated) bucket.remove(contact); // their seats go to those who wait
    for (const contact of intruders) bucket.refresh(contact, 1_000 * MINUTE);
    for (let i = 0; i < 50; i++) knock(peers.one(1), 1_000 * MINUTE);
    for (const contact of heirs) expect(bucket.has(contact)).toBe(true);
  });

  test("is as all are when it has lost it and come again", () => {
    const peers = new Peers(7);
    const { bucket, seated, knock } = fullBucket(peers, () => 100);
    const again = Array.from({ length: QUICK_SEATS }, () => peers.one(10));
    for (const contact of again) expect(knock(contact)).toBe(true);
    for (const contact of [...again, ...seated]) bucket.remove(contact);
    for (const contact of bucket.contacts()) bucket.remove(contact);
    for (const contact of [...again, ...seated.slice(0, K - QUICK_SEATS)]) bucket.addVerified(contact, 99 * MINUTE);
    for (const contact of again) {
      bucket.refresh(contact, 200 * MINUTE);
      peers.delays.set(contact.key, 1_000);
    }
    for (let i = 0; i < 50; i++) knock(peers.one(1), 200 * MINUTE);
    for (const contact of again) expect(bucket.has(contact)).toBe(true);
  });
});

describe("A table", () => {
  /** One whose buckets up to a depth are full of slow contacts. */
  function tableOf(peers: Peers, depth: number): RoutingTable {
    const table = new RoutingTable(SELF);
    for (let bucket = 0; bucket < depth; bucket++) for (let i = 0; i < K; i++) table.addVerified(peers.one(300, bucket), i);
    return table;
  }

  test("gives seats to the quick where k nearer contacts are known, and none where it knows its neighbours by them", () => {
    const peers = new Peers(7);
    const table = tableOf(peers, 3);
    for (const [bucket, isGiven] of [
      [0, true],
      [1, true],
      [2, false],
    ] as const) {
      const quick = peers.one(10, bucket);
      expect(table.addVerified(quick, 99)).toBe("waiting");
      expect(table.preferQuicker(quick, peers.delayOf)).toBe(isGiven);
      expect(table.has(quick)).toBe(isGiven);
      expect(table.size).toBe(3 * K);
    }
  });

  test("does nothing for one that is not in it", () => {
    const peers = new Peers(8);
    expect(tableOf(peers, 3).preferQuicker(peers.one(1), peers.delayOf)).toBe(false);
    expect(new RoutingTable(SELF).preferQuicker(peers.one(1), peers.delayOf)).toBe(false);
  });
});
