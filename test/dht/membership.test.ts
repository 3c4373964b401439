import { describe, expect, test } from "vitest";
import { DEFAULT_SETTINGS, Membership } from "../../dht/index.ts";
import { type Contact, idInBucket, K, REPLACEMENTS, shortId } from "../../routing/index.ts";
import { at, contactOf, keysOf } from "../support/ids.ts";
import { Random } from "../support/random.ts";
import { MINUTE } from "../support/records.ts";
import { AskedPeers } from "../support/store-peers.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { takeWaiting } from "../support/waiting.ts";

const SELF = new Uint8Array(32).fill(0x5a);
const FRESH_MS = 5 * MINUTE;
const MAX_VERIFYING = 16;

/** Somebody in a bucket; the number tells those of one bucket apart. */
function peer(number: number, bucket = 0): Contact {
  return contactOf(idInBucket(SELF, bucket, new Random(1_000 * bucket + number).bytes(32)));
}

const peers = (count: number, from = 0, bucket = 0): Contact[] => Array.from({ length: count }, (_, i) => peer(from + i, bucket));

interface Scene {
  readonly membership: Membership;
  readonly asked: AskedPeers;
  readonly clock: VirtualClock;
  readonly newcomers: Contact[];
}

/** A membership whose bucket 0 has so many contacts, heard of a second after one another, the last of them now. */
function sceneWith(count: number): Scene {
  const clock = new VirtualClock(1);
  const asked = new AskedPeers();
  const membership = new Membership(SELF, clock, asked, DEFAULT_SETTINGS);
  for (const contact of peers(count)) {
    clock.advance(1_000);
    membership.addVerified(contact);
  }
  const newcomers: Contact[] = [];
  membership.onNewcomer = (contact) => newcomers.push(contact);
  return { membership, asked, clock, newcomers };
}

/** Who waits for a seat in the first bucket. Takes all others out of it, so it comes last. */
function waiting({ membership }: Scene): string[] {
  const bucket = membership.table.bucket(0);
  return bucket === undefined ? [] : takeWaiting(bucket);
}
const oldest = ({ membership }: Scene): Contact | undefined => membership.table.bucket(0)?.oldest;

describe("A candidate", () => {
  test("enters once it has answered, not before, and is announced then", () => {
    const { membership, asked, newcomers } = sceneWith(0);
    membership.addCandidate(peer(1));
    expect(membership.table.size).toBe(0);
    const verification = at(asked.open, 0);
    expect(verification).toMatchObject({ how: "verify", contact: peer(1), timeoutMs: DEFAULT_SETTINGS.requestTimeoutMs });
    verification.answer();
    expect([...membership.table.contacts()]).toEqual([peer(1)]);
    expect(newcomers).toEqual([peer(1)]);
  });

  test("that does not answer never enters, and may try again", () => {
    const { membership, asked, newcomers } = sceneWith(0);
    for (let attempt = 1; attempt <= 3; attempt++) {
      membership.addCandidate(peer(1));
      at(asked.open, 0).fail();
      expect(asked.log).toHaveLength(attempt);
    }
    expect([membership.table.size, newcomers.length]).toEqual([0, 0]);
  });

  test("is asked once at a time, however often it calls", () => {
    const { membership, asked } = sceneWith(0);
    for (let call = 0; call < 5; call++) membership.addCandidate(peer(1));
    expect(asked.log).toHaveLength(1);
  });

  test("that has a seat is not asked again, and its seat is not touched", () => {
    const { membership, asked, newcomers } = sceneWith(3);
    membership.addCandidate(peer(0));
    membership.addCandidate({ ...peer(0), addresses: ["mem://elsewhere"] });
    expect(asked.log).toEqual([]);
    expect([...membership.table.contacts()]).toEqual(peers(3));
    expect(newcomers).toEqual([]);
  });

  test("that waits for a seat already is not asked again", () => {
    const scene = sceneWith(K + 1);
    scene.membership.addCandidate(peer(K));
    expect(scene.asked.log).toEqual([]);
    scene.membership.addCandidate(peer(K + 1));
    expect(scene.asked.log).toHaveLength(1);
  });

  test("is not asked where neither a seat nor a place to wait is free", () => {
    const { membership, asked } = sceneWith(K + REPLACEMENTS);
    membership.addCandidate(peer(99));
    expect(asked.log).toEqual([]);
    membership.addCandidate(peer(99, 1));
    expect(asked.log).toHaveLength(1);
  });

  test("is one of at most 16 that are asked at once, over all buckets, and each answer makes room for one", () => {
    const { membership, asked } = sceneWith(0);
    const crowd = Array.from({ length: 60 }, (_, i) => peer(i, i % 7));
    for (const contact of crowd) membership.addCandidate(contact);
    expect(asked.open.map(({ contact }) => contact)).toEqual(crowd.slice(0, MAX_VERIFYING));
    at(asked.open, 3).answer();
    at(asked.open, 5).fail();
    for (const contact of crowd.slice(30)) membership.addCandidate(contact);
    expect(asked.open).toHaveLength(MAX_VERIFYING);
    expect(asked.log.slice(MAX_VERIFYING).map(({ contact }) => contact)).toEqual(crowd.slice(30, 32));
  });

  test("with our own id is not asked, and we never enter our own table", () => {
    const { membership, asked, newcomers } = sceneWith(0);
    const self = contactOf(Uint8Array.from(SELF));
    membership.addCandidate(self);
    expect(asked.log).toEqual([]);
    membership.addVerified(self);
    expect([membership.table.size, newcomers.length]).toEqual([0, 0]);
  });
});

