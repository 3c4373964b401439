import { describe, expect, test } from "vitest";
import { capabilityKey, DEFAULT_SETTINGS, type Offer, type OverlaySettings, readSnapshot } from "../../dht/index.ts";
import { RepublishSweep } from "../../dht/republish-sweep.ts";
import { K } from "../../routing/index.ts";
import { find, publish, withdraw } from "../support/asking.ts";
import { heldBy, nearestMembers, visitorOf } from "../support/holders.ts";
import { at } from "../support/ids.ts";
import { type Member, MemoryNetwork } from "../support/memory-network.ts";
import { Random } from "../support/random.ts";
import { HOUR, MINUTE, offerOf, SWARM } from "../support/records.ts";

const INTERVAL = DEFAULT_SETTINGS.republishIntervalMs;
const LIFETIME = DEFAULT_SETTINGS.recordLifetimeMs;
const settings: Partial<OverlaySettings> = { mostOwn: 1_000 };

function grown(seed: number, count: number): { network: MemoryNetwork; publisher: Member } {
  const network = new MemoryNetwork(seed);
  network.grow(count, { settings });
  network.clock.advance(10_000);
  return { network, publisher: at(network.members, 3) };
}

/** Walks that a member begins while something happens: each has a target of its own. */
function walksOf(network: MemoryNetwork, member: Member, during: () => void): number {
  const targets = new Set<Uint8Array>();
  network.onSent = ({ from, request }) => {
    if (from.key === member.contact.key && request.kind === "find_node") targets.add(request.target);
  };
  during();
  network.onSent = undefined;
  return targets.size;
}

const names = (count: number): string[] => Array.from({ length: count }, (_, n) => `work-${n}`);

describe("Whoever publishes much", () => {
  test("walks once for all that is near each other, and all of it is where it should be", () => {
    const { network, publisher } = grown(1, 80);
    let settled = 0;
    const walks = walksOf(network, publisher, () => {
      for (const name of names(200))
        publisher.overlay.publish(
          offerOf(name),
          () => undefined,
          () => (settled += 1),
        );
      network.clock.until(() => settled === 200);
    });
    expect(walks).toBeLessThan(60);
    const again = walksOf(network, publisher, () => network.clock.advance(INTERVAL));
    expect(again).toBeLessThan(30);
    for (const name of names(200)) {
      const key = capabilityKey(SWARM, name);
      const nearest = nearestMembers(network, key, K + 1).filter((member) => member !== publisher);
      const holders = nearest.slice(0, K).filter((member) => heldBy(network, member, key, publisher));
      expect(holders.length).toBeGreaterThanOrEqual(K - 1);
    }
  });

  test("keeps all of it alive for days", () => {
    const { network, publisher } = grown(2, 30);
    for (const name of names(20)) publisher.overlay.publish(offerOf(name), () => undefined);
    const visitor = visitorOf(network);
    for (let hours = 0; hours < 30; hours += 5) {
      network.clock.advance(5 * HOUR);
      for (const name of ["work-0", "work-7", "work-19"]) expect(find(network, visitor, name).matches).toHaveLength(1);
    }
  });
});

test("Each key is passed once in an interval, where it lies; at the earliest half an interval after it was stored", () => {
  const { publisher } = grown(3, 5);
  const random = new Random(1);
  const sweep = new RepublishSweep(publisher.overlay, () => undefined);
  for (let n = 0; n < 200; n++) {
    const key = random.bytes(32);
    const storedAt = 1_767_225_600_000 + random.int(10 * HOUR);
    const due = sweep.dueAfter(key, storedAt);
    expect(due - storedAt).toBeGreaterThanOrEqual(INTERVAL / 2);
    expect(due - storedAt).toBeLessThanOrEqual(1.5 * INTERVAL);
    expect(sweep.dueAfter(key, due) - due).toBeCloseTo(INTERVAL, 0);
  }
});

