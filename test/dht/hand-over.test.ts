import { describe, expect, test } from "vitest";
import { type CapabilityRecord, capabilityKey, failed, signRecord } from "../../dht/index.ts";
import { MAX_PARCELS, Parcels } from "../../dht/parcels.ts";
import { type Contact, K, makeContact } from "../../routing/index.ts";
import { at, distanceOf } from "../support/ids.ts";
import { type Lie, type Member, MemoryNetwork } from "../support/memory-network.ts";
import { claimOf, HOUR, MINUTE, publisherOf, SWARM } from "../support/records.ts";

const KEY = capabilityKey(SWARM, "work");

/** A member that holds records of others, and one that it has not met. */
function holderAndNewcomer(records: (now: number) => readonly CapabilityRecord[]): {
  network: MemoryNetwork;
  holder: Member;
  newcomer: Member;
} {
  const network = new MemoryNetwork(1);
  const [holder, newcomer] = [network.add(1), network.add(2)];
  const now = network.clock.wallClock();
  for (const record of records(now)) expect(holder.overlay.store.put(KEY, record, now).outcome).toBe("stored");
  return { network, holder, newcomer };
}

/** Records of that many publishers. */
function recordsOf(count: number, fields: object = {}): (now: number) => CapabilityRecord[] {
  return (issued) =>
    Array.from({ length: count }, (_, n) => signRecord(claimOf({ capability: "work", issued, ...fields }), publisherOf(1_000 + n)));
}

/** Requests to store that reach a member while time passes. */
function handedTo(network: MemoryNetwork, to: Member, ms: number): number {
  let count = 0;
  network.onSent = (sent) => {
    if (sent.request.kind === "store" && sent.to.key === to.contact.key) count += 1;
  };
  network.clock.advance(ms);
  network.onSent = undefined;
  return count;
}

