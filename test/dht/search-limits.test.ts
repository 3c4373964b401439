import { describe, expect, test } from "vitest";
import {
  type CapabilityRecord,
  capabilityKey,
  type FindRecordsResponse,
  type FindResult,
  failed,
  MAX_PER_ANSWER,
  type Match,
  type OverlayRequest,
  type OverlayResponse,
  signRecord,
} from "../../dht/index.ts";
import { K, toHex } from "../../routing/index.ts";
import { find, publish, publishersFound, withdraw } from "../support/asking.ts";
import { heldBy, nearestMembers, visitorOf } from "../support/holders.ts";
import { at } from "../support/ids.ts";
import { type Member, MemoryNetwork } from "../support/memory-network.ts";
import { Random } from "../support/random.ts";
import { claimOf, offerOf, publisherOf, SWARM } from "../support/records.ts";

const KEY = capabilityKey(SWARM, "work");
/** Two full pages, and a third that is not. */
const CROWD = 2 * MAX_PER_ANSWER + 22;

const isFurtherPage = (request: OverlayRequest) => request.kind === "find_records" && request.after !== undefined;

const crowdRecords: CapabilityRecord[] = [];

function crowdRecord(n: number, issued: number): CapabilityRecord {
  crowdRecords[n] ??= signRecord(claimOf({ capability: "work", issued }), publisherOf(1_000 + n));
  return crowdRecords[n];
}

/** A network in which the nodes nearest to the key hold the records of a crowd that is not in it. */
function crowded(seed: number, crowd = CROWD): { network: MemoryNetwork; holders: Member[]; visitor: Member } {
  const network = new MemoryNetwork(seed);
  network.grow(40);
  const now = network.clock.wallClock();
  const issued = now - network.clock.now(); // the same in every network, so that each record is signed once
  const holders = nearestMembers(network, KEY, K);
  for (let n = 0; n < crowd; n++) for (const { overlay } of holders) overlay.store.put(KEY, crowdRecord(n, issued), now);
  return { network, holders, visitor: visitorOf(network) };
}

/** What a holder answers that gives its records one by one, in the order of their publishers, and never comes to an end. */
function dribbling(network: MemoryNetwork, count: number) {
  const issued = network.clock.wallClock() - network.clock.now();
  const records = Array.from({ length: count }, (_, n) => crowdRecord(n, issued));
  records.sort((a, b) => Buffer.compare(a.publisher, b.publisher));
  return (request: OverlayRequest, honest: () => OverlayResponse): OverlayResponse => {
    const response = honest();
    if (request.kind !== "find_records" || response.kind !== "find_records") return response;
    const page = Number(request.after ?? 0);
    return { ...response, records: records.slice(page, page + 1).map(({ bytes }) => bytes), more: `${page + 1}` };
  };
}

function countRequestsTo(network: MemoryNetwork, { contact }: Member): () => number {
  let asked = 0;
  network.onSent = ({ to }) => {
    if (to.key === contact.key) asked += 1;
  };
  return () => asked;
}

/** Searches, and notes what is told on the way. */
function observed(network: MemoryNetwork, member: Member, limit: number): { result: FindResult; told: Match[] } {
  const told: Match[] = [];
  const ended: FindResult[] = [];
  const onMatch = (match: Match) => told.push(match);
  member.overlay.find("work", { limit, onMatch }, (found) => ended.push(found));
  network.clock.until(() => ended.length > 0);
  return { result: at(ended, 0), told };
}

