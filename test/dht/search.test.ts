import { describe, expect, test } from "vitest";
import { capabilityKey, MAX_PER_KEY, type OverlayResponse, signRecord } from "../../dht/index.ts";
import { find, publish, publishersFound, withdraw } from "../support/asking.ts";
import { at, sortedByDistance } from "../support/ids.ts";
import { type Member, MemoryNetwork } from "../support/memory-network.ts";
import { Random } from "../support/random.ts";
import { claimOf, HOUR, offerOf, publisherOf, SWARM } from "../support/records.ts";

/** The members nearest to a key: who should hold its records. */
function nearestTo(network: MemoryNetwork, key: Uint8Array, count: number): Member[] {
  const order = sortedByDistance(
    key,
    network.alive.map(({ contact }) => contact),
  );
  return order.slice(0, count).map((contact) => network.alive.find((member) => member.contact === contact) as Member);
}

/** One who holds nothing itself, and so has to ask. */
function visitorOf(network: MemoryNetwork): Member {
  const visitor = network.add(9_999, { reachable: false });
  network.join(visitor, [at(network.members, 0).address]);
  return visitor;
}

function networkWith(seed: number, size: number, offering: Readonly<Record<string, readonly number[]>>): MemoryNetwork {
  const network = new MemoryNetwork(seed);
  network.grow(size);
  for (const [capability, members] of Object.entries(offering))
    for (const index of members) publish(network, at(network.members, index), offerOf(capability, { name: `member ${index}` }));
  return network;
}

describe("A search", () => {
  test("finds exactly those who offer a name or anything below it, from wherever it is asked", () => {
    const random = new Random(3);
    for (let seed = 1; seed <= 5; seed++) {
      const size = 30 + random.int(60);
      const names = ["code-review", "code-review/python", "code-review/python/django", "translation", "translation/german"];
      const offering: Record<string, number[]> = {};
      for (const name of names) offering[name] = Array.from({ length: 1 + random.int(6) }, () => random.int(size));
      const network = networkWith(seed, size, offering);
      for (const name of names) {
        const offered = Object.entries(offering).filter(([other]) => other === name || other.startsWith(`${name}/`));
        const expected = new Set(offered.flatMap(([, members]) => members.map((index) => at(network.members, index).contact.key)));
        const found = publishersFound(network, at(network.members, random.int(size)), name);
        expect(new Set(found)).toEqual(expected);
      }
    }
  });

  test("asks few, says how many, and knows that it is complete", () => {
    const network = networkWith(8, 120, { work: [3, 50, 90] });
    let sent = 0;
    network.onSent = () => (sent += 1);
    const { matches, report } = find(network, at(network.members, 77), "work");
    network.onSent = undefined;
    expect(matches).toHaveLength(3);
    expect(report).toMatchObject({ complete: true, truncated: false, keysAsked: 1, failed: 0 });
    expect(report.requests).toBeLessThanOrEqual(45);
    expect(sent).toBeLessThanOrEqual(report.requests + 5);
    expect(report.hops).toBeGreaterThanOrEqual(1);
    expect(report.ms).toBeGreaterThan(0);
  });

  test("ends as soon as it has as many as are wanted, and says that there may be more", () => {
    const network = networkWith(9, 60, { work: [1, 2, 3, 4, 5, 6, 7, 8] });
    const { matches, report } = find(network, at(network.members, 30), "work", 3);
    expect(matches).toHaveLength(3);
    expect(report).toMatchObject({ truncated: true, complete: false });
  });

  test("gives of each publisher the newest alone, and nobody who has withdrawn", () => {
    const network = networkWith(10, 40, { work: [5, 6] });
    publish(network, at(network.members, 5), offerOf("work", { name: "renamed" }));
    withdraw(network, at(network.members, 6), "work");
    const { matches } = find(network, at(network.members, 20), "work");
    expect(matches.map(({ record }) => record.name)).toEqual(["renamed"]);
  });

  describe("for a crowd that has split its key", () => {
    const LATE = 6;

    /** The crowd's records come straight into the stores; then a few more publishers have to go deeper. */
    function split(seed: number): MemoryNetwork {
      const network = new MemoryNetwork(seed);
      network.grow(24);
      const key = capabilityKey(SWARM, "work");
      const now = network.clock.wallClock();
      const crowd = Array.from({ length: MAX_PER_KEY }, (_, n) =>
        signRecord(claimOf({ capability: "work", issued: now }), publisherOf(1_000 + n)),
      );
      for (const { overlay } of network.members) for (const record of crowd) overlay.store.put(key, record, now);
      for (let n = 0; n < LATE; n++) publish(network, at(network.members, n + 3), offerOf("work"));
      const [holder] = nearestTo(network, key, 1);
      expect(holder?.overlay.store.page(key, 1, undefined, now).split).toBeGreaterThan(0);
      return network;
    }

    function expectAll(network: MemoryNetwork): void {
      const { matches, report } = find(network, visitorOf(network), "work", 2 * MAX_PER_KEY);
      expect(matches).toHaveLength(MAX_PER_KEY + LATE);
      expect(report.keysAsked).toBeGreaterThan(1);
      expect(report.complete).toBe(true);
    }

    test("finds every one", () => expectAll(split(12)));

    test("finds every one though half of the holders do not know of the split", () => {
      const network = split(16);
      for (const member of nearestTo(network, capabilityKey(SWARM, "work"), 12))
        network.lie(member, (request, honest) => (request.kind === "find_records" ? { ...honest(), split: 0 } : honest()));
      expectAll(network);
    });
  });

  test("says that it is incomplete when some of the nearest stay silent", () => {
    const network = networkWith(13, 60, { work: [5] });
    const key = capabilityKey(SWARM, "work");
    for (const member of nearestTo(network, key, 6)) network.lie(member, () => "silence");
    const { report } = find(network, at(network.members, 40), "work");
    expect(report.complete).toBe(false);
  });

  test("can be stopped, and then asks nobody any more", () => {
    const network = networkWith(14, 60, { work: [5] });
    let done = 0;
    const search = at(network.members, 40).overlay.find("work", { limit: 10 }, () => (done += 1));
    search.stop();
    const { messages } = network;
    network.clock.advance(1_000);
    expect(done).toBe(1);
    expect(network.messages - messages).toBeLessThan(5);
  });

  test("refuses names and limits that are none", () => {
    const { overlay } = new MemoryNetwork(15).add(1);
    expect(() => overlay.find("Not A Name", {}, () => undefined)).toThrow("not a capability name");
    expect(() => overlay.find("name", { limit: 0 }, () => undefined)).toThrow("limit");
  });
});

