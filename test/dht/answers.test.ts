import { describe, expect, test } from "vitest";
import { type Caller, capabilityKey, signRecord } from "../../dht/index.ts";
import { type Contact, K } from "../../routing/index.ts";
import { at, contactOf, idNear, keysOf, sortedByDistance } from "../support/ids.ts";
import { type Member, MemoryNetwork } from "../support/memory-network.ts";
import { Random } from "../support/random.ts";
import { claimOf, publisherOf, SWARM } from "../support/records.ts";

const KEY = capabilityKey(SWARM, "work");
const NOBODY: Caller = { id: undefined, claimed: undefined };

/** A member that knows many, among them a crowd around a place in the id space. */
function wellConnected(near: Uint8Array, crowd: number): { member: Member; network: MemoryNetwork; known: Contact[] } {
  const network = new MemoryNetwork(1);
  const member = network.add(1);
  const random = new Random(5);
  const far = Array.from({ length: 300 }, () => contactOf(random.bytes(32)));
  const close = Array.from({ length: crowd }, () => contactOf(idNear(near, random, 20 + random.int(30))));
  for (const contact of [...far, ...close]) member.overlay.membership.table.addVerified(contact, 0);
  return { member, network, known: [...member.overlay.membership.table.contacts()] };
}

describe("find_node", () => {
  test("is answered with the 20 nearest known, nearest first", () => {
    const { member, known } = wellConnected(KEY, 30);
    const response = member.overlay.handle(NOBODY, { kind: "find_node", target: KEY });
    const expected = keysOf(sortedByDistance(KEY, known).slice(0, K));
    expect(response.kind === "find_node" && keysOf(response.contacts)).toEqual(expected);
  });

  test("never names the caller to itself, and still names 20", () => {
    const { member, known } = wellConnected(KEY, 30);
    const caller = at(sortedByDistance(KEY, known), 4);
    const response = member.overlay.handle({ id: caller.id, claimed: undefined }, { kind: "find_node", target: KEY });
    const expected = keysOf(
      sortedByDistance(
        KEY,
        known.filter((contact) => contact !== caller),
      ).slice(0, K),
    );
    expect(response.kind === "find_node" && keysOf(response.contacts)).toEqual(expected);
  });
});

describe("store", () => {
  const store = (member: Member, network: MemoryNetwork, bytes?: Uint8Array) => {
    const record = bytes ?? signRecord(claimOf({ capability: "work", issued: network.clock.wallClock() }), publisherOf(2)).bytes;
    return member.overlay.handle(NOBODY, { kind: "store", key: KEY, record });
  };

  test("is declined where 40 known nodes are nearer to the key, and accepted where fewer are", () => {
    // In the far half of the id space from the key, so that all of the crowd is nearer.
    const crowded = wellConnected(KEY, 200);
    const nearer = sortedByDistance(KEY, [...crowded.known, crowded.member.contact]).indexOf(crowded.member.contact);
    expect(nearer).toBeGreaterThanOrEqual(2 * K);
    expect(store(crowded.member, crowded.network)).toMatchObject({ outcome: "not-close" });
    const lonely = new MemoryNetwork(2);
    expect(store(lonely.add(1), lonely)).toMatchObject({ outcome: "stored" });
  });

  test("of what is no record is invalid, and says why", () => {
    const network = new MemoryNetwork(3);
    const member = network.add(1);
    expect(store(member, network, new Uint8Array(10))).toMatchObject({ outcome: "invalid", reason: expect.stringContaining("record") });
    expect(member.overlay.store.size).toBe(0);
  });
});
