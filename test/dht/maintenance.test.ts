import { describe, expect, test } from "vitest";
import { DEFAULT_SETTINGS, failed, type OverlayRequest, type OverlaySettings } from "../../dht/index.ts";
import { commonPrefixLength, idInBucket, K } from "../../routing/index.ts";
import { publish } from "../support/asking.ts";
import { at, contactOf } from "../support/ids.ts";
import { type Member, MemoryNetwork, type Sent } from "../support/memory-network.ts";
import { Random } from "../support/random.ts";
import { DAY, HOUR, MINUTE, offerOf } from "../support/records.ts";

const { refreshIntervalMs, freshForMs, sweepIntervalMs } = DEFAULT_SETTINGS;

/** All that one member asks while time passes. */
function askedBy(network: MemoryNetwork, { contact }: Member, ms: number): Sent[] {
  const asked: Sent[] = [];
  network.onSent = (sent) => {
    if (sent.from.key === contact.key) asked.push(sent);
  };
  network.clock.advance(ms);
  network.onSent = undefined;
  return asked;
}

/** What one member walked to: each target once, in order. */
function walksOf(asked: readonly Sent[]): Uint8Array[] {
  const targets = asked.flatMap(({ request }) => (request.kind === "find_node" ? [request.target] : []));
  return [...new Map(targets.map((target) => [Buffer.from(target).toString("hex"), target])).values()];
}

const kindsOf = (asked: readonly Sent[]): OverlayRequest["kind"][] => asked.map(({ request }) => request.kind);

/** A member that knows others in its first bucket, who are no more than names. */
function lonely(seed: number, contacts: number, settings: Partial<OverlaySettings> = {}) {
  const network = new MemoryNetwork(seed);
  const member = network.add(1, { settings });
  const random = new Random(seed);
  const { membership } = member.overlay;
  const names = Array.from({ length: contacts }, () => contactOf(idInBucket(membership.table.self, 0, random.bytes(32))));
  const keepFresh = () => {
    for (const contact of names) membership.addVerified(contact);
  };
  keepFresh();
  return { network, member, names, keepFresh };
}

describe("Refreshing", () => {
  test("walks into every bucket in use by bits, once an hour, and into none that is empty ground", () => {
    const network = new MemoryNetwork(1);
    network.grow(30, { upkeep: true });
    network.clock.advance(HOUR);
    const hours = 6;
    for (const member of network.members.slice(0, 2)) {
      const { table } = member.overlay.membership;
      const walks = new Map<number, number>();
      for (const target of walksOf(askedBy(network, member, hours * refreshIntervalMs))) {
        const index = commonPrefixLength(member.overlay.self.id, target);
        walks.set(index, (walks.get(index) ?? 0) + 1);
      }
      for (let index = 0; index < table.depth; index++) {
        if (table.bucket(index)?.isFull) continue;
        expect(walks.get(index) ?? 0).toBeGreaterThanOrEqual(hours - 2);
        expect(walks.get(index) ?? 0).toBeLessThanOrEqual(hours + 1);
      }
      expect(Math.max(...walks.keys())).toBeLessThan(table.depth);
      expect(table.depth).toBeGreaterThan(3);
    }
  });

  test("draws another target each time", () => {
    const network = new MemoryNetwork(2);
    network.grow(15, { upkeep: true });
    const member = at(network.members, 3);
    const asked = askedBy(network, member, DAY);
    const { depth } = member.overlay.membership.table;
    expect(walksOf(asked).length).toBeGreaterThan(0.8 * 24 * depth);
  });

  test("lets a node that joined while the network was small find those who came later", () => {
    const network = new MemoryNetwork(3);
    const first = at(network.grow(2, { upkeep: true }), 0);
    const others = Array.from({ length: 60 }, (_, n) => network.add(100 + n));
    // They know each other and nobody else; then one of them is heard of.
    for (const other of others) for (const { contact } of others) other.overlay.membership.addVerified(contact);
    first.overlay.membership.addVerified(at(others, 0).contact);
    network.clock.advance(2 * refreshIntervalMs);
    expect(first.overlay.membership.table.size).toBeGreaterThan(2 * K);
  });

  const HEARD_OF = [
    { contacts: K, heard: true, walks: [0, 0] },
    { contacts: K - 1, heard: true, walks: [2, 3] },
    { contacts: K, heard: false, walks: [1, 3] },
  ] as const;

  test.each(HEARD_OF)("spares a bucket if it is full and all of it was heard of within the hour, and only then: %o", (given) => {
    const { network, member, keepFresh } = lonely(4, given.contacts, { revalidateIntervalMs: 100 * DAY });
    member.overlay.start();
    let walks = 0;
    for (let minute = 0; minute < 180; minute += 4) {
      walks += walksOf(askedBy(network, member, 4 * MINUTE)).length;
      if (given.heard) keepFresh();
    }
    expect(walks).toBeGreaterThanOrEqual(given.walks[0]);
    expect(walks).toBeLessThanOrEqual(given.walks[1]);
  });
});

