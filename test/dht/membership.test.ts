import { describe, expect, test } from "vitest";
import { DEFAULT_SETTINGS } from "../../dht/index.ts";
import { K, REPLACEMENTS, shortId } from "../../routing/index.ts";
import { at, keysOf } from "../support/ids.ts";
import { FRESH_MS, oldest, peer, peers, SELF, sceneWith, waiting } from "../support/membership-scene.ts";
import { Random } from "../support/random.ts";
import { MINUTE } from "../support/records.ts";

const MAX_VERIFYING = 64;

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
    scene.membership.roundTrips.measured(peer(0), 30);
    scene.clock.advance(2 * FRESH_MS);
    scene.membership.addVerified(peer(50));
    at(scene.asked.open, 0).fail();
    expect(keysOf(scene.membership.table.contacts())).toEqual(keysOf([...peers(K - 1, 1), peer(50)]));
    expect(scene.membership.table.size).toBe(K);
    expect(scene.membership.roundTrips.of(peer(0))).toBeUndefined();
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
    membership.roundTrips.measured(peer(0), 30);
    membership.markMissed(peer(0));
    expect(membership.roundTrips.of(peer(0))).toBeUndefined();
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