describe("A node that is started again", () => {
  test("goes on with what it has published, and with higher numbers", () => {
    const { network, publisher } = grown(4, 30);
    for (const name of names(20)) publish(network, publisher, offerOf(name));
    const { records } = readSnapshot(publisher.overlay.snapshot(), SWARM);
    publisher.overlay.stop();
    network.members.splice(network.members.indexOf(publisher), 1);
    const reborn = network.add(4, { settings }); // the same key at the same address
    network.join(reborn, [at(network.members, 0).address]);
    reborn.overlay.resume([...records, { bytes: new Uint8Array(3), holders: 1 }]);
    expect(reborn.overlay.published).toHaveLength(20);
    network.clock.advance(LIFETIME + HOUR);
    for (const name of names(20)) expect(find(network, visitorOf(network), name).matches).toHaveLength(1);
  });

  /**
   * A bulk publisher, gone without a word, and its next life with what it kept: it joins, and then its program publishes the same again.
   */
  function restarted(seed: number, again: Partial<Offer> = {}) {
    const { network, publisher } = grown(seed, 30);
    for (const name of names(40)) publish(network, publisher, offerOf(name));
    network.clock.advance(MINUTE);
    const { records } = readSnapshot(publisher.overlay.snapshot(), SWARM);
    publisher.overlay.stop();
    network.members.splice(network.members.indexOf(publisher), 1);
    const reborn = network.add(4, { settings });
    reborn.overlay.resume(records);
    let stores = 0;
    network.onSent = ({ from, request }) => {
      if (from.key === reborn.contact.key && request.kind === "store") stores += 1;
    };
    network.join(reborn, [at(network.members, 0).address]);
    const reports = names(40).map((name) => publish(network, reborn, offerOf(name, again)));
    network.clock.advance(1_000);
    network.onSent = undefined;
    return { network, reborn, reports, stores };
  }

  test("stores nothing anew of much that it had published and says again, and keeps it alive when its time comes", () => {
    const { network, reports, stores } = restarted(7);
    expect(stores).toBe(0);
    for (const { holders, requests } of reports) {
      expect(holders).toBeGreaterThanOrEqual(K);
      expect(requests).toBe(0);
    }
    network.clock.advance(LIFETIME + HOUR);
    for (const name of names(40)) expect(find(network, visitorOf(network), name).matches).toHaveLength(1);
  });

  test("stores what it says otherwise than before", () => {
    const { network, reports, stores } = restarted(8, { version: "2.0.0" });
    expect(stores).toBeGreaterThanOrEqual(40 * K);
    for (const { requests } of reports) expect(requests).toBeGreaterThan(0);
    for (const name of names(40)) expect(find(network, visitorOf(network), name).matches[0]?.record.version).toBe("2.0.0");
  });

  test("does not take up what another has published", () => {
    const { network, publisher } = grown(5, 10);
    publish(network, publisher, offerOf("work"));
    const other = at(network.members, 5);
    other.overlay.resume(readSnapshot(publisher.overlay.snapshot(), SWARM).records);
    expect(other.overlay.published).toEqual([]);
  });
});

describe("A withdrawal", () => {
  test("wins over stale copies while members come and go, until what it withdraws has expired", () => {
    for (let seed = 6; seed < 9; seed++) {
      const { network, publisher } = grown(seed, 40);
      const random = new Random(seed);
      publish(network, publisher, offerOf("work"));
      const stale = at(publisher.overlay.published, 0);
      withdraw(network, publisher, "work");
      const key = capabilityKey(SWARM, "work");
      for (let number = 500; network.clock.wallClock() < stale.expires - MINUTE; number++) {
        const leaves = random.pick(network.alive.filter((member) => member !== publisher && member !== at(network.members, 0)));
        network.kill(leaves);
        const newcomer = network.add(number, { settings });
        network.join(newcomer, [at(network.members, 0).address]);
        newcomer.overlay.store.put(key, stale, network.clock.wallClock()); // it has been away, and has it still
        network.clock.advance(3 * MINUTE);
        expect(find(network, at(network.members, 0), "work").matches).toEqual([]);
      }
    }
  });
});
