import { describe, expect, test } from "vitest";
import { capabilityKey, type FindResult, type OverlayRequest, type Rank, type SearchOptions, signRecord } from "../../../dht/index.ts";
import { publish } from "../../support/asking.ts";
import { at, sortedByDistance } from "../../support/ids.ts";
import { type Member, MemoryNetwork } from "../../support/memory-network.ts";
import { claimOf, offerOf, publisherOf, SWARM } from "../../support/records.ts";

const ASKER = 30;

/** A network in which `m3: work price=1` means that member 3 offers work at that price. */
function networkOf(
  seed: number,
  offers: readonly (readonly [index: number, capability: string, attributes?: Record<string, number | boolean>])[],
) {
  const network = new MemoryNetwork(seed);
  network.grow(50);
  for (const [index, capability, attributes = {}] of offers)
    publish(network, at(network.members, index), offerOf(capability, { name: `m${index}`, attributes }));
  return network;
}

function search(network: MemoryNetwork, query: string, options: SearchOptions = {}): FindResult {
  const ended: FindResult[] = [];
  at(network.members, ASKER).overlay.find(query, { limit: 100, ...options }, (result) => ended.push(result));
  network.clock.until(() => ended.length > 0);
  return at(ended, 0);
}

function namesOf({ matches }: FindResult): string[] {
  return matches.map(({ record }) => record.name).sort();
}

function holdersOf(network: MemoryNetwork, name: string): Member[] {
  const order = sortedByDistance(
    capabilityKey(SWARM, name),
    network.members.map(({ contact }) => contact),
  );
  return order.slice(0, 20).map((contact) => network.members.find((member) => member.contact === contact) as Member);
}

/** Requests sent from now on, by what they say. */
function sent(network: MemoryNetwork): Extract<OverlayRequest, { kind: "find_records" }>[] {
  const requests: Extract<OverlayRequest, { kind: "find_records" }>[] = [];
  network.onSent = ({ request }) => {
    if (request.kind === "find_records") requests.push(request);
  };
  return requests;
}

describe("A search with conditions", () => {
  test("has holders sort out, and takes from those that do not only what fits", () => {
    const network = networkOf(1, [
      [1, "work", { price: 1 }],
      [2, "work", { price: 5 }],
      [3, "work", { price: 9 }],
    ]);
    const [holder] = holdersOf(network, "work");
    network.lie(holder as Member, (request, honest) => {
      if (request.kind !== "find_records") return honest();
      const { where: _, ...all } = request;
      return (holder as Member).overlay.handle({ id: undefined, claimed: undefined }, all);
    });
    const requests = sent(network);
    const result = search(network, "work price<6");
    expect(namesOf(result)).toEqual(["m1", "m2"]);
    expect(requests.every(({ where }) => where !== undefined)).toBe(true);
    expect(result.report.complete).toBe(true);
  });

  test("asks holders that keep silent about what others gave, and drops what they have newer", () => {
    const network = networkOf(2, [[1, "work", { price: 1 }]]);
    const stale = holdersOf(network, "work").slice(5, 9);
    for (const holder of stale) network.lie(holder, (request, honest) => (request.kind === "store" ? "silence" : honest()));
    publish(network, at(network.members, 1), offerOf("work", { name: "m1", attributes: { price: 8 } }));
    const result = search(network, "work price<6");
    expect(namesOf(result)).toEqual([]);
    expect(result.report).toMatchObject({ complete: true, staleDropped: 1 });
    expect(namesOf(search(network, "work price>6"))).toEqual(["m1"]);
  });

  test("asks about an attribute as a capability only where that decides it", () => {
    const network = networkOf(3, [[1, "work", { gpu: true }]]);
    expect(search(network, "work gpu").report.keysAsked).toBe(1);
    publish(network, at(network.members, 2), offerOf("work", { name: "m2" }));
    publish(network, at(network.members, 2), offerOf("gpu", { name: "m2" }));
    const result = search(network, "work gpu");
    expect(namesOf(result)).toEqual(["m1", "m2"]);
    expect(result.report.keysAsked).toBe(2);
  });

  test("reads of two capabilities the rare one, and asks about the other only who was found", () => {
    const network = networkOf(4, [
      [1, "rare"],
      [2, "rare"],
    ]);
    const key = capabilityKey(SWARM, "common");
    const now = network.clock.wallClock();
    const crowd = Array.from({ length: 100 }, (_, n) => signRecord(claimOf({ capability: "common", issued: now }), publisherOf(2_000 + n)));
    for (const { overlay } of network.members) for (const record of crowd) overlay.store.put(key, record, now);
    publish(network, at(network.members, 2), offerOf("common", { name: "m2" }));
    let given = 0;
    for (const member of network.members)
      network.lie(member, (_, honest) => {
        const answer = honest();
        if (answer.kind === "find_records") given += answer.records.length;
        return answer;
      });
    const result = search(network, "@common @rare");
    expect(result.matches.map(({ record, also }) => [record.capability, ...also.map(({ capability }) => capability)])).toEqual([
      ["common", "rare"],
    ]);
    expect(result.report.complete).toBe(true);
    expect(given).toBeLessThan(30 * 23 + 200); // one first page of the crowd at each holder; all of it would be five times as much
  });

  test("says that it is incomplete where a holder does not answer about what it kept silent of", () => {
    const network = networkOf(5, [[1, "work", { price: 1 }]]);
    const silent = at(holdersOf(network, "work"), 4);
    network.lie(silent, (request, honest) => {
      if (request.kind !== "find_records") return honest();
      return (request.where?.publishers.length ?? 0) > 0
        ? "silence"
        : { ...honest(), kind: "find_records", records: [], more: undefined, split: 0, contacts: [] };
    });
    const result = search(network, "work price<6");
    expect(namesOf(result)).toEqual(["m1"]);
    expect(result.report).toMatchObject({ complete: false, failed: 1 });
  });
});

