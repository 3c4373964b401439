import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { CachedRecordReader, type Caller, capabilityKey, type OverlayRequest, type OverlayResponse } from "../../dht/index.ts";
import { MAX_TOLD_PER_PUBLISHER } from "../../dht/watch-room.ts";
import { publish } from "../support/asking.ts";
import { at, sortedByDistance } from "../support/ids.ts";
import { type Member, MemoryNetwork } from "../support/memory-network.ts";
import { HOUR, MINUTE, offerOf, publisherOf, recordOf, SWARM } from "../support/records.ts";
import { verifyEd25519 } from "../support/signers.ts";
import { fresh, watching } from "../support/watching.ts";

const KEY = capabilityKey(SWARM, "work");
/** Less than one at a time, whatever was saved up. */
const NEVER = 0.001;

/** Of somebody so far from the key that nothing is stored there: it hears of nothing but what it is told, and what it reads. */
function farNumber(): number {
  for (let number = 900; ; number++) {
    const id = createHash("sha256").update(publisherOf(number).publicKey).digest();
    if (((id[0] as number) ^ (KEY[0] as number)) >= 0xf8) return number;
  }
}

/** A network, and one of it that watches who works, counts the signatures it checks, and knows no record from elsewhere. */
function scene(seed: number, checksPerSecond: number) {
  const network = new MemoryNetwork(seed);
  network.grow(40, { upkeep: true });
  const watcher = network.add(farNumber(), { settings: { checksPerSecond } });
  network.join(watcher, [at(network.members, 0).address]);
  const counted = { checks: 0 };
  const reader = new CachedRecordReader((...args) => {
    counted.checks += 1;
    return verifyEd25519(...args);
  });
  Object.assign(watcher.overlay, { reader });
  const seen = watching(network, watcher, "work");
  network.clock.advance(MINUTE); // its leases have begun
  const record = (seq: number) => recordOf({ capability: "work", name: `r${seq}`, seq, issued: network.clock.wallClock() }).bytes;
  const tell = ({ id, claimed }: Caller, bytes: Uint8Array) =>
    watcher.overlay.handle({ id, claimed }, { kind: "changed", key: KEY, record: bytes });
  return { network, watcher, counted, seen, record, tell };
}

function holders({ alive }: MemoryNetwork, count: number): Member[] {
  const order = sortedByDistance(
    KEY,
    alive.map(({ contact }) => contact),
  );
  return order.slice(0, count).map((contact) => alive.find((member) => member.contact === contact) as Member);
}

const callerOf = ({ contact }: Member): Caller => ({ id: contact.id, claimed: contact });

describe("A watcher that is sent news", () => {
  test("by those whom it did not ask, or who prove no id, checks none of it", () => {
    const { network, counted, record, tell, seen } = scene(1, 1_000);
    const [stranger, anonymous] = [callerOf(at(holders(network, 40), -1)), { id: undefined, claimed: undefined }];
    const before = counted.checks;
    for (let seq = 1; seq <= 50; seq++)
      for (const caller of [stranger, anonymous]) expect(tell(caller, record(seq))).toEqual({ kind: "changed", wanted: false });
    expect([counted.checks - before, fresh(seen)]).toEqual([0, []]);
  });

  test("by a holder that it did ask checks no more of it than it may, and knows the others that it told of before", () => {
    const { network, counted, record, tell, seen } = scene(2, 10);
    const holder = callerOf(at(holders(network, 1), 0));
    const before = counted.checks;
    for (let seq = 1; seq <= 50; seq++) expect(tell(holder, record(seq))).toEqual({ kind: "changed", wanted: true });
    expect([counted.checks - before, fresh(seen).length]).toEqual([20, 20]);
    expect(tell(holder, record(20))).toEqual({ kind: "changed", wanted: true });
    expect(counted.checks - before).toBe(20);
  });

  test("that it has no time to check reads instead, the first time at once, and soon afterwards", () => {
    const { network, seen } = scene(3, NEVER);
    publish(network, at(network.members, 5), offerOf("work", { name: "ada" }));
    network.clock.advance(1_000); // it has not read for a while, and does so at once
    expect(fresh(seen)).toEqual(["+ada"]);
    publish(network, at(network.members, 6), offerOf("work", { name: "bo" }));
    network.clock.advance(1_000);
    expect(fresh(seen)).toEqual([]);
    network.clock.advance(30_000);
    expect(fresh(seen)).toEqual(["+bo"]);
  });

  test("without end by a holder does not read without end, but every five minutes; and soon again once that is over", () => {
    const { network, seen, record, tell } = scene(4, NEVER);
    const flood = (minutes: number) => {
      const before = seen.reads;
      for (let second = 0; second < 60 * minutes; second++) {
        for (const holder of holders(network, 5)) tell(callerOf(holder), record(second));
        network.clock.advance(1_000);
      }
      return seen.reads - before;
    };
    expect(flood(20)).toBeLessThan(12);
    network.clock.advance(HOUR);
    expect(flood(1)).toBeGreaterThan(1);
  });
});

