import { describe, expect, test } from "vitest";
import { capabilityKey, signRecord } from "../../dht/index.ts";
import { makeContact } from "../../routing/index.ts";
import { publish, withdraw } from "../support/asking.ts";
import { at, sortedByDistance } from "../support/ids.ts";
import { type Member, MemoryNetwork } from "../support/memory-network.ts";
import { HOUR, MINUTE, offerOf, recordOf, SWARM } from "../support/records.ts";
import { fresh, watching } from "../support/watching.ts";

function grown(seed: number, size = 40): MemoryNetwork {
  const network = new MemoryNetwork(seed);
  network.grow(size, { upkeep: true });
  return network;
}

function offer(network: MemoryNetwork, index: number, capability: string, attributes = {}): void {
  publish(network, at(network.members, index), offerOf(capability, { name: `m${index}`, attributes }));
}

function holdersOf(network: MemoryNetwork, name: string, count: number): Member[] {
  const order = sortedByDistance(
    capabilityKey(SWARM, name),
    network.alive.map(({ contact }) => contact),
  );
  return order.slice(0, count).map((contact) => network.alive.find((member) => member.contact === contact) as Member);
}

describe("A standing query", () => {
  test("tells who is there, and within a second who appears, changes and leaves", () => {
    const network = grown(1);
    offer(network, 3, "work", { price: 1 });
    const seen = watching(network, at(network.members, 20), "work price<5");
    expect(fresh(seen)).toEqual(["+m3"]);
    network.clock.advance(MINUTE); // its leases have begun
    offer(network, 5, "work/hard", { price: 2 });
    network.clock.advance(1_000);
    expect(fresh(seen)).toEqual(["+m5"]);
    offer(network, 3, "work", { price: 4 });
    network.clock.advance(1_000);
    expect(fresh(seen)).toEqual(["~m3"]);
    offer(network, 3, "work", { price: 9 });
    network.clock.advance(1_000);
    expect(fresh(seen)).toEqual(["-m3 no longer matches"]);
    withdraw(network, at(network.members, 5), "work/hard");
    network.clock.advance(1_000);
    expect(fresh(seen)).toEqual(["-m5 withdrawn"]);
  });

  test("tells soon what changed between its first reading and its leases, of which no holder will tell", () => {
    const network = grown(12);
    offer(network, 3, "work", { price: 1 });
    const seen = watching(network, at(network.members, 20), "work");
    const { signer, published } = at(network.members, 3).overlay;
    const changed = signRecord({ ...at(published, 0), attributes: { price: 2 }, seq: at(published, 0).seq + 1 }, signer);
    for (const { overlay } of holdersOf(network, "work", 25))
      if (overlay !== at(network.members, 20).overlay)
        overlay.store.put(capabilityKey(SWARM, "work"), changed, overlay.runtime.wallClock());
    network.clock.advance(3_000);
    expect(fresh(seen)).toEqual(["+m3", "~m3"]);
  });

  test("says nothing of records that are only signed anew, for hours", () => {
    const network = grown(2);
    offer(network, 3, "work");
    const seen = watching(network, at(network.members, 20), "work");
    network.clock.advance(4 * HOUR);
    expect(fresh(seen)).toEqual(["+m3"]);
  });

  test("tells of an agent that vanished once its record has expired", () => {
    const network = grown(3);
    offer(network, 3, "work");
    const seen = watching(network, at(network.members, 20), "work");
    network.kill(at(network.members, 3));
    network.clock.advance(2 * HOUR);
    expect(fresh(seen)).toEqual(["+m3"]);
    network.clock.advance(1.5 * HOUR);
    expect(fresh(seen)).toEqual(["-m3 expired"]);
  });

  test("joins capabilities of an agent, and minds what it must not offer", () => {
    const network = grown(4);
    const seen = watching(network, at(network.members, 20), "work play !@rest");
    network.clock.advance(MINUTE);
    offer(network, 3, "work");
    offer(network, 3, "play");
    network.clock.advance(1_000);
    expect(fresh(seen)).toEqual(["+m3"]);
    offer(network, 3, "rest");
    network.clock.advance(1_000);
    expect(fresh(seen)).toEqual(["-m3 no longer matches"]);
  });

  test("survives the loss of all holders that had promised to tell: what came meanwhile is told within minutes, later changes at once", () => {
    const network = grown(5, 60);
    const seen = watching(network, at(network.members, 20), "work");
    network.clock.advance(MINUTE);
    for (const holder of holdersOf(network, "work", 6)) if (holder !== at(network.members, 20)) network.kill(holder);
    const index = network.members.findIndex((member, i) => i > 20 && network.alive.includes(member));
    offer(network, index, "work");
    network.clock.advance(6 * MINUTE);
    expect(fresh(seen)).toEqual([`+m${index}`]);
    network.clock.advance(MINUTE);
    withdraw(network, at(network.members, index), "work");
    network.clock.advance(1_000);
    expect(fresh(seen)).toEqual([`-m${index} withdrawn`]);
  });

  test("learns by reading again what nobody could tell it", () => {
    const network = grown(10);
    offer(network, 3, "work", { price: 1 });
    const watcher = at(network.members, 20);
    const seen = watching(network, watcher, "work price<5");
    network.lie(watcher, (request, honest) => (request.kind === "changed" ? "silence" : honest()));
    network.clock.advance(MINUTE);
    offer(network, 3, "work", { price: 9 }); // those who hold it now sort it out
    network.clock.advance(6 * MINUTE);
    expect(fresh(seen)).toEqual(["+m3", "-m3 no longer matches"]);
  });

  test("is told by reading again where it cannot be called at all", () => {
    const network = grown(6);
    const visitor = network.add(9_999, { reachable: false });
    network.join(visitor, [at(network.members, 0).address]);
    const seen = watching(network, visitor, "work");
    offer(network, 3, "work");
    network.clock.advance(6 * MINUTE);
    expect(fresh(seen)).toEqual(["+m3"]);
  });

  test("tells nothing once it is stopped, and its leases lapse at the next change", () => {
    const network = grown(7);
    const seen = watching(network, at(network.members, 20), "work");
    network.clock.advance(MINUTE);
    const leases = () => network.members.reduce((sum, { overlay }) => sum + overlay.leases.size, 0);
    expect(leases()).toBeGreaterThanOrEqual(4);
    seen.stop();
    offer(network, 3, "work");
    network.clock.advance(10_000);
    expect(fresh(seen)).toEqual([]);
    expect(leases()).toBe(0);
  });

  test("is refused where it cannot be read, and beyond 64", () => {
    const network = grown(8, 3);
    const { overlay } = at(network.members, 1);
    const none = { onEvent: () => undefined };
    expect(() => overlay.watch("work |", none)).toThrow("something is missing");
    for (let n = 0; n < 64; n++) overlay.watch("work", none);
    expect(() => overlay.watch("work", none)).toThrow("at most 64");
  });
});

