import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CachedRecordReader,
  capabilityKey,
  DEFAULT_SETTINGS,
  type FindRecordsResponse,
  type FindResult,
  MAX_PER_KEY,
  type OverlayRequest,
  type OverlaySettings,
  type WatchEvent,
} from "../../dht/index.ts";
import { type Comparison, MAX_WHERE_COMPARISONS, type Where } from "../../dht/query/index.ts";
import { publish } from "../support/asking.ts";
import { at } from "../support/ids.ts";
import { type Member, MemoryNetwork } from "../support/memory-network.ts";
import { offerOf, recordOf, SWARM } from "../support/records.ts";
import { verifyEd25519 } from "../support/signers.ts";
import { unsignedRecord } from "../support/store-records.ts";

const KEY = capabilityKey(SWARM, "work");
/** What takes longest to sort out, and fits nothing. */
const HEAVY: Where = {
  any: Array.from({ length: MAX_WHERE_COMPARISONS }, () => [{ field: "version", operator: ">=", value: "9.0.0", negated: false }]),
  publishers: [],
};
const ANYBODY = { id: undefined, claimed: undefined };

function alone(settings: Partial<OverlaySettings> = {}): { readonly network: MemoryNetwork; readonly holder: Member } {
  const network = new MemoryNetwork(1);
  return { network, holder: at(network.grow(1, { settings }), 0) };
}

describe("A holder of a full key", () => {
  function full() {
    const { network, holder } = alone();
    const { store, runtime } = holder.overlay;
    for (let publisher = 1; publisher <= MAX_PER_KEY; publisher++)
      store.put(KEY, unsignedRecord({ issued: runtime.wallClock() }, publisher), runtime.wallClock());
    const ask = (where: Where, after?: string) =>
      holder.overlay.handle(ANYBODY, { kind: "find_records", key: KEY, limit: 64, after, where }) as FindRecordsResponse;
    return { network, ask };
  }

  /** How many of so many questions are sorted out for. */
  const answered = (ask: () => FindRecordsResponse, times: number) =>
    Array.from({ length: times }, ask).filter(({ held }) => held !== undefined).length;

  test("counts a comparison with a long value for as many as that is long", () => {
    const { ask } = full();
    const value = `9.0.0-${"1.".repeat(28)}1`;
    const long: Where = { ...HEAVY, any: HEAVY.any.map(([comparison]) => [{ ...(comparison as Comparison), value }]) };
    const weight = 1 + Math.floor(value.length / 8);
    const cost = MAX_PER_KEY * MAX_WHERE_COMPARISONS * weight;
    expect(weight).toBeGreaterThan(7);
    expect(answered(() => ask(long), 100)).toBe(Math.floor((2 * DEFAULT_SETTINGS.comparisonsPerSecond) / cost));
  });

  test("compares so often in a second and no more, however many questions come, and saves up two", () => {
    const { network, ask } = full();
    const cost = MAX_PER_KEY * MAX_WHERE_COMPARISONS;
    const perSecond = DEFAULT_SETTINGS.comparisonsPerSecond / cost;
    expect(answered(() => ask(HEAVY), 100)).toBe(Math.floor(2 * perSecond));
    network.clock.advance(1_000);
    expect(answered(() => ask(HEAVY), 100)).toBeGreaterThanOrEqual(Math.floor(perSecond));
    network.clock.advance(60_000);
    expect(answered(() => ask(HEAVY), 100)).toBe(Math.floor(2 * perSecond));
  });

  test("that has compared enough gives everything, page by page, as if nothing had been said of what is wanted", () => {
    const { ask } = full();
    answered(() => ask(HEAVY), 100);
    const given: Uint8Array[] = [];
    let page = ask(HEAVY);
    for (given.push(...page.records); page.more !== undefined; given.push(...page.records)) page = ask(HEAVY, page.more);
    expect([given.length, page.held]).toEqual([MAX_PER_KEY, undefined]);
  });

  test("sorts out for three hundred in earnest a second, and by publishers for any number", () => {
    const { network, ask } = full();
    const earnest: Where = { any: [HEAVY.any.slice(0, 3).flat()], publishers: [] };
    for (let second = 0; second < 3; second++) {
      expect(answered(() => ask(earnest), 300)).toBe(300);
      network.clock.advance(1_000);
    }
    answered(() => ask(HEAVY), 100);
    expect(answered(() => ask({ any: [], publishers: ["00"] }), 1_000)).toBe(1_000);
  });
});

