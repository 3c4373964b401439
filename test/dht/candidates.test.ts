import { describe, expect, test } from "vitest";
import { K, REPLACEMENTS } from "../../routing/index.ts";
import { at, contactOf } from "../support/ids.ts";
import { FRESH_MS, peer, peers, SELF, sceneWith } from "../support/membership-scene.ts";
import { MINUTE } from "../support/records.ts";

const MAX_VERIFYING = 64;
const MAX_VERIFYING_PER_HOST = 4;

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
    membership.check("fast");
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
