import { describe, expect, test } from "vitest";
import { capabilityKey } from "../../dht/index.ts";
import { NearestHeard } from "../../dht/nearest-heard.ts";
import { type Contact, K, partBetween } from "../../routing/index.ts";
import { heldBy, nearestMembers } from "../support/holders.ts";
import { at, contactOf, sortedByDistance } from "../support/ids.ts";
import { type Member, MemoryNetwork } from "../support/memory-network.ts";
import { Random } from "../support/random.ts";
import { offerOf, SWARM } from "../support/records.ts";

const KEY = capabilityKey(SWARM, "work");

function contactsOf(seed: number, count: number): Contact[] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => contactOf(random.bytes(32)));
}

describe("The nearest that were heard of", () => {
  test("are the same as those of a sorted list, whatever is named how often", () => {
    const contacts = contactsOf(1, 60);
    const heard = new NearestHeard(KEY, K);
    for (let n = 0; n < 200; n++) {
      const named = contacts.slice((n * 7) % 50, ((n * 7) % 50) + 10);
      heard.add(named);
    }
    expect(heard.within).toBe(partBetween(KEY, at(sortedByDistance(KEY, contacts), K - 1).id));
  });

  test("are too few for as long as fewer were named, and as few as there are once that is settled", () => {
    const contacts = contactsOf(2, K - 1);
    const heard = new NearestHeard(KEY, K);
    heard.add(contacts);
    expect(heard.within).toBe(0);
    heard.settle(contacts);
    expect(heard.within).toBe(1);
  });
});

test("A publisher that takes the network for far too small goes on when the nearest hold its record, not when anybody does", () => {
  const network = new MemoryNetwork(3);
  network.grow(120);
  const far = sortedByDistance(
    KEY,
    network.members.map(({ contact }) => contact),
  ).slice(-2 * K);
  const publisher = network.add(1_000, { settings: { alpha: 2 * K, mostAlpha: 2 * K } });
  for (const contact of far) publisher.overlay.membership.answered(contact, contact);
  expect(publisher.overlay.membership.size.estimate.nodes).toBeLessThan(80);
  const nearest = nearestMembers(network, KEY, K);
  for (const member of nearest) network.delay(member, 200);
  let isEnough = false;
  publisher.overlay.publish(offerOf("work"), () => (isEnough = true));
  network.clock.until(() => isEnough);
  const holds = (member: Member) => heldBy(network, member, KEY, publisher) !== undefined;
  expect(nearest.filter(holds).length).toBeGreaterThanOrEqual(K / 2);
});