describe("Where no holder has the time to sort anything out", () => {
  const QUERIES = [
    "work price<5",
    "work price>=5 !gpu",
    "work lang=go",
    "work lang=none",
    "(work gpu | work price=1) version>=1",
    "work @play",
  ];

  /** Two networks that differ in that alone. */
  const networks = [DEFAULT_SETTINGS.comparisonsPerSecond, 1].map((comparisonsPerSecond) => {
    const network = new MemoryNetwork(4);
    network.grow(40, { settings: { comparisonsPerSecond }, upkeep: true });
    for (let index = 1; index <= 12; index++) {
      const attributes = { price: index, lang: index % 3 === 0 ? "go" : "ts", gpu: index % 2 === 0 };
      publish(network, at(network.members, index), offerOf("work", { name: `m${index}`, attributes }));
      if (index % 4 === 0) publish(network, at(network.members, index), offerOf("play", { name: `m${index}` }));
    }
    return network;
  }) as [MemoryNetwork, MemoryNetwork];

  function search(network: MemoryNetwork, query: string, limit: number): FindResult {
    const ended: FindResult[] = [];
    at(network.members, 30).overlay.find(query, { limit }, (result) => ended.push(result));
    network.clock.until(() => ended.length > 0);
    return at(ended, 0);
  }

  test("a search finds the same, and is complete", () => {
    const answers = fc.sample(fc.tuple(fc.constantFrom(...QUERIES), fc.constantFrom(5, 20, 100)), { numRuns: 30, seed: 1 });
    for (const [query, limit] of answers) {
      const [quiet, busy] = networks.map((network) => search(network, query, limit)) as [FindResult, FindResult];
      expect(busy.matches.length, query).toBe(quiet.matches.length);
      if (quiet.matches.length < limit) {
        const names = (result: FindResult) => result.matches.map(({ record }) => record.name).sort();
        expect(names(busy), query).toEqual(names(quiet));
        expect([busy.report.complete, busy.report.truncated], query).toEqual([quiet.report.complete, quiet.report.truncated]);
      }
    }
  });

  test("watchers are told of what fits, at once, and of nothing else", () => {
    const [, network] = networks;
    const events: string[] = [];
    let reads = 0;
    const onEvent = ({ kind, match }: WatchEvent) => events.push(`${kind} ${match.record.name}`);
    at(network.members, 31).overlay.watch("work price<0", { onEvent, onRead: () => (reads += 1) });
    network.clock.until(() => reads > 0);
    network.clock.advance(60_000);
    publish(network, at(network.members, 20), offerOf("work", { name: "dear", attributes: { price: 1 } }));
    publish(network, at(network.members, 21), offerOf("work", { name: "cheap", attributes: { price: -1 } }));
    network.clock.advance(1_000);
    expect(events).toEqual(["appeared cheap"]);
  });
});

test.each([
  ["the time to sort out tells a watcher of what fits", DEFAULT_SETTINGS.comparisonsPerSecond, ["fits"]],
  ["no such time tells it of everything", 0.1, ["fits", "does not"]],
])("A holder that has %s", (_, comparisonsPerSecond, expected) => {
  const network = new MemoryNetwork(2);
  const [holder, watcher] = network.grow(2, { settings: { comparisonsPerSecond } }) as [Member, Member];
  const told: string[] = [];
  network.onSent = ({ request }) => {
    const record = request.kind === "changed" ? network.reader.read(request.record) : "";
    if (typeof record !== "string") told.push(record.name);
  };
  network.lie(watcher, (request, honest) => (request.kind === "changed" ? { kind: "changed", wanted: true } : honest()));
  const where: Where = { any: [[{ field: "price", operator: "<", value: 5, negated: false }]], publishers: [] };
  const { id } = watcher.contact;
  holder.overlay.handle({ id, claimed: watcher.contact }, { kind: "watch", key: KEY, number: 1, leaseMs: 60_000, where });
  for (const [publisher, name] of ["fits", "does not"].entries()) {
    const record = recordOf(
      { capability: "work", name, attributes: { price: 1 + 9 * publisher }, issued: network.clock.wallClock() },
      publisher + 1,
    );
    holder.overlay.handle(ANYBODY, { kind: "store", key: KEY, record: record.bytes });
    network.clock.advance(1_000);
  }
  expect(told).toEqual(expected);
});

