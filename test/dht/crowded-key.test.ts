import { describe, expect, test } from "vitest";
import { capabilityKey } from "../../dht/index.ts";
import { K } from "../../routing/index.ts";
import { find, publish } from "../support/asking.ts";
import { heldBy, nearestMembers, visitorOf } from "../support/holders.ts";
import { at, sortedByDistance } from "../support/ids.ts";
import { type Member, MemoryNetwork } from "../support/memory-network.ts";
import { offerOf, SWARM } from "../support/records.ts";

const KEY = capabilityKey(SWARM, "work");
/** Members of an attacker, chosen among so many keys that they are the nearest. */
const GROUND = 25;
const TRIES = 1_200;

/** Honest members that know each other, and those whose ids were ground next to the key: they name each other, and keep nothing. */
function attacked(seed: number, honest = 100): { network: MemoryNetwork; members: Member[]; publisher: Member } {
  const network = new MemoryNetwork(seed);
  const members = network.grow(honest);
  const before = network.members.length;
  const tries = Array.from({ length: TRIES }, (_, n) => network.add(1_000 + n));
  const nearest = sortedByDistance(
    KEY,
    tries.map(({ contact }) => contact),
  ).slice(0, GROUND);
  const ground = tries.filter(({ contact }) => nearest.includes(contact));
  network.members.splice(before, TRIES, ...ground);
  for (const member of ground) {
    network.join(member, [at(members, 0).address]);
    network.lie(member, (request, honestly) => {
      const contacts = sortedByDistance(KEY, nearest).filter(({ key }) => key !== member.contact.key);
      if (request.kind === "store") return { kind: "store", outcome: "stored", split: undefined, reason: undefined };
      if (request.kind === "find_records")
        return { kind: "find_records", records: [], more: undefined, split: 0, contacts: contacts.slice(0, K) };
      return request.kind === "find_node" ? { kind: "find_node", contacts: contacts.slice(0, K) } : honestly();
    });
  }
  network.clock.advance(10_000);
  const publisher = at(nearestMembers(network, KEY, honest + GROUND), -1);
  return { network, members, publisher };
}

describe("A key next to which an attacker has ground ids, until these are all of the nearest,", () => {
  test.each([1, 2])("is published to its region, and found there (world %i)", (seed) => {
    const { network, members, publisher } = attacked(seed);
    expect(nearestMembers(network, KEY, K).filter((member) => members.includes(member)).length).toBeLessThanOrEqual(3);
    publish(network, publisher, offerOf("work"));
    const holders = members.filter((member) => heldBy(network, member, KEY, publisher) !== undefined);
    expect(holders.length).toBeGreaterThanOrEqual(K / 2);
    const { matches, report } = find(network, visitorOf(network), "work");
    expect(matches).toHaveLength(1);
    expect(report.requests).toBeLessThan(100);
  });

  test("costs nothing more where nobody attacks: a publish walks and stores, and a search walks", () => {
    for (let seed = 1; seed <= 3; seed++) {
      const network = new MemoryNetwork(seed);
      const members = network.grow(100);
      network.clock.advance(10_000);
      const { requests, outcomes } = publish(network, at(members, 20 * seed), offerOf("work"));
      expect(requests).toBeLessThan(2 * 35 + 25);
      expect(outcomes.stored).toBeLessThan(K + 6);
      expect(find(network, at(members, 10 * seed), "work").report.requests).toBeLessThan(40);
    }
  });
});

test("A finder that takes the network for smaller than it is suspects a key in vain, and finds what is under it all the same", () => {
  const network = new MemoryNetwork(4);
  const members = network.grow(100);
  network.clock.advance(10_000);
  publish(network, at(members, 10), offerOf("work"));
  const finder = at(nearestMembers(network, KEY, 100), -1);
  for (const holder of nearestMembers(network, KEY, K / 2))
    network.lie(holder, (_, honestly) => {
      const answer = honestly();
      return answer.kind === "find_records" ? { ...answer, records: [] } : answer;
    });
  const { size } = finder.overlay.membership;
  for (let n = 0; n < 16; n++) {
    const target = at(members, n).contact.id;
    const far = nearestMembers(network, target, 100).slice(-K);
    size.heard(
      target,
      far.map(({ contact }) => contact),
      K,
    );
  }
  expect(size.estimate.nodes).toBeLessThan(40);
  const { matches, report } = find(network, finder, "work");
  expect(matches).toHaveLength(1);
  expect(report.complete).toBe(true);
});
