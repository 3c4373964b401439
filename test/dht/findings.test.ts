import { describe, expect, onTestFinished, test, vi } from "vitest";
import { Findings, type Heard } from "../../dht/findings.ts";
import {
  type CapabilityRecord,
  capabilityKey,
  compileQuery,
  type FindResult,
  MAX_PER_ANSWER,
  MAX_PER_PUBLISHER,
  type Match,
  signRecord,
} from "../../dht/index.ts";
import { WatchRoom } from "../../dht/watch-room.ts";
import { nearestMembers, visitorOf } from "../support/holders.ts";
import { at } from "../support/ids.ts";
import { iterated } from "../support/iterated.ts";
import { MemoryNetwork } from "../support/memory-network.ts";
import { claimOf, publisherOf, SWARM } from "../support/records.ts";
import { unsignedRecord } from "../support/store-records.ts";

const findingsFor = (query: string) => new Findings(compileQuery(query).clauses);
const heard = (record: CapabilityRecord): Heard => ({ record, from: undefined, hop: 1, ms: 0 });

/** Records of one publisher, and how often anybody has looked which capability one of them is of. */
function watched(count: number): { records: CapabilityRecord[]; looks: () => number } {
  let looks = 0;
  const records = Array.from({ length: count }, (_, n) => {
    const { capability, ...rest } = unsignedRecord({ capability: `work/a${n}` });
    return Object.defineProperty({ ...rest, capability }, "capability", {
      get: () => {
        looks += 1;
        return capability;
      },
    });
  });
  return { records, looks: () => looks };
}

describe("Of a publisher that has more records than a store takes of one, a search", () => {
  const kept = Array.from({ length: MAX_PER_PUBLISHER }, (_, n) => unsignedRecord({ capability: `work/a${n}` }));
  const further = unsignedRecord({ capability: "work/further" });

  function full(): Findings {
    const findings = findingsFor("work");
    expect(findings.keep(kept.map(heard))).toMatchObject({ told: { length: MAX_PER_PUBLISHER }, leftOut: [] });
    return findings;
  }

  test("takes in as many, and says of how many others it did not", () => {
    const findings = full();
    expect(findings.keep([heard(further)])).toEqual({ told: [], gone: [], replaced: 0, leftOut: [further] });
    expect(findings.size).toBe(MAX_PER_PUBLISHER);
    expect(findings.keep([heard(unsignedRecord({ capability: "work/further" }, 2))])).toMatchObject({ told: { length: 1 }, leftOut: [] });
  });

  test("takes in whatever is newer of those that it has", () => {
    const findings = full();
    const withdrawn = unsignedRecord({ capability: "work/a7", seq: 2, withdrawn: true });
    expect(findings.keep([heard(withdrawn)])).toMatchObject({ gone: [{ record: kept[7] }], replaced: 1, leftOut: [] });
  });
});

test.each(["work", "work !gpu"])("A search for %s looks at all that a publisher has once for each answer, not for each record", (query) => {
  const { records, looks } = watched(MAX_PER_ANSWER);
  findingsFor(query).keep(records.map(heard));
  expect(looks()).toBeLessThan(20 * MAX_PER_ANSWER);
});

test("Agents about which more must be known are listed with as much work as there are agents", () => {
  const agents = 1_000;
  const findings = findingsFor("work !gpu");
  findings.keep(Array.from({ length: agents }, (_, n) => heard(unsignedRecord({}, n + 1))));
  findings.settle(["work"]);
  expect(iterated(() => expect(findings.open().get("gpu")).toHaveLength(agents))).toBeLessThan(50 * agents);
});

describe("A search to which a holder gives more records of one publisher than a store would take", () => {
  function withLiar(): MemoryNetwork {
    const network = new MemoryNetwork(1);
    network.grow(40);
    const issued = network.clock.wallClock();
    const records = Array.from({ length: MAX_PER_PUBLISHER + 1 }, (_, n) =>
      signRecord(claimOf({ capability: `work/a${n}`, issued }), publisherOf(7)),
    ).sort((a, b) => (a.entry < b.entry ? -1 : 1));
    network.lie(at(nearestMembers(network, capabilityKey(SWARM, "work"), 1), 0), (request, honest) => {
      if (request.kind !== "find_records") return honest();
      const left = records.filter(({ entry }) => entry > (request.after ?? ""));
      const page = left.slice(0, MAX_PER_ANSWER);
      return { ...honest(), records: page.map(({ bytes }) => bytes), more: left.length > page.length ? page.at(-1)?.entry : undefined };
    });
    return network;
  }

  function search(limit: number): { result: FindResult; told: Match[] } {
    const network = withLiar();
    const told: Match[] = [];
    const ended: FindResult[] = [];
    visitorOf(network).overlay.find("work", { limit, onMatch: (match) => told.push(match) }, (result) => ended.push(result));
    network.clock.until(() => ended.length > 0);
    return { result: at(ended, 0), told };
  }

  test("gives as many, and says that it is not complete", () => {
    const { result, told } = search(10_000);
    expect(result.report).toMatchObject({ complete: false, failed: 0 });
    expect(result.matches).toHaveLength(MAX_PER_PUBLISHER);
    expect(told).toEqual(result.matches);
  });

  test("says so to a watcher as well", () => {
    const left = vi.spyOn(WatchRoom.prototype, "leave");
    onTestFinished(() => left.mockRestore());
    const network = withLiar();
    const reads: boolean[] = [];
    visitorOf(network).overlay.watch("work", { onEvent: () => undefined, onRead: (complete) => reads.push(complete) });
    network.clock.until(() => reads.length > 0);
    expect(reads).toEqual([false]);
    expect(left.mock.calls).toHaveLength(1); // what is not taken in must not take up room for ever
  });

  test("ends in the middle of an answer once it has enough, and gives what it has told", () => {
    const { result, told } = search(5);
    expect(result).toMatchObject({ matches: { length: 5 }, report: { truncated: true } });
    expect(told).toEqual(result.matches);
  });
});