describe("Revalidation", () => {
  test("finds out by itself that a contact is dead: three pings, and it is gone", () => {
    const { network, member } = lonely(10, 1);
    member.overlay.start();
    const asked = askedBy(network, member, freshForMs / 5 - 1);
    expect(kindsOf(asked)).not.toContain("ping");
    const pings = kindsOf(askedBy(network, member, 10 * MINUTE)).filter((kind) => kind === "ping");
    expect(pings).toHaveLength(3);
    expect(member.overlay.membership.table.size).toBe(0);
  });

  test("asks nobody who was heard of within five minutes, and everybody who was not", () => {
    const network = new MemoryNetwork(11);
    network.grow(12, { upkeep: true });
    network.clock.advance(HOUR);
    const member = at(network.members, 4);
    const pinged = askedBy(network, member, 2 * HOUR).filter(({ request }) => request.kind === "ping");
    expect(new Set(pinged.map(({ to }) => to.key)).size).toBe(11);
    const lastHeard = new Map<string, number>();
    network.onSent = ({ from, to, request }) => {
      if (from.key !== member.contact.key) return;
      const now = network.clock.now();
      if (request.kind === "ping") expect(now - (lastHeard.get(to.key) ?? 0)).toBeGreaterThanOrEqual(freshForMs - 1_000);
      lastHeard.set(to.key, now);
    };
    network.clock.advance(HOUR);
  });

  test("gives the seat of a dead contact to one that waited for it", () => {
    const { network, member, names } = lonely(12, K);
    const { membership } = member.overlay;
    const living = Array.from({ length: 60 }, (_, n) => network.add(100 + n).contact);
    const waiting = living.filter((contact) => membership.table.bucketIndex(contact) === 0).slice(0, 10);
    for (const contact of waiting) membership.addVerified(contact);
    expect(waiting.some((contact) => membership.table.has(contact))).toBe(false);
    member.overlay.start();
    network.clock.advance(2 * HOUR);
    for (const contact of waiting) expect(membership.table.has(contact)).toBe(true);
    for (const contact of names) expect(membership.table.has(contact)).toBe(false);
  });
});

describe("Sweeping", () => {
  test("drops what has expired within two intervals, though nobody asks for it", () => {
    const network = new MemoryNetwork(20);
    const member = network.add(1);
    member.overlay.start();
    publish(network, member, offerOf("work"));
    const { expires } = at(member.overlay.published, 0);
    expect(member.overlay.store.size).toBe(1);
    member.overlay.withdraw("work", () => undefined);
    network.clock.advance(expires - network.clock.wallClock() - 1);
    expect(member.overlay.store.size).toBe(1);
    network.clock.advance(1 + 2 * sweepIntervalMs);
    expect(member.overlay.store.size).toBe(0);
  });
});

describe("Upkeep", () => {
  test("started twice is done once", () => {
    const pingsIn = (starts: number): number => {
      const network = new MemoryNetwork(30);
      network.grow(12);
      const member = at(network.members, 4);
      for (let n = 0; n < starts; n++) member.overlay.start();
      return kindsOf(askedBy(network, member, DAY)).filter((kind) => kind === "ping").length;
    };
    const once = pingsIn(1);
    expect(once).toBeGreaterThan(500);
    expect(pingsIn(3)).toBe(once);
  });

  test("is not begun by joining: a node that was not started does nothing by itself", () => {
    const network = new MemoryNetwork(31);
    network.grow(12);
    network.clock.advance(MINUTE);
    const { messages } = network;
    network.clock.advance(DAY);
    expect(network.messages).toBe(messages);
  });

  test("goes on among peers that refuse everything", () => {
    const network = new MemoryNetwork(32);
    network.grow(12, { upkeep: true });
    const member = at(network.members, 4);
    for (const other of network.members) if (other !== member) network.lie(other, () => failed("refused", "no"));
    network.clock.advance(HOUR);
    for (const other of network.members) network.lie(other, (_, honest) => honest());
    network.clock.advance(3 * HOUR);
    expect(member.overlay.membership.table.size).toBe(11);
  });
});