describe("A search that needs several pages", () => {
  test("reads every holder to its end, tells each agent once, and counts every request", () => {
    const { network, visitor } = crowded(1);
    const before = network.messages;
    const { result, told } = observed(network, visitor, 1_000);
    expect(result.matches).toHaveLength(CROWD);
    expect(new Set(result.matches.map(({ record }) => toHex(record.publisher))).size).toBe(CROWD);
    expect(told).toEqual(result.matches);
    expect(result.report).toMatchObject({ complete: true, truncated: false, failed: 0 });
    expect(network.messages - before).toBe(result.report.requests);
    expect(result.report.requests - result.report.nodesAsked).toBe(2 * K);
  });

  test("says that it is incomplete when one holder keeps a page to itself, and still has what the others gave", () => {
    const { network, holders, visitor } = crowded(2);
    network.lie(at(holders, 3), (request, honest) => (isFurtherPage(request) ? "silence" : honest()));
    const { matches, report } = find(network, visitor, "work", 1_000);
    expect(matches).toHaveLength(CROWD);
    expect(report).toMatchObject({ complete: false, failed: 1 });
  });

  test("asks one holder for 64 pages at most, and says that it is incomplete when there were more", () => {
    const { network, holders, visitor } = crowded(3, 10);
    network.lie(at(holders, 2), dribbling(network, 80));
    const asked = countRequestsTo(network, at(holders, 2));
    const { matches, report } = find(network, visitor, "work", 1_000);
    expect(matches.length).toBeGreaterThanOrEqual(64);
    expect(asked()).toBe(64);
    expect(report.complete).toBe(false);
  });

  test.each<[string, (honest: FindRecordsResponse) => readonly Uint8Array[]]>([
    ["nothing", () => []],
    ["rubbish", () => [new Uint8Array(1)]],
    ["the same records again", ({ records }) => records],
  ])("reads no further where a holder promises more and gives %s", (_, records) => {
    const { network, holders, visitor } = crowded(3, 10);
    const first: FindRecordsResponse[] = [];
    network.lie(at(holders, 2), (request, honest) => {
      const response = honest();
      if (response.kind !== "find_records") return response;
      if (first.length === 0) first.push(response);
      return isFurtherPage(request) ? { ...response, records: records(at(first, 0)), more: "x" } : { ...response, more: "x" };
    });
    const asked = countRequestsTo(network, at(holders, 2));
    const { matches, report } = find(network, visitor, "work", 1_000);
    expect(matches).toHaveLength(10);
    expect(asked()).toBe(2);
    expect(report.complete).toBe(false);
  });

  test("ends in the middle of a page once it has enough, and asks for no more of them", () => {
    const { network, visitor } = crowded(4);
    const { result, told } = observed(network, visitor, 5);
    expect(result.matches).toHaveLength(5);
    expect(told).toHaveLength(5);
    const before = network.messages;
    network.clock.advance(10_000);
    expect(network.messages).toBe(before);
    expect(result.report.requests).toBeLessThanOrEqual(K);
  });
});

describe("A search", () => {
  test("is not spoiled by holders that refuse, nor do they lose their places for it", () => {
    const { network, holders, visitor } = crowded(5, 8);
    const refusing = holders.filter((_, index) => index % 2 === 0);
    for (const member of refusing) network.lie(member, () => failed("refused", "too busy"));
    const { table } = visitor.overlay.membership;
    const known = refusing.filter(({ contact }) => table.has(contact));
    const { matches, report } = find(network, visitor, "work");
    expect(matches).toHaveLength(8);
    expect(report.failed).toBe(refusing.length);
    expect(known.length).toBeGreaterThan(0);
    for (const { contact } of known) expect(table.closest(contact.id, 1)).toEqual([contact]);
  });

  test("takes an answer to another question for no answer", () => {
    const { network, holders, visitor } = crowded(6, 8);
    for (const member of holders.slice(0, 8)) network.lie(member, () => ({ kind: "ping" }));
    expect(find(network, visitor, "work").matches).toHaveLength(8);
  });

  test("of a node that is alone is answered from its own store, at once", () => {
    const network = new MemoryNetwork(7);
    const alone = network.add(1);
    publish(network, alone, offerOf("work/hard"));
    const { matches, report } = find(network, alone, "work");
    expect(matches).toMatchObject([{ from: undefined, hop: 0, ms: 0 }]);
    expect(report).toMatchObject({ complete: true, requests: 0, ms: 0 });
  });

  test("stopped on its way gives what it has, and says that it is incomplete", () => {
    const { network, visitor } = crowded(8, 8);
    const ended: FindResult[] = [];
    const search = visitor.overlay.find("work", { limit: 1_000, onMatch: () => search.stop() }, (result) => ended.push(result));
    network.clock.advance(10_000);
    expect(ended).toHaveLength(1);
    expect(at(ended, 0)).toMatchObject({ matches: { length: 1 }, report: { complete: false, truncated: false } });
    expect(at(ended, 0).report.requests).toBeGreaterThan(0);
  });

  test("ends at its time limit with what it has, though a holder sends page after page as slowly as it may", () => {
    const { network, holders, visitor } = crowded(13);
    const dribble = dribbling(network, CROWD);
    network.lie(at(holders, 3), (request, honest) => {
      if (isFurtherPage(request)) network.delay(at(holders, 3), 4_000);
      return dribble(request, honest);
    });
    const ended: FindResult[] = [];
    visitor.overlay.find("work", { limit: 1_000, timeoutMs: 10_000 }, (result) => ended.push(result));
    network.clock.advance(9_999);
    expect(ended).toEqual([]);
    network.clock.advance(1);
    expect(ended).toMatchObject([{ matches: { length: CROWD }, report: { complete: false, truncated: false, ms: 10_000 } }]);
    const { messages } = network;
    network.clock.advance(60_000);
    expect(network.messages - messages).toBe(0);
    expect(ended).toHaveLength(1);
  });

  test("stopped while it waits for a page alone says that it is incomplete", () => {
    const { network, holders, visitor } = crowded(11);
    network.lie(at(holders, 3), (request, honest) => (isFurtherPage(request) ? "silence" : honest()));
    const ended: FindResult[] = [];
    const search = visitor.overlay.find("work", { limit: 1_000 }, (result) => ended.push(result));
    network.clock.advance(2_000);
    expect(ended).toEqual([]);
    search.stop();
    expect(ended).toMatchObject([{ matches: { length: CROWD }, report: { complete: false, failed: 0 } }]);
  });

  test("neither tells of withdrawals nor counts them against what is wanted", () => {
    const { network, holders, visitor } = crowded(12, 10);
    const now = network.clock.wallClock();
    const gone = Array.from({ length: 6 }, (_, n) =>
      signRecord(claimOf({ capability: "work", issued: now, seq: 2, withdrawn: true }), publisherOf(1_000 + n)),
    );
    for (const { overlay } of holders) for (const record of gone) expect(overlay.store.put(KEY, record, now).outcome).toBe("stored");
    const { result, told } = observed(network, visitor, 4);
    expect(result).toMatchObject({ matches: { length: 4 }, report: { truncated: true } });
    expect(told).toEqual(result.matches);
    expect(told.every(({ record }) => !record.withdrawn)).toBe(true);
  });

  test("believes one withdrawal against any number of older copies", () => {
    const network = new MemoryNetwork(9);
    network.grow(40);
    const publisher = at(network.members, 4);
    publish(network, publisher, offerOf("work"));
    const old = at(publisher.overlay.published, 0).bytes;
    withdraw(network, publisher, "work");
    for (const member of nearestMembers(network, KEY, K).slice(1))
      network.lie(member, (request, honest) => (request.kind === "find_records" ? { ...honest(), records: [old] } : honest()));
    expect(find(network, visitorOf(network), "work").matches).toEqual([]);
  });
});

