import { describe, expect, test } from "vitest";
import { failed, type LookupResult, type OverlaySettings, type Stoppable } from "../../dht/index.ts";
import { K, makeContact, type NodeId } from "../../routing/index.ts";
import { nearestMembers } from "../support/holders.ts";
import { at, keysOf } from "../support/ids.ts";
import { LATENCY_MS, type Member, MemoryNetwork } from "../support/memory-network.ts";
import { Random } from "../support/random.ts";
import { HOUR, offerOf } from "../support/records.ts";

const ROUND_TRIP_MS = 2 * LATENCY_MS;

interface Walking {
  readonly results: LookupResult[];
  readonly run: Stoppable;
}

function walk(member: Member, target: NodeId): Walking {
  const results: LookupResult[] = [];
  return { results, run: member.overlay.lookup(target, (result) => results.push(result)) };
}

function walked(network: MemoryNetwork, member: Member, target: NodeId): LookupResult {
  const { results } = walk(member, target);
  network.clock.until(() => results.length > 0);
  return at(results, 0);
}

function settled(seed: number, size: number, settings: Partial<OverlaySettings> = {}): { network: MemoryNetwork; member: Member } {
  const network = new MemoryNetwork(seed);
  network.grow(size, { settings });
  network.clock.advance(10_000);
  return { network, member: at(network.members, 7) };
}

/** The k nearest others, by brute force. */
function oracleOf(network: MemoryNetwork, member: Member, target: NodeId): string[] {
  const others = nearestMembers(network, target, K + 1).filter((other) => other !== member);
  return keysOf(others.slice(0, K).map(({ contact }) => contact));
}

describe("A walk", () => {
  test("ends at the true k nearest, says what it took, and asks few", () => {
    const random = new Random(1);
    const { network } = settled(1, 150);
    for (let n = 0; n < 30; n++) {
      const [member, target] = [random.pick(network.members), random.bytes(32)];
      const before = network.messages;
      const result = walked(network, member, target);
      expect(keysOf(result.closest)).toEqual(oracleOf(network, member, target));
      expect(result).toMatchObject({ complete: true, failed: 0, late: 0 });
      expect(network.messages - before).toBeGreaterThanOrEqual(result.requests);
      expect(result.requests).toBeLessThanOrEqual(40);
      expect(result.hops).toBeLessThanOrEqual(result.ms / ROUND_TRIP_MS);
    }
  });

  test("of a node that knows nobody ends at once", () => {
    const alone = new MemoryNetwork(2).add(1);
    const { results } = walk(alone, new Uint8Array(32));
    expect(results).toMatchObject([{ closest: [], complete: true, requests: 0, hops: 0, ms: 0 }]);
  });

  test("has no more requests under way than α, which may be set", () => {
    for (const alpha of [1, 3]) {
      const { network, member } = settled(3, 60, { alpha, closingAlpha: alpha });
      const sentAt = new Map<number, number>();
      network.onSent = ({ from }) => {
        if (from.key === member.contact.key) sentAt.set(network.clock.now(), (sentAt.get(network.clock.now()) ?? 0) + 1);
      };
      walked(network, member, new Random(3).bytes(32));
      // With one latency for all, each moment sends what the answers of that moment have made room for.
      expect(Math.max(...sentAt.values())).toBe(alpha);
    }
  });
});

describe("The time given to a request", () => {
  test("is the one that was set, for every request there is", () => {
    const settings = { requestTimeoutMs: 700 };
    const { network, member } = settled(10, 30, settings);
    const given = { request: new Set<number>(), verify: new Set<number>(), dial: new Set<number>() };
    network.onSent = ({ timeoutMs }) => given.request.add(timeoutMs);
    network.onVerified = (_, timeoutMs) => given.verify.add(timeoutMs);
    network.onDialled = (_, timeoutMs) => given.dial.add(timeoutMs);
    member.overlay.start();
    member.overlay.publish(offerOf("work"), () => undefined);
    member.overlay.find("work", { limit: 5 }, () => undefined);
    network.join(network.add(999, { settings }), [member.address]);
    network.clock.advance(HOUR);
    expect(given).toEqual({ request: new Set([700]), verify: new Set([700]), dial: new Set([700]) });
  });

  test("ends a walk among the silent", () => {
    const { network, member } = settled(11, 30, { requestTimeoutMs: 700 });
    for (const other of network.members) network.lie(other, () => "silence");
    const result = walked(network, member, new Uint8Array(32));
    expect(result).toMatchObject({ closest: [], failed: result.requests });
    expect(result.ms).toBeLessThan(2_000);
  });
});

