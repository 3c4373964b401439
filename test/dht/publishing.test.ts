import { describe, expect, test } from "vitest";
import { capabilityKey } from "../../dht/index.ts";
import { K } from "../../routing/index.ts";
import { find, publish, publishersFound, withdraw } from "../support/asking.ts";
import { at, sortedByDistance } from "../support/ids.ts";
import { type Member, MemoryNetwork } from "../support/memory-network.ts";
import { HOUR, MINUTE, offerOf, SWARM } from "../support/records.ts";

const KEY = capabilityKey(SWARM, "work");

/** Of the members truly nearest to a key, those that hold a live record of a publisher. */
function holdersOf(network: MemoryNetwork, key: Uint8Array, publisher: Member): Member[] {
  const order = sortedByDistance(
    key,
    network.alive.map(({ contact }) => contact),
  ).slice(0, K);
  const nearest = order.map((contact) => network.alive.find((member) => member.contact === contact) as Member);
  return nearest.filter((member) => holds(network, member, key, publisher));
}

function holds(network: MemoryNetwork, member: Member, key: Uint8Array, publisher: Member): boolean {
  const { records } = member.overlay.store.page(key, 64, undefined, network.clock.wallClock());
  return records.some((bytes) => {
    const record = network.reader.read(bytes);
    return typeof record !== "string" && !record.withdrawn && Buffer.compare(record.publisher, publisher.contact.id) === 0;
  });
}

describe("Publishing", () => {
  test("puts a record where it is looked for: at 19 or more of the true 20 nearest, for each level of its name", () => {
    for (let seed = 1; seed <= 5; seed++) {
      const network = new MemoryNetwork(seed);
      network.grow(100);
      const publisher = at(network.members, 10 * seed);
      const report = publish(network, publisher, offerOf("work/hard/late"));
      for (const level of ["work", "work/hard", "work/hard/late"])
        expect(holdersOf(network, capabilityKey(SWARM, level), publisher).length).toBeGreaterThanOrEqual(19);
      expect(report.holders).toBeGreaterThanOrEqual(19);
      expect(report.outcomes.stored).toBeGreaterThanOrEqual(57);
      expect(report.requests).toBeLessThan(3 * (2 * 35 + 25));
    }
  });

  test("reaches whoever came while the first walk was under way", () => {
    const network = new MemoryNetwork(13);
    network.grow(40);
    const publisher = at(network.members, 4);
    // Nobody hands anything over: what the newcomer gets, it gets from the publisher.
    for (const { overlay } of network.members) overlay.stop();
    const nearest = at(
      sortedByDistance(
        KEY,
        Array.from({ length: 200 }, (_, n) => network.add(1_000 + n).contact),
      ),
      0,
    );
    network.onSent = ({ request }) => {
      if (request.kind !== "store") return;
      for (const { overlay } of network.members.slice(0, 40)) overlay.membership.addVerified(nearest);
    };
    publish(network, publisher, offerOf("work"));
    const newcomer = network.members.find(({ contact }) => contact === nearest) as Member;
    expect(holds(network, newcomer, KEY, publisher)).toBe(true);
  });

  test("is repeated after five minutes and then every hour, each time with a higher number", () => {
    const network = new MemoryNetwork(6);
    network.grow(30);
    const publisher = at(network.members, 4);
    publish(network, publisher, offerOf("work"));
    const numbers = [at(publisher.overlay.published, 0).seq];
    let moments: number[] = [];
    for (let minute = 1; minute <= 4 * 60; minute++) {
      network.clock.advance(MINUTE);
      const { seq } = at(publisher.overlay.published, 0);
      if (seq === numbers.at(-1)) continue;
      expect(seq).toBeGreaterThan(at(numbers, -1));
      numbers.push(seq);
      moments = [...moments, minute];
    }
    expect(moments).toHaveLength(4);
    expect(at(moments, 0)).toBeLessThanOrEqual(6);
    for (let i = 1; i < moments.length; i++) expect(Math.abs(at(moments, i) - at(moments, i - 1) - 60)).toBeLessThanOrEqual(7);
  });

  test("outlives holders that die, day after day", () => {
    const network = new MemoryNetwork(7);
    network.grow(60, { upkeep: true });
    const publisher = at(network.members, 4);
    publish(network, publisher, offerOf("work"));
    for (let day = 0; day < 3; day++) {
      const doomed = network.alive.filter((member) => member !== publisher && member !== network.members[0]).slice(0, 8);
      for (const member of doomed) network.kill(member);
      network.clock.advance(3 * HOUR);
      expect(publishersFound(network, at(network.alive, -1), "work")).toHaveLength(1);
    }
  });

  test("ends with stop(): the record is found until it expires, and not a moment longer", () => {
    const network = new MemoryNetwork(8);
    network.grow(30);
    const publisher = at(network.members, 4);
    publish(network, publisher, offerOf("work"));
    const { expires } = at(publisher.overlay.published, 0);
    publisher.overlay.stop();
    network.clock.advance(expires - network.clock.wallClock() - MINUTE);
    expect(publishersFound(network, at(network.members, 20), "work")).toHaveLength(1);
    network.clock.advance(MINUTE);
    expect(publishersFound(network, at(network.members, 20), "work")).toEqual([]);
  });

  test("is taken back by a withdrawal, everywhere", () => {
    const network = new MemoryNetwork(9);
    network.grow(60);
    const publisher = at(network.members, 4);
    publish(network, publisher, offerOf("work/hard"));
    withdraw(network, publisher, "work/hard");
    for (const name of ["work", "work/hard"]) {
      expect(holdersOf(network, capabilityKey(SWARM, name), publisher)).toEqual([]);
      expect(find(network, at(network.members, 50), name).matches).toEqual([]);
    }
    expect(publisher.overlay.published).toEqual([]);
    network.clock.advance(2 * HOUR);
    expect(find(network, at(network.members, 50), "work").matches).toEqual([]);
  });

  test("refuses a 65th capability, a bad name and a record that is too long, and keeps what was published", () => {
    const member = new MemoryNetwork(10).add(1);
    const ignore = () => undefined;
    for (let n = 0; n < 64; n++) member.overlay.publish(offerOf(`work-${n}`), ignore);
    expect(() => member.overlay.publish(offerOf("one-too-many"), ignore)).toThrow("at most 64");
    expect(() => member.overlay.publish(offerOf("No Name"), ignore)).toThrow("not a capability name");
    expect(() => member.overlay.publish(offerOf("work-1", { description: "x".repeat(2_000) }), ignore)).toThrow("description");
    expect(member.overlay.published).toHaveLength(64);
  });

  test("alone is made up for when others come", () => {
    const network = new MemoryNetwork(11);
    const first = network.add(1);
    publish(network, first, offerOf("work"));
    for (let number = 2; number <= 40; number++) network.join(network.add(number), [first.address]);
    network.clock.advance(5_000);
    expect(holdersOf(network, KEY, first).length).toBeGreaterThanOrEqual(19);
  });

  test("before joining is made up for by joining", () => {
    const network = new MemoryNetwork(12);
    network.grow(40);
    const late = network.add(99);
    publish(network, late, offerOf("work"));
    network.join(late, [at(network.members, 0).address]);
    network.clock.advance(5_000);
    expect(holdersOf(network, KEY, late).length).toBeGreaterThanOrEqual(19);
  });
});