test("Finders and watchers share what a holder compares in a second", () => {
  const { network, holder } = alone({ comparisonsPerSecond: 10 });
  const watcher = network.add(2);
  holder.overlay.membership.addVerified(watcher.contact);
  const where: Where = { any: [[{ field: "price", operator: "<", value: 0, negated: false }]], publishers: [] };
  const handle = (request: OverlayRequest) => holder.overlay.handle({ id: watcher.contact.id, claimed: watcher.contact }, request);
  handle({ kind: "watch", key: KEY, number: 1, leaseMs: 60_000, where });
  let told = 0;
  network.onSent = ({ request }) => {
    if (request.kind === "changed") told += 1;
  };
  const store = (seq: number) => {
    handle({
      kind: "store",
      key: KEY,
      record: recordOf({ capability: "work", attributes: { price: seq }, seq, issued: network.clock.wallClock() }).bytes,
    });
    network.clock.advance(50);
  };
  for (const seq of [1, 2]) store(seq);
  for (let n = 0; n < 20; n++) handle({ kind: "find_records", key: KEY, limit: 20, after: undefined, where });
  expect(told).toBe(0);
  store(3);
  expect(told).toBe(1);
});

describe("A holder that gets more records than it can check", () => {
  /** A holder that counts the signatures it checks. */
  function counting(checksPerSecond: number) {
    const { network, holder } = alone({ checksPerSecond });
    const counted = { checks: 0 };
    const reader = new CachedRecordReader((...args) => {
      counted.checks += 1;
      return verifyEd25519(...args);
    });
    Object.assign((holder.overlay as unknown as { handlers: { context: object } }).handlers.context, { reader });
    const store = (record: Uint8Array) => {
      const answer = holder.overlay.handle(ANYBODY, { kind: "store", key: KEY, record });
      return answer.kind === "store" ? answer.outcome : answer.kind;
    };
    const record = (seq: number) => recordOf({ capability: "work", seq, issued: network.clock.wallClock() }).bytes;
    return { network, store, record, counted };
  }

  test("says that it is busy, and checks no more of them than it may", () => {
    const { network, store, record, counted } = counting(10);
    const outcomes = Array.from({ length: 50 }, (_, n) => store(record(n + 1)));
    expect(outcomes).toEqual([...new Array<string>(20).fill("stored"), ...new Array<string>(30).fill("busy")]);
    expect(counted.checks).toBe(20);
    network.clock.advance(1_000);
    expect(Array.from({ length: 20 }, (_, n) => store(record(n + 100))).filter((outcome) => outcome === "stored")).toHaveLength(10);
  });

  test("is not kept from honest ones by what is forged, once there is time again; and what it knows costs nothing", () => {
    const { network, store, record, counted } = counting(10);
    const known = record(1);
    expect(store(known)).toBe("stored");
    const said = Buffer.from(record(2)).indexOf("reads what you wrote");
    const forged = (n: number) => Uint8Array.from(record(2), (byte, i) => (i === said ? 33 + n : byte));
    for (let n = 1; n <= 80; n++) expect(store(forged(n))).toBe(n < 20 ? "invalid" : "busy");
    expect(store(record(3))).toBe("busy");
    for (let n = 0; n < 100; n++) expect(store(known)).toBe("unchanged");
    expect(counted.checks).toBe(20);
    network.clock.advance(200);
    expect(store(record(3))).toBe("stored");
  });

  test("is not kept busy with what it knows either, and has time for others meanwhile", () => {
    const { network, store, record } = counting(10);
    const known = record(1);
    const again = () => Array.from({ length: 1_000 }, () => store(known)).filter((outcome) => outcome !== "busy").length;
    expect(again()).toBe(1 + 200);
    expect(store(record(2))).toBe("stored");
    network.clock.advance(1_000);
    expect(again()).toBe(100);
  });
});
