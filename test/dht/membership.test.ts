import { describe, expect, test } from "vitest";
import { DEFAULT_SETTINGS } from "../../dht/index.ts";
import { K, REPLACEMENTS } from "../../routing/index.ts";
import { at, contactOf, keysOf } from "../support/ids.ts";
import { FRESH_MS, peer, peers, SELF, sceneWith, waiting } from "../support/membership-scene.ts";
import { Random } from "../support/random.ts";
import { MINUTE } from "../support/records.ts";

const MAX_VERIFYING = 64;

describe("A full bucket", () => {
  test("keeps everybody and asks nobody, however many knock: that must not tell when its contacts are checked", () => {
    const scene = sceneWith(K);
    for (let i = 100; i < 300; i++) {
      scene.clock.advance(MINUTE);
      scene.membership.addVerified(peer(i));
    }
    expect(scene.asked.log).toEqual([]);
    expect(keysOf(scene.membership.table.contacts())).toEqual(keysOf(peers(K)));
    expect(scene.newcomers).toEqual([]);
    expect(waiting(scene)).toHaveLength(REPLACEMENTS);
  });

  test("leaves the seat to a contact that answers its check, and counts it as heard of now", () => {
    const scene = sceneWith(K);
    scene.clock.advance(2 * FRESH_MS);
    scene.membership.addVerified(peer(50));
    scene.membership.check("fast");
    const { contact, how, request, timeoutMs } = at(scene.asked.open, 0);
    expect([how, request, timeoutMs]).toEqual(["request", { kind: "ping" }, DEFAULT_SETTINGS.requestTimeoutMs]);
    at(scene.asked.open, 0).answer();
    expect([...scene.membership.table.contacts()].at(-1)).toEqual(contact);
    expect(waiting(scene)).toEqual([peer(50).key]);
  });

  test("gives the seat of a contact that does not answer to one that waits, and forgets how quick it was", () => {
    const scene = sceneWith(K);
    for (const contact of peers(K)) scene.membership.roundTrips.measured(contact, 30);
    scene.clock.advance(2 * FRESH_MS);
    scene.membership.addVerified(peer(50));
    scene.membership.check("fast");
    const { contact } = at(scene.asked.open, 0);
    at(scene.asked.open, 0).fail();
    expect(keysOf(scene.membership.table.contacts()).sort()).toEqual(
      keysOf([...peers(K).filter(({ key }) => key !== contact.key), peer(50)]).sort(),
    );
    expect(scene.membership.roundTrips.of(contact)).toBeUndefined();
    expect(scene.newcomers).toEqual([peer(50)]);
    expect(waiting(scene)).toEqual([]);
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
    for (const pace of ["fast", "slow"] as const) scene.membership.check(pace);
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

describe("A check", () => {
  test("asks nobody where nobody is due: in an empty table, or one that was heard of lately", () => {
    for (const count of [0, K]) {
      const { membership, asked, clock } = sceneWith(0);
      for (const contact of peers(count)) membership.addVerified(contact);
      clock.advance(FRESH_MS / 5 - 1);
      for (const pace of ["fast", "slow"] as const) membership.check(pace);
      expect(asked.log).toEqual([]);
    }
  });

  test("is for new contacts after a minute, and for those that have long been there after five", () => {
    const { membership, asked, clock } = sceneWith(1);
    for (let minute = 0; minute < 10; minute++) {
      clock.advance(MINUTE);
      membership.check("slow");
      expect(asked.log).toHaveLength(minute);
      membership.check("fast");
      at(asked.open, 0).answer();
    }
    membership.check("fast");
    clock.advance(FRESH_MS - 1);
    membership.check("slow");
    expect(asked.log).toHaveLength(10);
    clock.advance(1);
    membership.check("fast");
    expect(asked.log).toHaveLength(10);
    membership.check("slow");
    expect(asked.log).toHaveLength(11);
  });

  test("of one that has just missed a request comes at once, and not while one is under way", () => {
    const { membership, asked, clock } = sceneWith(1);
    clock.advance(FRESH_MS);
    membership.check("fast");
    membership.check("fast");
    expect(asked.log).toHaveLength(1);
    at(asked.open, 0).fail();
    membership.check("fast");
    expect(asked.log).toHaveLength(2);
  });

  test("picks anybody who is due: no contact of a bucket can be told to be next", () => {
    const { membership, asked, clock } = sceneWith(K);
    clock.advance(10 * MINUTE);
    for (const contact of peers(K)) membership.addVerified(contact);
    const order: string[] = [];
    for (let n = 0; n < 400; n++) {
      clock.advance(FRESH_MS);
      membership.check("slow");
      order.push(at(asked.open, 0).contact.key);
      at(asked.open, 0).answer();
    }
    const counts = peers(K).map(({ key }) => order.filter((other) => other === key).length);
    expect(Math.min(...counts)).toBeGreaterThan(5);
    expect(Math.max(...counts)).toBeLessThan(60);
  });

  test("is for sixteen at once at most", () => {
    const { membership, asked, clock } = sceneWith(K);
    clock.advance(FRESH_MS);
    for (let n = 0; n < 200; n++) membership.check("fast");
    expect(asked.open).toHaveLength(16);
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

describe("A contact that answers sooner than others", () => {
  /** All that is known takes this long, and has been there for as long as everybody else. */
  function slowScene(ms: number) {
    const scene = sceneWith(K);
    for (const contact of peers(K)) scene.membership.roundTrips.measured(contact, ms);
    for (const contact of peers(K, 0, 1)) scene.membership.addVerified(contact);
    scene.newcomers.length = 0;
    return scene;
  }

  test("has the seat of one that takes longer, and counts as new", () => {
    const scene = slowScene(200);
    scene.membership.roundTrips.measured(peer(50), 20);
    scene.membership.addVerified(peer(50));
    expect(scene.membership.table.has(peer(50))).toBe(true);
    expect(scene.newcomers).toEqual([peer(50)]);
    expect(waiting(scene)).toHaveLength(1);
  });

  test("waits as all do while nobody knows how soon it answers", () => {
    const scene = slowScene(5_000);
    for (let i = 100; i < 160; i++) scene.membership.roundTrips.measured(peer(i), 1); // so a stranger is expected to be quick
    scene.membership.addVerified(peer(50));
    expect(scene.membership.table.has(peer(50))).toBe(false);
    expect(scene.newcomers).toEqual([]);
  });

  test("is known by the time that its proof took, which is two round trips", () => {
    const scene = slowScene(200);
    scene.membership.addCandidate(peer(50));
    scene.clock.advance(60);
    at(scene.asked.open, 0).answer();
    expect(scene.membership.roundTrips.of(peer(50))).toBe(30);
    expect(scene.membership.table.has(peer(50))).toBe(true);
  });

  test("is known by its checks", () => {
    const scene = sceneWith(1);
    scene.clock.advance(2 * FRESH_MS);
    scene.membership.check("fast");
    scene.clock.advance(80);
    at(scene.asked.open, 0).answer();
    expect(scene.membership.roundTrips.of(peer(0))).toBe(80);
  });
});

test("Whoever names somebody invented, whose id begins like that of another, does not have it forgotten how quick that one is", () => {
  const { membership } = sceneWith(1);
  membership.roundTrips.measured(peer(0), 30);
  const invented = contactOf(peer(0).id.map((byte, i) => (i < 8 ? byte : byte ^ 1)));
  membership.markMissed(invented);
  expect(membership.roundTrips.of(peer(0))).toBe(30);
  membership.markMissed(peer(0));
  expect(membership.roundTrips.of(peer(0))).toBeUndefined();
});