/** Every member does as it likes for a while; the oracle is told which names each one offers in the end. */
function historyOf(random: Random): { network: MemoryNetwork; offered: Map<string, Set<string>> } {
  const network = new MemoryNetwork(random.int(1_000_000));
  network.grow(25 + random.int(50));
  const names = ["work", "work/hard", "work/hard/late", "play"];
  const offered = new Map(names.map((name) => [name, new Set<string>()]));
  for (let step = 0; step < 25; step++) {
    const member = random.pick(network.alive);
    const name = random.pick(names);
    const isWithdrawn = random.next() < 0.3;
    if (isWithdrawn) withdraw(network, member, name);
    else publish(network, member, offerOf(name, { name: `step ${step}` }));
    if (isWithdrawn) offered.get(name)?.delete(member.contact.key);
    else offered.get(name)?.add(member.contact.key);
    if (random.next() < 0.3 && network.alive.length > K) network.kill(random.pick(network.alive.slice(1)));
  }
  return { network, offered };
}

test("Over any history of publishing, withdrawing and dying, searches find exactly what the oracle knows, and ask few", () => {
  const random = new Random(41);
  for (let world = 0; world < 6; world++) {
    const { network, offered } = historyOf(random);
    for (const name of ["work", "work/hard", "work/hard/late", "play", "nothing"]) {
      const below = [...offered].filter(([other]) => other === name || other.startsWith(`${name}/`));
      const expected = new Set(below.flatMap(([, members]) => [...members]));
      const before = network.messages;
      expect(new Set(publishersFound(network, random.pick(network.alive), name))).toEqual(expected);
      expect(network.messages - before).toBeLessThanOrEqual(80);
    }
  }
});

describe("One liar in a network of 150", () => {
  const asked = (lie: (network: MemoryNetwork, liar: Member) => void): { names: string[]; requests: number } => {
    const network = new MemoryNetwork(10);
    network.grow(150);
    publish(network, at(network.members, 100), offerOf("work"));
    const liar = at(nearestMembers(network, KEY, 1), 0);
    expect(heldBy(network, liar, KEY, at(network.members, 100))).toBeDefined();
    lie(network, liar);
    const { matches, report } = find(network, visitorOf(network), "work");
    return { names: matches.map(({ record }) => record.name), requests: report.requests };
  };

  test("who says that the key is split is not believed, nor are five more", () => {
    for (const liars of [1, 6]) {
      const { names, requests } = asked((network) => {
        for (const liar of nearestMembers(network, KEY, liars))
          network.lie(liar, (request, honest) => (request.kind === "find_records" ? { ...honest(), split: 8 } : honest()));
      });
      expect(names).toEqual(["ada"]);
      expect(requests).toBeLessThan(60);
    }
  });

  test("who sends rubbish without end hides nobody", () => {
    const rubbish = Array.from({ length: 256 }, () => new Uint8Array(1));
    const { names, requests } = asked((network, liar) =>
      network.lie(liar, (request, honest) => (request.kind === "find_records" ? { ...honest(), records: rubbish, more: "z" } : honest())),
    );
    expect(names).toEqual(["ada"]);
    expect(requests).toBeLessThan(60 + 64);
  });
});