describe("A newcomer", () => {
  test("is given what is held, withdrawals among it, once, however often it answers", () => {
    const { network, holder, newcomer } = holderAndNewcomer((now) => [
      ...recordsOf(30)(now),
      signRecord(claimOf({ capability: "work", issued: now, withdrawn: true }), publisherOf(5_000)),
    ]);
    for (let n = 0; n < 3; n++) holder.overlay.membership.addVerified(newcomer.contact);
    expect(handedTo(network, newcomer, MINUTE)).toBe(31);
    const given = newcomer.overlay.store.page(KEY, 64, undefined, network.clock.wallClock());
    expect(given).toEqual(holder.overlay.store.page(KEY, 64, undefined, network.clock.wallClock()));
    holder.overlay.membership.addVerified(newcomer.contact);
    expect(handedTo(network, newcomer, HOUR)).toBe(0);
  });

  test("is given nothing that has expired, swept or not", () => {
    const { network, holder, newcomer } = holderAndNewcomer((now) => recordsOf(10)(now));
    network.clock.advance(HOUR);
    expect(holder.overlay.store.size).toBe(10);
    holder.overlay.membership.addVerified(newcomer.contact);
    expect(handedTo(network, newcomer, MINUTE)).toBe(0);
  });

  test("is given it soon, and by four at a time at most", () => {
    const { network, holder, newcomer } = holderAndNewcomer(recordsOf(30));
    holder.overlay.membership.addVerified(newcomer.contact);
    const perMoment = new Map<number, number>();
    network.onSent = () => perMoment.set(network.clock.now(), (perMoment.get(network.clock.now()) ?? 0) + 1);
    network.clock.advance(MINUTE);
    expect(Math.max(...perMoment.values())).toBe(4);
    expect(Math.max(...perMoment.keys())).toBeLessThan(1_000);
  });

  test("that comes later is given it too", () => {
    const { network, holder, newcomer } = holderAndNewcomer(recordsOf(20));
    const later = network.add(3);
    for (const { contact } of [newcomer, later]) {
      holder.overlay.membership.addVerified(contact);
      network.clock.advance(MINUTE);
    }
    expect([newcomer.overlay.store.size, later.overlay.store.size]).toEqual([20, 20]);
  });

  test("that is silent or refuses is asked to take one record, and no more of the sixty", () => {
    for (const answer of ["silence", failed("refused", "full")] as const) {
      const { network, holder, newcomer } = holderAndNewcomer(recordsOf(60));
      network.lie(newcomer, () => answer);
      holder.overlay.membership.addVerified(newcomer.contact);
      expect(handedTo(network, newcomer, HOUR)).toBe(1);
    }
  });

  test("that is silent does not keep the others from getting theirs", () => {
    const { network, holder, newcomer } = holderAndNewcomer(recordsOf(20));
    const other = network.add(3);
    network.lie(newcomer, () => "silence");
    holder.overlay.membership.addVerified(newcomer.contact);
    holder.overlay.membership.addVerified(other.contact);
    network.clock.advance(MINUTE);
    expect(other.overlay.store.size).toBe(20);
  });

  test("that has no time to check so much at once gets all of it nevertheless, as fast as it can check", () => {
    const { network, holder } = holderAndNewcomer(recordsOf(200));
    const newcomer = network.add(3, { settings: { checksPerSecond: 10 } });
    holder.overlay.membership.addVerified(newcomer.contact);
    const handed = handedTo(network, newcomer, 22_000);
    expect(newcomer.overlay.store.size).toBe(200);
    expect(handed).toBeLessThan(200 + 4 * 22);
  });

  test("that is busy whatever it is offered, or has no room for some, is not asked for ever, and gets the others", () => {
    const { network, holder, newcomer } = holderAndNewcomer(recordsOf(200));
    const busy = { kind: "store", outcome: "busy", split: undefined, reason: undefined } as const;
    const other = network.add(3);
    const unwanted = new Set(
      holder.overlay.store
        .under(KEY, network.clock.wallClock())
        .slice(0, 20)
        .map(({ bytes }) => bytes),
    );
    network.lie(newcomer, (request, honest) => (request.kind === "store" ? busy : honest()));
    network.lie(other, (request, honest) => (request.kind === "store" && unwanted.has(request.record) ? busy : honest()));
    for (const { contact } of [newcomer, other]) holder.overlay.membership.addVerified(contact);
    expect(handedTo(network, newcomer, HOUR / 2)).toBeLessThanOrEqual(4 * 8);
    expect(other.overlay.store.size).toBe(180);
    expect(handedTo(network, other, HOUR / 4)).toBe(0);
  });

  test("that is busy does not keep the others from getting theirs", () => {
    const { network, holder, newcomer } = holderAndNewcomer(recordsOf(60));
    const other = network.add(3);
    network.lie(newcomer, () => ({ kind: "store", outcome: "busy", split: undefined, reason: undefined }));
    holder.overlay.membership.addVerified(newcomer.contact);
    holder.overlay.membership.addVerified(other.contact);
    network.clock.advance(1_000);
    expect(other.overlay.store.size).toBe(60);
  });

  test("is given nothing by a node that has stopped, before or after it came", () => {
    const { network, holder, newcomer } = holderAndNewcomer(recordsOf(30));
    const later = network.add(3);
    holder.overlay.membership.addVerified(newcomer.contact);
    network.clock.advance(10);
    holder.overlay.stop();
    holder.overlay.membership.addVerified(later.contact);
    network.clock.advance(HOUR);
    expect(network.messages).toBe(0);
  });
});

describe("Of the holders of a key", () => {
  /** A full house around the key: members that all know each other and hold one record, nearest first, and a newcomer. */
  function house(newcomerIsNear: boolean): { network: MemoryNetwork; newcomer: Member } {
    const network = new MemoryNetwork(2);
    const crowd = Array.from({ length: 30 }, (_, n) => network.add(100 + n));
    const order = crowd.toSorted((a, b) => (distanceOf(KEY, a.contact.id) < distanceOf(KEY, b.contact.id) ? -1 : 1));
    const newcomer = at(order, newcomerIsNear ? 5 : 27);
    const now = network.clock.wallClock();
    const record = at(recordsOf(1)(now), 0);
    const settled = order.filter((member) => member !== newcomer);
    for (const member of settled) for (const { contact } of settled) member.overlay.membership.addVerified(contact);
    for (const { overlay } of settled.slice(0, K)) overlay.store.put(KEY, record, now);
    for (const { overlay } of settled) overlay.membership.addVerified(newcomer.contact);
    // Where a bucket is full it waits outside; most must know it, or nothing is tested.
    expect(settled.slice(0, K).filter(({ overlay }) => overlay.membership.table.has(newcomer.contact)).length).toBeGreaterThan(15);
    return { network, newcomer };
  }

  test("the nearest few hand a record over, not all of them", () => {
    const { network, newcomer } = house(true);
    const handed = handedTo(network, newcomer, MINUTE);
    expect(handed).toBeGreaterThanOrEqual(2);
    expect(handed).toBeLessThanOrEqual(4);
    expect(newcomer.overlay.store.size).toBe(1);
  });

  test("none hands anything to one that is not among the nearest", () => {
    const { network, newcomer } = house(false);
    expect(handedTo(network, newcomer, MINUTE)).toBe(0);
  });
});