describe("A full bucket", () => {
  test("keeps everybody and asks nobody while its oldest contact was heard of in the last 5 minutes", () => {
    const scene = sceneWith(K);
    scene.clock.advance(FRESH_MS - (K - 1) * 1_000 - 1);
    scene.membership.addVerified(peer(50));
    expect(scene.asked.log).toEqual([]);
    expect(waiting(scene)).toEqual([peer(50).key]);
    expect(scene.newcomers).toEqual([]);
  });

  test("pings its oldest contact when that has not been heard of for 5 minutes", () => {
    const scene = sceneWith(K);
    scene.clock.advance(FRESH_MS - (K - 1) * 1_000);
    scene.membership.addVerified(peer(50));
    expect(scene.asked.log).toHaveLength(1);
    const { how, request, contact, timeoutMs } = at(scene.asked.open, 0);
    expect([how, request, contact, timeoutMs]).toEqual(["request", { kind: "ping" }, peer(0), DEFAULT_SETTINGS.requestTimeoutMs]);
    expect(scene.membership.table.has(peer(0))).toBe(true);
    expect(scene.membership.table.has(peer(50))).toBe(false);
  });

  test("leaves the seat to an oldest contact that answers, as the most recently heard of", () => {
    const scene = sceneWith(K);
    scene.clock.advance(2 * FRESH_MS);
    scene.membership.addVerified(peer(50));
    at(scene.asked.open, 0).answer();
    expect([...scene.membership.table.contacts()]).toEqual([...peers(K - 1, 1), peer(0)]);
    expect(oldest(scene)).toEqual(peer(1));
    expect(waiting(scene)).toEqual([peer(50).key]);
  });

  test("gives the seat to the newcomer when the oldest contact does not answer, and forgets how quick that was", () => {
    const scene = sceneWith(K);
    scene.membership.roundTrips.measured(peer(0).key, 30);
    scene.clock.advance(2 * FRESH_MS);
    scene.membership.addVerified(peer(50));
    at(scene.asked.open, 0).fail();
    expect(keysOf(scene.membership.table.contacts())).toEqual(keysOf([...peers(K - 1, 1), peer(50)]));
    expect(scene.membership.table.size).toBe(K);
    expect(scene.membership.roundTrips.of(peer(0).key)).toBeUndefined();
    expect(waiting(scene)).toEqual([]);
  });

  test("pings one contact at a time, whoever else knocks meanwhile", () => {
    const scene = sceneWith(K);
    scene.clock.advance(2 * FRESH_MS);
    for (const contact of peers(REPLACEMENTS, 50)) scene.membership.addVerified(contact);
    expect(scene.asked.log).toHaveLength(1);
    at(scene.asked.open, 0).answer();
    scene.membership.addVerified(peer(70));
    expect(scene.asked.log.map(({ contact }) => contact)).toEqual([peer(0), peer(1)]);
  });

  test("loses nobody to a flood of newcomers as long as its contacts answer", () => {
    const scene = sceneWith(K);
    for (let i = 100; i < 300; i++) {
      scene.clock.advance(MINUTE);
      scene.membership.addVerified(peer(i));
      for (const asked of scene.asked.open) asked.answer();
    }
    expect(keysOf(scene.membership.table.contacts()).sort()).toEqual(keysOf(peers(K)).sort());
    expect(scene.asked.log.length).toBeGreaterThan(K);
    expect(scene.newcomers).toEqual([]);
  });

  test("in one part of the id space leaves the others alone", () => {
    const scene = sceneWith(K);
    scene.clock.advance(2 * FRESH_MS);
    scene.membership.addVerified(peer(1, 4));
    expect(scene.asked.log).toEqual([]);
    expect(scene.newcomers).toEqual([peer(1, 4)]);
  });
});