describe("Newcomers", () => {
  test("among the nearest to a key are given its records within seconds, though nobody republishes", () => {
    const network = new MemoryNetwork(20);
    network.grow(30);
    const publishers = [3, 9, 15].map((index) => at(network.members, index));
    for (const publisher of publishers) publish(network, publisher, offerOf("work"));
    for (const publisher of publishers) publisher.overlay.stop();
    // Twice as many, and again: of those who held the records at first, hardly any is among the nearest in the end.
    for (let number = 31; number <= 120; number++) network.join(network.add(number), [at(network.members, number % 20).address]);
    network.clock.advance(5_000);
    for (const publisher of publishers) expect(holdersOf(network, KEY, publisher).length).toBeGreaterThanOrEqual(17);
    expect(publishersFound(network, at(network.members, 100), "work")).toHaveLength(3);
  });

  test("who come all at once do not hide what is there", () => {
    for (let seed = 30; seed < 40; seed++) {
      const network = new MemoryNetwork(seed);
      const first = network.add(1);
      publish(network, first, offerOf("work"));
      let published = 0;
      for (let number = 2; number <= 24; number++) {
        const member = network.add(number);
        network.clock.schedule(number % 7, () =>
          member.overlay.join(
            [first.address],
            () => member.overlay.publish(offerOf("work"), () => (published += 1)),
            () => undefined,
          ),
        );
      }
      network.clock.until(() => published === 23);
      const visitor = network.add(99, { reachable: false });
      network.join(visitor, [first.address]);
      expect(publishersFound(network, visitor, "work")).toHaveLength(24);
    }
  });

  test("far from a key are given nothing", () => {
    const network = new MemoryNetwork(21);
    network.grow(80);
    publish(network, at(network.members, 5), offerOf("work"));
    network.clock.advance(2_000);
    const order = sortedByDistance(
      KEY,
      network.members.map(({ contact }) => contact),
    );
    const far = new Set(order.slice(2 * K).map(({ key }) => key));
    let strays = 0;
    network.onSent = ({ to, request }) => {
      if (request.kind === "store" && far.has(to.key)) strays += 1;
    };
    for (let number = 200; number < 220; number++) network.join(network.add(number), [at(network.members, 1).address]);
    network.clock.advance(5_000);
    expect(strays).toBe(0);
  });
});