describe("A watcher that a holder tells of ever new agents, all signed as they should be,", () => {
  test("knows no more of them than one may publish, nor grows with those that it passes over, and reads instead", () => {
    const { network, seen, tell } = scene(8, 1_000);
    const issued = network.clock.wallClock();
    const holder = callerOf(at(holders(network, 1), 0));
    const invented = Array.from({ length: 200 }, (_, n) => recordOf({ capability: `work/x${n}`, name: `x${n}`, issued }));
    const before = seen.reads;
    for (const { bytes } of invented) expect(tell(holder, bytes)).toEqual({ kind: "changed", wanted: true });
    expect(fresh(seen)).toHaveLength(MAX_TOLD_PER_PUBLISHER);
    const last = at(invented, -1);
    for (const { overlay } of holders(network, 20)) overlay.store.put(KEY, last, issued);
    network.clock.advance(30_000);
    expect([seen.reads - before > 0, fresh(seen)]).toEqual([true, ["+x199"]]);
  });
});

describe("A watcher whom holders refuse a lease", () => {
  function refused(seed: number, which: number) {
    const { network, watcher, seen } = scene(seed, 1_000);
    const full = { kind: "watch", outcome: "full", leaseMs: 0 } as const;
    for (const holder of holders(network, which)) network.lie(holder, (request, honest) => (request.kind === "watch" ? full : honest()));
    return { network, watcher, seen };
  }

  test("reads soon what it may have missed, and then ever more rarely, down to every five minutes", () => {
    const { network, seen } = refused(5, 20);
    const before = seen.reads;
    network.clock.advance(MINUTE);
    expect(seen.reads).toBeGreaterThan(before);
    network.clock.advance(4 * MINUTE);
    const settled = seen.reads;
    network.clock.advance(HOUR);
    expect(seen.reads - settled).toBeLessThanOrEqual(2 * 12);
    expect(seen.reads - settled).toBeGreaterThanOrEqual(11);
  });

  test("is told of everything within five and a half minutes, and at once by those who have a lease for it", () => {
    for (const [which, ms] of [
      [20, 5.5 * MINUTE],
      [3, 1_000],
    ] as const) {
      const { network, seen } = refused(6, which);
      network.clock.advance(HOUR);
      publish(network, at(network.members, 5), offerOf("work", { name: "ada" }));
      network.clock.advance(ms);
      expect(fresh(seen)).toEqual(["+ada"]);
    }
  });

  test("reads soon again when it has had one in between", () => {
    const { network, seen } = refused(7, 20);
    network.clock.advance(HOUR);
    for (const holder of holders(network, 20)) network.lie(holder, (_, honest) => honest());
    network.clock.advance(6 * MINUTE);
    const before = seen.reads;
    for (const holder of holders(network, 20))
      network.lie(holder, (request, honest) => (request.kind === "watch" ? { kind: "watch", outcome: "full", leaseMs: 0 } : honest()));
    network.clock.advance(MINUTE);
    expect(seen.reads).toBeGreaterThan(before);
  });
});

describe("A watcher of which a holder", () => {
  /** How often it reads in an hour, once it has settled, where the nearest holder answers so. */
  function readingsAnHour(
    seed: number,
    lie: (turn: number, request: OverlayRequest, honest: () => OverlayResponse) => OverlayResponse,
  ): number {
    const { network, seen } = scene(seed, 1_000);
    let turn = 0;
    network.lie(at(holders(network, 1), 0), (request, honest) => lie(request.kind === "watch" ? turn++ : turn, request, honest));
    network.clock.advance(30 * MINUTE);
    const before = seen.reads;
    network.clock.advance(HOUR);
    return seen.reads - before;
  }

  test.each(["begun", "missed", "full"] as const)("says %s each time reads little more often for it", (outcome) => {
    const lie = (_: number, request: OverlayRequest, honest: () => OverlayResponse): OverlayResponse =>
      request.kind === "watch" ? { kind: "watch", outcome, leaseMs: 120_000 } : honest();
    expect(readingsAnHour(9, lie)).toBeLessThan(2 * 12);
  });

  test("says every other time that it has missed something reads little more often, too", () => {
    const lie = (turn: number, request: OverlayRequest, honest: () => OverlayResponse): OverlayResponse =>
      request.kind === "watch" ? { kind: "watch", outcome: turn % 2 === 0 ? "missed" : "renewed", leaseMs: 120_000 } : honest();
    expect(readingsAnHour(10, lie)).toBeLessThan(2 * 12);
  });

  test("promises more each time and gives nothing reads little more often, too", () => {
    const lie = (_: number, _request: OverlayRequest, honest: () => OverlayResponse): OverlayResponse => {
      const response = honest();
      return response.kind === "find_records" ? { ...response, records: [], more: "x" } : response;
    };
    expect(readingsAnHour(11, lie)).toBeLessThan(2 * 12);
  });

  test("has missed something now and then reads soon each time", () => {
    const { network, seen } = scene(12, 1_000);
    const holder = at(holders(network, 1), 0);
    for (let n = 0; n < 3; n++) {
      network.lie(holder, (_, honest) => honest());
      network.clock.advance(5 * MINUTE);
      const before = seen.reads;
      network.lie(holder, (request, honest) =>
        request.kind === "watch" ? { kind: "watch", outcome: "missed", leaseMs: 120_000 } : honest(),
      );
      network.clock.advance(MINUTE);
      expect(seen.reads).toBeGreaterThan(before);
    }
  });
});