describe("A contact that answers", () => {
  test("again is not announced again", () => {
    const { membership, newcomers } = sceneWith(0);
    for (let answer = 0; answer < 3; answer++) membership.addVerified(peer(1));
    expect(newcomers).toEqual([peer(1)]);
  });

  test("counts as heard of now", () => {
    const scene = sceneWith(K);
    scene.clock.advance(2 * FRESH_MS);
    for (const contact of peers(K)) scene.membership.addVerified(contact);
    scene.membership.addVerified(peer(50));
    expect(scene.asked.log).toEqual([]);
  });
});

describe("A contact that misses requests", () => {
  test("is not named to others, and is gone after the third", () => {
    const { membership } = sceneWith(3);
    membership.markMissed(peer(1));
    expect(keysOf(membership.table.closest(SELF, K))).not.toContain(peer(1).key);
    expect(membership.table.has(peer(1))).toBe(true);
    membership.markMissed(peer(1));
    membership.markMissed(peer(1));
    expect(membership.table.has(peer(1))).toBe(false);
  });

  test("counts as unmeasured when it comes back", () => {
    const { membership } = sceneWith(1);
    membership.roundTrips.measured(peer(0).key, 30);
    membership.markMissed(peer(0));
    expect(membership.roundTrips.of(peer(0).key)).toBeUndefined();
  });
});

describe("A challenge", () => {
  test("of a bucket that is empty, or was never used, asks nobody", () => {
    const { membership, asked, clock } = sceneWith(1);
    for (let miss = 0; miss < 3; miss++) membership.markMissed(peer(0));
    clock.advance(2 * FRESH_MS);
    for (const index of [0, 9]) membership.challengeStale(index);
    expect(asked.log).toEqual([]);
  });

  test("reaches a bucket that is not full too, and not while it is under way already", () => {
    const { membership, asked, clock } = sceneWith(2);
    membership.challengeStale(0);
    expect(asked.log).toEqual([]);
    clock.advance(2 * FRESH_MS);
    membership.challengeStale(0);
    membership.challengeStale(0);
    expect(asked.log.map(({ contact }) => shortId(contact.id))).toEqual([shortId(peer(0).id)]);
    at(asked.open, 0).fail();
    membership.challengeStale(0);
    expect(asked.log).toHaveLength(2);
  });
});

test("Under any sequence of calls and answers only those enter who have answered, and few are asked at once", () => {
  const random = new Random(8);
  const crowd = [0, 1, 2].flatMap((bucket) => peers(60, 0, bucket));
  for (let world = 0; world < 20; world++) {
    const { membership, asked, clock } = sceneWith(0);
    const answered = new Set<string>();
    for (let step = 0; step < 400; step++) {
      const event = random.int(10);
      const who = random.pick(crowd);
      if (event < 6) membership.addCandidate(who);
      else if (event < 7) clock.advance(random.int(4 * MINUTE));
      else if (asked.open.length > 0) {
        const one = random.pick(asked.open);
        if (random.int(3) > 0) {
          answered.add(one.contact.key);
          one.answer();
        } else one.fail();
      }
      expect(keysOf(membership.table.contacts()).filter((key) => !answered.has(key))).toEqual([]);
      expect(asked.open.filter(({ how }) => how === "verify").length).toBeLessThanOrEqual(MAX_VERIFYING);
      expect(new Set(asked.open.map(({ contact }) => contact.key)).size).toBe(asked.open.length);
    }
    expect(membership.table.size).toBeGreaterThan(K);
  }
});