describe("A search among liars", () => {
  const SIZE = 60;
  const OFFERING = [5, 25, 45];

  /** Half of the holders lie; whatever they say, the answer is the truth, and the search comes to an end. */
  function expectTruthDespite(lie: (response: OverlayResponse, network: MemoryNetwork) => OverlayResponse, budget = 400): void {
    const network = networkWith(21, SIZE, { work: OFFERING });
    const holders = nearestTo(network, capabilityKey(SWARM, "work"), 20);
    for (const [index, member] of holders.entries())
      if (index % 2 === 0) network.lie(member, (request, honest) => (request.kind === "find_records" ? lie(honest(), network) : honest()));
    const before = network.messages;
    const { matches } = find(network, visitorOf(network), "work", 1_000);
    const names = matches.map(({ record }) => record.name).sort();
    expect(names).toEqual(OFFERING.map((index) => `member ${index}`).sort());
    expect(network.messages - before).toBeLessThan(budget);
  }

  const answering = (records: readonly Uint8Array[], more?: string) => (response: OverlayResponse) =>
    response.kind === "find_records" ? { ...response, records, more } : response;
  const recordOfNow = (network: MemoryNetwork, fields: object, publisher = 900) =>
    signRecord(claimOf({ capability: "work", issued: network.clock.wallClock(), ...fields }), publisherOf(publisher)).bytes;

  test("is not taken in by forged records", () => {
    expectTruthDespite((response, network) => {
      const forged = Uint8Array.from(recordOfNow(network, {}));
      forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1;
      return answering([forged, new Uint8Array(50), new Uint8Array(0)])(response);
    });
  });

  test("is not taken in by true records of another name, another swarm, or another time", () => {
    expectTruthDespite((response, network) => {
      const past = network.clock.wallClock() - 5 * HOUR;
      const others = [{ capability: "play" }, { capability: "work-hard" }, { swarm: "elsewhere" }, { issued: past, expires: past + HOUR }];
      return answering(others.map((fields) => recordOfNow(network, fields)))(response);
    });
  });

  test("is not kept busy by pages without end", () => {
    expectTruthDespite(answering([], "again"), 3_000);
  });

  test("is not led astray by claims of a split", () => {
    expectTruthDespite((response) => (response.kind === "find_records" ? { ...response, records: [], split: 8 } : response), 20_000);
  });

  test("is not drowned in withdrawals of others", () => {
    let withdrawn: Uint8Array[] | undefined;
    expectTruthDespite((response, network) => {
      withdrawn ??= Array.from({ length: 64 }, (_, n) => recordOfNow(network, { withdrawn: true }, 2_000 + n));
      return answering(withdrawn, "more")(response);
    }, 3_000);
  });

  test("is not talked out of a record by a replay of an older one", () => {
    const network = networkWith(22, SIZE, { work: [5] });
    const old = at(find(network, at(network.members, 50), "work").matches, 0).record.bytes;
    network.clock.advance(1_000);
    publish(network, at(network.members, 5), offerOf("work", { name: "newer" }));
    for (const member of nearestTo(network, capabilityKey(SWARM, "work"), 10))
      network.lie(member, (_, honest) => answering([old])(honest()));
    expect(find(network, at(network.members, 50), "work").matches.map(({ record }) => record.name)).toEqual(["newer"]);
  });
});