describe("Rank", () => {
  const offers = [
    [1, "work", { price: 3 }],
    [2, "work", { price: 1 }],
    [3, "work"],
    [4, "work", { price: 2 }],
  ] as const;

  test.each<[string, Rank, readonly string[]]>([
    ["an attribute, the least first", { attribute: "price" }, ["m2", "m4", "m1", "m3"]],
    ["an attribute, the most first", { attribute: "price", order: "desc" }, ["m1", "m4", "m2", "m3"]],
    ["a function", (a, b) => (a.record.name < b.record.name ? 1 : -1), ["m4", "m3", "m2", "m1"]],
    ["who was signed last", "fresh", ["m4", "m3", "m2", "m1"]],
  ])("by %s", (_, rank, expected) => {
    const { matches, report } = search(networkOf(6, offers), "work", { rank });
    expect(matches.map(({ record }) => record.name)).toEqual(expected);
    expect(report).toMatchObject({ complete: true, truncated: false });
  });

  test("finds all before it leaves any off, and says so", () => {
    const { matches, report } = search(networkOf(7, offers), "work", { rank: { attribute: "price" }, limit: 2 });
    expect(matches.map(({ record }) => record.name)).toEqual(["m2", "m4"]);
    expect(report).toMatchObject({ complete: true, truncated: true });
  });

  test("nearest is measured by pings, and those that do not answer come last", () => {
    const network = networkOf(8, offers);
    network.delay(at(network.members, 1), 40);
    network.delay(at(network.members, 4), 20);
    network.kill(at(network.members, 2));
    const { matches } = search(network, "work", { rank: "nearest" });
    expect(matches.map(({ record, roundTripMs }) => [record.name, roundTripMs])).toEqual([
      ["m3", 20],
      ["m4", 40],
      ["m1", 60],
      ["m2", undefined],
    ]);
  });

  test("random is another order now and then, of the same", () => {
    const network = networkOf(9, offers);
    const orders = Array.from({ length: 8 }, () => search(network, "work", { rank: "random" }));
    expect(new Set(orders.map((result) => result.matches.map(({ record }) => record.name).join())).size).toBeGreaterThan(2);
    for (const result of orders) expect(namesOf(result)).toEqual(["m1", "m2", "m3", "m4"]);
  });

  test("of no kind that is known is refused", () => {
    expect(() => search(networkOf(10, []), "work", { rank: "best" as Rank })).toThrow("rank must be");
  });
});

test("An explanation names the keys, everybody asked with what came of it, and why near misses did not match", () => {
  const network = networkOf(11, [
    [1, "work", { price: 1 }],
    [2, "work", { price: 9, gpu: true }],
  ]);
  network.kill(at(holdersOf(network, "work"), 3));
  const { matches, report, trace } = search(network, "work price<6 !gpu", { explain: true, patient: true });
  expect(matches).toHaveLength(1);
  expect(trace?.keys.map(({ name }) => name)).toEqual(["work", "gpu"]);
  expect(trace?.steps).toHaveLength(report.requests);
  expect(trace?.steps.filter(({ outcome }) => outcome !== "answered").length).toBe(report.failed);
  for (const { outcome, ms, records, name } of trace?.steps ?? []) {
    if (outcome !== "answered") continue;
    expect(ms).toBe(20);
    if (name === "gpu") expect(records).toBe(0);
  }
  expect(trace?.nearMisses.map(({ record, why }) => [record.name, why])).toEqual([["m2", ["price<6: its price is 9", "!gpu: it is"]]]);
});
