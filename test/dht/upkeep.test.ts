import { describe, expect, test } from "vitest";
import { DEFAULT_SETTINGS, type OverlayRequest } from "../../dht/index.ts";
import { K, makeContact, SynapseError } from "../../routing/index.ts";
import { publish, publishersFound } from "../support/asking.ts";
import { at, keysOf, sortedByDistance } from "../support/ids.ts";
import { type Member, MemoryNetwork } from "../support/memory-network.ts";
import { DAY, HOUR, MINUTE, offerOf } from "../support/records.ts";

const NOBODY = "mem://nobody";

/** How many requests of a kind go out while time passes. */
function countWhile(network: MemoryNetwork, ms: number, isCounted: (request: OverlayRequest, from: string) => boolean): number {
  let count = 0;
  network.onSent = ({ from, request }) => {
    if (isCounted(request, from.key)) count += 1;
  };
  network.clock.advance(ms);
  network.onSent = undefined;
  return count;
}

describe("Joining", () => {
  test("works through any one of several addresses, the others being dead", () => {
    const network = new MemoryNetwork(1);
    network.grow(30);
    const newcomer = network.add(99);
    network.join(newcomer, [NOBODY, "mem://neither", at(network.members, 7).address]);
    expect(newcomer.overlay.membership.table.size).toBeGreaterThanOrEqual(K);
  });

  test("fails with every address named when nobody answers, tries on with growing pauses, and succeeds when somebody comes up", () => {
    const network = new MemoryNetwork(2);
    const newcomer = network.add(2);
    const failures: SynapseError[] = [];
    let joined = 0;
    newcomer.overlay.join(
      [NOBODY, "mem://1"],
      () => (joined += 1),
      (error) => failures.push(error),
    );
    network.clock.until(() => failures.length > 0);
    expect(failures[0]).toBeInstanceOf(SynapseError);
    expect(failures[0]).toMatchObject({ code: "unreachable", retryable: true });
    expect(failures[0]?.message).toContain(NOBODY);
    expect(failures[0]?.message).toContain("mem://1");
    network.clock.advance(10 * MINUTE);
    expect(joined).toBe(0);
    network.add(1);
    network.clock.until(() => joined === 1, 2 * MINUTE);
    expect(failures).toHaveLength(1);
  });

  test("stops when it is told to", () => {
    const network = new MemoryNetwork(3);
    const newcomer = network.add(2);
    let called = 0;
    const joining = newcomer.overlay.join(
      [NOBODY],
      () => (called += 1),
      () => (called += 1),
    );
    joining.stop();
    network.add(1);
    network.clock.advance(HOUR);
    expect(called).toBe(0);
  });

  test("makes a newcomer and its 20 nearest neighbours know each other, and fills its buckets", () => {
    const network = new MemoryNetwork(4);
    network.grow(150);
    network.clock.advance(MINUTE);
    const contacts = network.members.map(({ contact }) => contact);
    let known = 0;
    let knownBy = 0;
    for (const member of network.members.slice(-20)) {
      const neighbours = sortedByDistance(member.contact.id, contacts).slice(1, K + 1);
      for (const neighbour of neighbours) {
        if (member.overlay.membership.table.has(neighbour)) known += 1;
        const other = network.members.find(({ contact }) => contact === neighbour) as Member;
        if (other.overlay.membership.table.has(member.contact)) knownBy += 1;
      }
      expect(member.overlay.membership.table.bucket(0)?.size).toBeGreaterThanOrEqual(10);
    }
    expect(known).toBeGreaterThanOrEqual(0.97 * 20 * K);
    expect(knownBy).toBeGreaterThanOrEqual(0.97 * 20 * K);
  });
});

