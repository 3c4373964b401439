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
const MAX_VERIFYING = 64;
const MAX_VERIFYING_PER_HOST = 4;

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
    expect(verification).toMatchObject({ how: "verify", contact: peer(1), timeoutMs: 2_500 });
    verification.answer();
    expect([...membership.table.contacts()]).toEqual([peer(1)]);
    expect(newcomers).toEqual([peer(1)]);
  });

  test("that does not answer never enters, and is dialled again after a minute, elsewhere at once", () => {
    const { membership, asked, clock, newcomers } = sceneWith(0);
    for (let attempt = 1; attempt <= 3; attempt++) {
      membership.addCandidate(peer(1));
      at(asked.open, 0).fail();
      clock.advance(MINUTE - 1);
      membership.addCandidate(peer(1));
      expect(asked.log).toHaveLength(attempt);
      clock.advance(1);
    }
    membership.addCandidate(peer(1));
    at(asked.open, 0).fail();
    expect([membership.table.size, newcomers.length]).toEqual([0, 0]);
    membership.addCandidate({ ...peer(1), addresses: ["mem://elsewhere"] });
    at(asked.open, 0).answer();
    expect([...membership.table.contacts()]).toMatchObject([{ addresses: ["mem://elsewhere"] }]);
  });

  test("is asked once at a time, however often it calls", () => {
    const { membership, asked } = sceneWith(0);
    for (let call = 0; call < 5; call++) membership.addCandidate(peer(1));
    expect(asked.log).toHaveLength(1);
  });

  test("that has a seat is not asked again, and its seat is not touched", () => {
    const { membership, asked, newcomers } = sceneWith(3);
    membership.addCandidate(peer(0));
    expect(asked.log).toEqual([]);
    expect([...membership.table.contacts()]).toEqual(peers(3));
    expect(newcomers).toEqual([]);
  });

  test.each([3, K + 1])("that has moved is dialled at its new address, and known by it once it has answered there (%i known)", (known) => {
    const { membership, asked, newcomers } = sceneWith(known);
    const moved = { ...peer(known - 1), addresses: ["mem://elsewhere"] };
    membership.addCandidate(moved);
    expect(membership.asKnown(moved).addresses).toEqual(peer(known - 1).addresses);
    at(asked.open, 0).answer();
    expect(membership.asKnown(peer(known - 1)).addresses).toEqual(["mem://elsewhere"]);
    expect([membership.table.size, newcomers.length]).toEqual([Math.min(known, K), 0]);
  });

  test("that names further addresses is not dialled again for those", () => {
    const { membership, asked } = sceneWith(1);
    const [known = ""] = peer(0).addresses;
    membership.addCandidate({ ...peer(0), addresses: [known, "mem://elsewhere"] });
    expect(asked.log).toEqual([]);
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

  test("is one of at most 64 that are asked at once, over all buckets, and each answer makes room for one", () => {
    const { membership, asked } = sceneWith(0);
    const crowd = Array.from({ length: 100 }, (_, i) => peer(i, i % 7));
    for (const contact of crowd) membership.addCandidate(contact);
    expect(asked.open.map(({ contact }) => contact)).toEqual(crowd.slice(0, MAX_VERIFYING));
    at(asked.open, 3).answer();
    at(asked.open, 5).fail();
    for (const contact of crowd.slice(80)) membership.addCandidate(contact);
    expect(asked.open).toHaveLength(MAX_VERIFYING);
    expect(asked.log.slice(MAX_VERIFYING).map(({ contact }) => contact)).toEqual(crowd.slice(80, 82));
  });

  test("is one of at most 4 from its host, so that one attacker's black holes starve nobody else", () => {
    const { membership, asked } = sceneWith(0);
    for (let n = 0; n < 100; n++) membership.addCandidate(peer(n, n % 7), "203.0.113.7");
    expect(asked.open).toHaveLength(MAX_VERIFYING_PER_HOST);
    membership.addCandidate(peer(200), "198.51.100.1");
    membership.addCandidate(peer(201));
    expect(asked.open).toHaveLength(MAX_VERIFYING_PER_HOST + 2);
    at(asked.open, 0).fail();
    membership.addCandidate(peer(202), "203.0.113.7");
    expect(asked.open).toHaveLength(MAX_VERIFYING_PER_HOST + 2);
  });

  test("does not wait for the ping of a contact that may have to make room", () => {
    const { membership, asked, clock } = sceneWith(K);
    clock.advance(2 * FRESH_MS);
    membership.challengeStale(0);
    for (let n = 0; n < 2 * MAX_VERIFYING; n++) membership.addCandidate(peer(100 + n, 1 + (n % 7)));
    expect(asked.open.filter(({ how }) => how === "verify")).toHaveLength(MAX_VERIFYING);
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

describe("A contact that answers over a link which it dialled itself", () => {
  const liars = { ...peer(1), addresses: ["mem://somebody-else"] };

  test("does not enter by an address that others named, but is dialled there", () => {
    const { membership, asked } = sceneWith(0);
    membership.answered(liars, undefined);
    expect(membership.table.size).toBe(0);
    expect(asked.open).toMatchObject([{ how: "verify", contact: liars }]);
    at(asked.open, 0).fail();
    expect(membership.table.size).toBe(0);
  });

  test("keeps its seat, under the address that was proved, and counts as heard of now", () => {
    const scene = sceneWith(2);
    scene.clock.advance(FRESH_MS);
    scene.membership.answered({ ...peer(0), addresses: ["mem://somebody-else"] }, undefined);
    expect([...scene.membership.table.contacts()]).toEqual([peer(1), peer(0)]);
    expect(scene.asked.log).toEqual([]);
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
  test("leaves its seat to the next in line, which is announced", () => {
    const { membership, newcomers } = sceneWith(K + 2);
    membership.markMissed(peer(3));
    expect(newcomers).toEqual([peer(K + 1)]);
    expect(membership.table.has(peer(K + 1))).toBe(true);
    membership.markMissed(peer(K));
    expect(newcomers).toHaveLength(1);
  });

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