test("A holder keeps 256 leases of one watcher, eight of them under one key, and gives nobody any who has not proved its id", () => {
  const network = grown(9, 10);
  const { overlay, contact } = at(network.members, 1);
  const caller = { id: at(network.members, 2).contact.id, claimed: at(network.members, 2).contact };
  const outcomes = Array.from({ length: 300 }, (_, number) =>
    overlay.handle(caller, { kind: "watch", key: capabilityKey(SWARM, `work-${number % 60}`), number, leaseMs: MINUTE }),
  );
  expect(outcomes.filter((answer) => answer.kind === "watch" && answer.outcome === "begun")).toHaveLength(256);
  expect(outcomes.at(-1)).toMatchObject({ outcome: "full" });
  const other = { id: at(network.members, 3).contact.id, claimed: at(network.members, 3).contact };
  const ofOne = Array.from({ length: 9 }, (_, number) =>
    overlay.handle(other, { kind: "watch", key: contact.id, number, leaseMs: MINUTE }),
  );
  expect(ofOne.map((answer) => answer.kind === "watch" && answer.outcome)).toEqual([...new Array<string>(8).fill("begun"), "full"]);
  const nobody = { id: undefined, claimed: contact };
  expect(overlay.handle(nobody, { kind: "watch", key: contact.id, number: 0, leaseMs: 1 })).toMatchObject({ outcome: "anonymous" });
  network.clock.advance(2 * MINUTE); // they have run out
  expect(overlay.handle(caller, { kind: "watch", key: contact.id, number: 999, leaseMs: 1_000 })).toMatchObject({ outcome: "begun" });
});

describe("A watcher that is told of changes", () => {
  /** A holder of a key, and others who have leases there. */
  function scene(seed: number) {
    const network = grown(seed, 12);
    const [holder, silent, honest] = [1, 2, 3].map((index) => at(network.members, index)) as [Member, Member, Member];
    const key = capabilityKey(SWARM, "work");
    const lease = ({ contact }: Member, claimed = contact) =>
      holder.overlay.handle({ id: contact.id, claimed }, { kind: "watch", key, number: 1, leaseMs: 10 * MINUTE });
    let seq = 0;
    const store = (name: string) => {
      seq += 1;
      const { bytes } = recordOf({ capability: "work", name, seq, issued: network.clock.wallClock() });
      return holder.overlay.handle({ id: undefined, claimed: undefined }, { kind: "store", key, record: bytes });
    };
    return { network, holder, silent, honest, lease, store };
  }

  test("and does not answer holds up nobody else, and is told no more", () => {
    const { network, silent, honest, lease, store } = scene(11);
    lease(silent);
    lease(honest);
    network.lie(silent, (request, honest) => (request.kind === "changed" ? "silence" : honest()));
    network.lie(honest, (request, honest) => (request.kind === "changed" ? { kind: "changed", wanted: true } : honest()));
    const told: string[] = [];
    network.onSent = ({ to, request }) => {
      if (request.kind === "changed") told.push(to.key);
    };
    for (let n = 0; n < 40; n++) store(`version ${n}`);
    network.clock.advance(4_000);
    expect(told.filter((key) => key === honest.contact.key)).toHaveLength(40);
    network.clock.advance(20 * MINUTE);
    expect(told.filter((key) => key === silent.contact.key)).toHaveLength(1);
  });

  test("and has no link and no proved address is not dialled: it hears of it when it renews", () => {
    const { network, holder, honest, lease, store } = scene(12);
    const victim = makeContact(honest.contact.id, ["mem://victim"]);
    holder.overlay.membership.table.remove(honest.contact);
    const { peers } = holder.overlay;
    peers.isLinked = () => false;
    lease(honest, victim);
    let dials = 0;
    network.onSent = ({ request }) => {
      if (request.kind === "changed") dials += 1;
    };
    store("news");
    network.clock.advance(MINUTE);
    expect(dials).toBe(0);
    expect(lease(honest, victim)).toMatchObject({ outcome: "missed" });
  });
});