describe("Newcomers", () => {
  /** One that answers as `lie` has it, and an honest one that comes after it; both are to have all that the holder has. */
  function attackerAndHonest(records: number, lie: Lie, delayMs = 0) {
    const { network, holder, newcomer: attacker } = holderAndNewcomer(recordsOf(records));
    const honest = network.add(3);
    network.lie(attacker, lie);
    network.delay(attacker, delayMs);
    holder.overlay.membership.addVerified(attacker.contact);
    network.clock.advance(1_000);
    holder.overlay.membership.addVerified(honest.contact);
    return { network, holder, attacker, honest };
  }

  test("that take each record at their leisure do not keep others from getting theirs, and are given no more after five minutes", () => {
    const { network, attacker, honest } = attackerAndHonest(200, (_, honest) => honest(), 4_500);
    network.clock.advance(5_000);
    expect(honest.overlay.store.size).toBe(200);
    network.clock.advance(5 * MINUTE);
    const taken = attacker.overlay.store.size;
    expect(taken).toBeLessThan(2 + (5 * MINUTE) / 4_500);
    expect(handedTo(network, attacker, MINUTE)).toBe(0);
  });

  test("that take one now and then, and are busy otherwise, are not asked for ever", () => {
    let asked = 0;
    const busy = { kind: "store", outcome: "busy", split: undefined, reason: undefined } as const;
    const { network, attacker } = attackerAndHonest(200, (request, honest) => {
      asked += request.kind === "store" ? 1 : 0;
      return request.kind === "store" && asked % 16 !== 0 ? busy : honest();
    });
    network.clock.advance(HOUR / 2);
    expect(asked).toBeLessThan(4 * 12);
    expect(attacker.overlay.store.size).toBeLessThan(4);
  });

  test("share the room that there is: one for whom all of it was taken gives way to another", () => {
    const parcels = new Parcels();
    const [first, second] = [contactNumbered(1), contactNumbered(2)];
    const parcel = { key: KEY, record: at(recordsOf(1)(1_000_000), 0) };
    const takenBy = new Map<string, number>();
    for (let n = 0; n < MAX_PARCELS + 100; n++) parcels.add(first, parcel, 0);
    for (let n = 0; n < MAX_PARCELS; n++) parcels.add(second, parcel, 0);
    const order: string[] = [];
    for (let next = parcels.next(); next !== undefined; next = parcels.next()) {
      const { key } = next.recipient.to;
      takenBy.set(key, (takenBy.get(key) ?? 0) + 1);
      order.push(key);
      parcels.settled(next.recipient);
    }
    expect([takenBy.get(first.key), takenBy.get(second.key)]).toEqual([MAX_PARCELS / 2, MAX_PARCELS / 2]);
    expect(order.slice(0, 4)).toEqual([first.key, second.key, first.key, second.key]);
    for (let n = 0; n < MAX_PARCELS; n++) parcels.add(first, parcel, 7); // there is all of the room again
    let count = 0;
    for (let next = parcels.next(); next !== undefined; next = parcels.next()) {
      count += 1;
      expect(next.recipient.since).toBe(7);
      parcels.settled(next.recipient);
    }
    expect(count).toBe(MAX_PARCELS);
  });
});

function contactNumbered(n: number): Contact {
  return makeContact(new Uint8Array(32).fill(n), []);
}