describe("Who enters a table", () => {
  test("is who has answered: never one that was only mentioned, never one that cannot be dialled, never oneself", () => {
    const network = new MemoryNetwork(5);
    const liar = at(network.grow(20), 3);
    const ghost = makeContact(new Uint8Array(32).fill(7), ["mem://ghost"]);
    network.lie(liar, (_, honest) => {
      const response = honest();
      return "contacts" in response ? { ...response, contacts: [ghost, ...response.contacts.slice(0, 19)] } : response;
    });
    const client = network.add(98, { reachable: false });
    network.join(client, [liar.address]);
    network.join(network.add(99), [liar.address]);
    network.clock.advance(HOUR);
    for (const { overlay, contact } of network.members) {
      const keys = keysOf(overlay.membership.table.contacts());
      expect(keys).not.toContain(ghost.key);
      expect(keys).not.toContain(client.contact.key);
      expect(keys).not.toContain(contact.key);
    }
  });

  test("leaves it after three requests without an answer, and is not handed out after the first", () => {
    const network = new MemoryNetwork(14);
    network.grow(15);
    const [asker, dead] = [at(network.members, 3), at(network.members, 9)];
    const { table } = asker.overlay.membership;
    expect(table.has(dead.contact)).toBe(true);
    network.kill(dead);
    const lookUp = () => {
      let ended = false;
      asker.overlay.lookup(dead.contact.id, () => (ended = true));
      network.clock.until(() => ended);
      network.clock.advance(10_000);
    };
    lookUp();
    expect(keysOf(table.closest(dead.contact.id, 5))).not.toContain(dead.contact.key);
    for (let n = 0; n < 2; n++) lookUp(); // others still name it, and so it is asked again
    expect(table.has(dead.contact)).toBe(false);
  });

  test("is not an address's owner that claims another's address", () => {
    const network = new MemoryNetwork(6);
    const [first, second] = network.grow(2);
    const impostor = makeContact(new Uint8Array(32).fill(9), [at([second?.address ?? ""], 0)]);
    first?.overlay.handle({ id: impostor.id, claimed: impostor }, { kind: "ping" });
    network.clock.advance(MINUTE);
    expect(first?.overlay.membership.table.has(impostor)).toBe(false);
  });
});

describe("Over days of virtual time", () => {
  const SIZE = 40;

  function settled(seed: number): MemoryNetwork {
    const network = new MemoryNetwork(seed);
    network.grow(SIZE, { upkeep: true });
    network.clock.advance(HOUR);
    return network;
  }

  test("buckets are refreshed about once an hour each, and contacts asked whether they live", () => {
    const network = settled(7);
    const member = at(network.members, 10);
    const { depth } = member.overlay.membership.table;
    const isMine = (from: string) => from === member.contact.key;
    const asked = countWhile(network, 8 * HOUR, ({ kind }, from) => kind === "find_node" && isMine(from));
    const walks = asked / (SIZE - 1); // in a network this small a walk asks nearly everybody
    expect(walks).toBeGreaterThan(0.4 * 8 * depth);
    expect(walks).toBeLessThan(1.2 * 8 * depth);
    const pings = countWhile(network, 8 * HOUR, ({ kind }, from) => kind === "ping" && isMine(from));
    expect(pings).toBeGreaterThan(30);
    expect(pings).toBeLessThan((1.2 * 8 * HOUR) / DEFAULT_SETTINGS.revalidateIntervalMs);
  });

  test("the dead leave every table, and the living stay", () => {
    const network = settled(8);
    const dead = network.members.filter((_, index) => index % 3 === 1);
    for (const member of dead) network.kill(member);
    network.clock.advance(DAY);
    const deadKeys = new Set(keysOf(dead.map(({ contact }) => contact)));
    for (const { overlay } of network.alive) {
      const keys = keysOf(overlay.membership.table.contacts());
      expect(keys.filter((key) => deadKeys.has(key))).toEqual([]);
      expect(keys.length).toBe(network.alive.length - 1);
    }
  });

  test("expired records leave the stores", () => {
    const network = settled(9);
    const publisher = at(network.members, 4);
    publish(network, publisher, offerOf("work"));
    const held = () => network.alive.reduce((sum, { overlay }) => sum + overlay.store.size, 0);
    expect(held()).toBeGreaterThanOrEqual(K);
    network.kill(publisher);
    network.clock.advance(DEFAULT_SETTINGS.recordLifetimeMs + HOUR);
    expect(held()).toBe(0);
  });

  test("a network does not beat in step, and its upkeep stays small", () => {
    const network = settled(10);
    const perMinute: number[] = [];
    for (let minute = 0; minute < 120; minute++) perMinute.push(countWhile(network, MINUTE, () => true));
    const mean = perMinute.reduce((a, b) => a + b, 0) / perMinute.length;
    expect(mean / SIZE).toBeLessThan(12);
    expect(Math.max(...perMinute)).toBeLessThan(3 * mean);
  });

  test("stop() ends everything that would happen by itself", () => {
    const network = settled(11);
    publish(network, at(network.members, 4), offerOf("work"));
    for (const { overlay } of network.members) overlay.stop();
    network.clock.advance(MINUTE);
    expect(countWhile(network, DAY, () => true)).toBe(0);
  });
});

test("Swarms do not mix, though their members know of each other", () => {
  const network = new MemoryNetwork(12);
  network.grow(20);
  const stranger = network.add(99, { swarm: "elsewhere" });
  network.join(stranger, [at(network.members, 0).address]);
  publish(network, stranger, offerOf("work"));
  network.clock.advance(10_000);
  expect(publishersFound(network, at(network.members, 5), "work")).toEqual([]);
  for (const { overlay } of network.members.slice(0, 20)) expect(overlay.store.size).toBe(0);
});