describe("Peers that are silent", () => {
  test("hold up few walks longer than it takes to notice that they are late, and none for long beyond that", () => {
    let quick = 0;
    for (let seed = 20; seed < 36; seed++) {
      const { network, member } = settled(seed, 100);
      const target = new Random(seed).bytes(32);
      const order = nearestMembers(network, target, 60).filter((other) => other !== member);
      const silent = order.slice(0, 30).filter((_, index) => index % 10 === 0);
      for (const other of silent) network.lie(other, () => "silence");
      const { ms, late, closest } = walked(network, member, target);
      const found = new Set(keysOf(closest));
      const nearest = order.filter((other) => !silent.includes(other)).slice(0, K);
      expect(nearest.filter(({ contact }) => found.has(contact.key)).length).toBeGreaterThanOrEqual(K - 2);
      expect(late).toBeGreaterThan(0);
      expect(ms).toBeLessThan(2_000); // of the five seconds that a request has
      if (ms < 600) quick += 1;
    }
    expect(quick).toBeGreaterThanOrEqual(11);
  });

  test("lose their places in the table, and those that refuse do not", () => {
    const { network, member } = settled(21, 20);
    const [silent, refusing] = [at(network.members, 2), at(network.members, 3)];
    network.lie(silent, () => "silence");
    network.lie(refusing, () => failed("refused", "busy"));
    const { table } = member.overlay.membership;
    for (let n = 0; n < 4; n++) {
      expect(walked(network, member, new Uint8Array(32).fill(n)).failed).toBeLessThanOrEqual(2);
      network.clock.advance(10_000);
    }
    expect(table.has(silent.contact)).toBe(false);
    expect(table.closest(refusing.contact.id, 1)).toEqual([refusing.contact]);
  });
});

describe("An answer that comes late", () => {
  /** A member that takes a second for every answer, in the eyes of one who was used to less. */
  function slowed(seed: number): { network: MemoryNetwork; member: Member; slow: Member } {
    const { network, member } = settled(seed, 12);
    const slow = at(network.members, 3);
    for (let n = 0; n < 40; n++) member.overlay.membership.roundTrips.measured(slow.contact, ROUND_TRIP_MS);
    network.delay(slow, 1_000);
    return { network, member, slow };
  }

  test("still counts for a walk that has nobody to put in its place", () => {
    const { network, member, slow } = slowed(30);
    const result = walked(network, member, slow.contact.id);
    expect(result).toMatchObject({ late: 1, failed: 0, complete: true });
    expect(at(result.closest, 0).key).toBe(slow.contact.key);
    expect(result.ms).toBeGreaterThanOrEqual(1_000);
  });

  test("teaches how long that peer takes", () => {
    const { network, member, slow } = slowed(31);
    const { roundTrips } = member.overlay.membership;
    expect(roundTrips.timeoutFor(slow.contact)).toBe(200);
    walked(network, member, slow.contact.id);
    expect(roundTrips.timeoutFor(slow.contact)).toBeGreaterThan(1_000);
  });

  test("after the walk was stopped is good for the table alone", () => {
    const { network, member, slow } = slowed(32);
    const { results, run } = walk(member, slow.contact.id);
    network.clock.advance(500);
    run.stop();
    run.stop();
    expect(results).toMatchObject([{ complete: false, ms: 500 }]);
    const { messages } = network;
    network.clock.advance(10_000);
    expect(network.messages).toBe(messages);
    expect(results).toHaveLength(1);
    expect(member.overlay.membership.roundTrips.of(slow.contact)).toBeGreaterThan(ROUND_TRIP_MS);
  });
});

test("A walk is not sent in circles by peers that name the asker, themselves, or each other under false addresses", () => {
  const { network, member } = settled(40, 30);
  for (const liar of network.members.slice(10, 20))
    network.lie(liar, (_, honest) => {
      const response = honest();
      const false_ = network.members.map(({ contact }) => makeContact(contact.id, [liar.address]));
      return "contacts" in response ? { ...response, contacts: [member.contact, liar.contact, ...false_] } : response;
    });
  const target = new Random(40).bytes(32);
  const result = walked(network, member, target);
  expect(keysOf(result.closest)).not.toContain(member.contact.key);
  expect(result.requests).toBeLessThanOrEqual(30);
  expect(result.closest.length).toBeGreaterThanOrEqual(K - 3);
});
