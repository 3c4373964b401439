import { describe, expect, test } from "vitest";
import { capabilityKey, MAX_SPLIT, type Offer, type PublishReport, type StoreOutcome, splitBitsOf } from "../../dht/index.ts";
import { K, sameId } from "../../routing/index.ts";
import { find, publish, withdraw } from "../support/asking.ts";
import { heldBy, nearestMembers, visitorOf } from "../support/holders.ts";
import { at, sortedByDistance } from "../support/ids.ts";
import { type Lie, type Member, MemoryNetwork } from "../support/memory-network.ts";
import { MINUTE, offerOf, SWARM } from "../support/records.ts";

const KEY = capabilityKey(SWARM, "work");

/** Answers every request to store with one outcome, or as `split` has it for a key. */
function storing(outcome: StoreOutcome, splitOf: (key: Uint8Array) => number | undefined = () => undefined): Lie {
  return (request, honest) =>
    request.kind === "store" ? { kind: "store", outcome, split: splitOf(request.key), reason: undefined } : honest();
}

/** Members of which each knows all, and one of them that is not among the nearest to the key. */
function settled(seed: number, size = 40): { network: MemoryNetwork; holders: Member[]; publisher: Member } {
  const network = new MemoryNetwork(seed);
  network.grow(size);
  network.clock.advance(10_000);
  return { network, holders: nearestMembers(network, KEY, K), publisher: at(nearestMembers(network, KEY, size), -1) };
}

/** Publishes, and counts the requests to store by the key that they are for. */
function published(network: MemoryNetwork, publisher: Member, offer: Offer): { report: PublishReport; stores: number; keys: number } {
  const keys = new Set<string>();
  let stores = 0;
  network.onSent = ({ request }) => {
    if (request.kind !== "store") return;
    stores += 1;
    keys.add(Buffer.from(request.key).toString("hex"));
  };
  const report = publish(network, publisher, offer);
  network.onSent = undefined;
  return { report, stores, keys: keys.size };
}

describe("The report of a publish", () => {
  test("counts what each of those asked has answered, and as holders only those that hold it", () => {
    const { network, holders, publisher } = settled(1);
    const outcomes = ["not-close", "not-close", "busy", "stale", "expired", "invalid", "full", "unchanged"] as const;
    for (const [index, outcome] of outcomes.entries()) network.lie(at(holders, index), storing(outcome));
    network.lie(at(holders, 8), (request, honest) => (request.kind === "store" ? "silence" : honest()));
    network.lie(at(holders, 9), (request, honest) => (request.kind === "store" ? { kind: "ping" } : honest()));
    const { report, stores } = published(network, publisher, offerOf("work"));
    expect(report.outcomes).toEqual({
      "not-close": 2,
      busy: 1,
      stale: 1,
      expired: 1,
      invalid: 1,
      full: 1,
      unchanged: 1,
      failed: 2,
      stored: 10,
    });
    expect(report.holders).toBe(11);
    expect(stores).toBe(K);
    expect(report.requests).toBeLessThanOrEqual(K + 2 * 40);
  });

  test.each(["work", "work/hard"])("names the holders of the level that has the fewest: %s", (level) => {
    const { network, publisher } = settled(2);
    const key = capabilityKey(SWARM, level);
    for (const member of nearestMembers(network, key, 5))
      network.lie(member, (request, honest) =>
        request.kind === "store" && sameId(request.key, key) ? storing("busy")(request, honest) : honest(),
      );
    const { report } = published(network, publisher, offerOf("work/hard"));
    expect(report.holders).toBe(K - 5);
    expect(report.outcomes).toEqual({ stored: 2 * K - 5, busy: 5 });
  });

  test("counts the publisher itself where it is among the nearest, and it keeps its own record like any other", () => {
    const { network, holders } = settled(3);
    const publisher = at(holders, 6);
    const { report, stores } = published(network, publisher, offerOf("work"));
    expect(stores).toBe(K);
    expect(report.holders).toBe(K + 1);
    expect(heldBy(network, publisher, KEY, publisher)).toBeDefined();
  });

  test("does not count a publisher that nobody can dial, nor does it keep anything", () => {
    const { network } = settled(4, 10);
    const visitor = visitorOf(network);
    expect(published(network, visitor, offerOf("work")).report.holders).toBe(10);
    expect(visitor.overlay.store.size).toBe(0);
  });

  test("comes within one timeout though some are silent", () => {
    const { network, holders, publisher } = settled(5);
    for (const member of holders.slice(0, 5)) network.lie(member, (request, honest) => (request.kind === "store" ? "silence" : honest()));
    const { report } = published(network, publisher, offerOf("work"));
    expect(report.outcomes).toEqual({ stored: K - 5, failed: 5 });
    expect(report.ms).toBeLessThan(publisher.overlay.settings.requestTimeoutMs + 1_000);
  });

  test("of a withdrawal of what was never published is empty, and nobody is asked", () => {
    const { network, publisher } = settled(6);
    const before = network.messages;
    expect(withdraw(network, publisher, "work")).toEqual({ holders: 0, outcomes: {}, requests: 0, ms: 0 });
    expect(network.messages).toBe(before);
  });
});

describe("A key that is full", () => {
  const depth = 2;
  const splitsKey = storing("full", () => depth);
  const fullAtRoot: Lie = (request, honest) =>
    request.kind === "store" && sameId(request.key, KEY) ? splitsKey(request, honest) : honest();

  test("according to one holder, or to fewer than a quarter of them, moves nobody: those may be liars", () => {
    for (const liars of [1, K / 4 - 1]) {
      const { network, holders, publisher } = settled(7);
      for (const member of holders.slice(0, liars)) network.lie(member, fullAtRoot);
      const { report, keys } = published(network, publisher, offerOf("work"));
      expect(keys).toBe(1);
      expect(report.holders).toBe(K - liars);
      expect(report.outcomes).toEqual({ stored: K - liars, full: liars });
    }
  });

  test("according to a quarter of them sends the publisher to its own child, one bit deeper whatever they say, and a withdrawal after it", () => {
    const { network, holders, publisher } = settled(8);
    const full = K / 4;
    for (const member of holders.slice(0, full)) network.lie(member, fullAtRoot);
    const child = capabilityKey(SWARM, "work", splitBitsOf(publisher.contact.id, 1));
    const heirs = nearestMembers(network, child, K + 1).filter((member) => member !== publisher);
    const { report, keys } = published(network, publisher, offerOf("work"));
    expect(keys).toBe(2);
    expect(report.holders).toBeGreaterThanOrEqual(K);
    expect(report.holders).toBeLessThanOrEqual(K + 1);
    expect(report.outcomes).toEqual({ full, stored: K - full + K });
    for (const member of heirs.slice(0, K)) expect(heldBy(network, member, child, publisher)).toMatchObject({ withdrawn: false });
    withdraw(network, publisher, "work");
    for (const member of heirs.slice(0, K)) expect(heldBy(network, member, child, publisher)).toMatchObject({ withdrawn: true });
  });

  test("at every depth sends the publisher down to the last, and no further", () => {
    const { network, publisher } = settled(9);
    const bitsOf = (length: number) => splitBitsOf(publisher.contact.id, length);
    const keys = Array.from({ length: MAX_SPLIT + 1 }, (_, length) => capabilityKey(SWARM, "work", bitsOf(length)));
    const lie = storing("full", (key) => 1 + keys.findIndex((other) => sameId(key, other)));
    for (const member of network.members) network.lie(member, lie);
    const { report, keys: asked } = published(network, publisher, offerOf("work"));
    expect(asked).toBe(MAX_SPLIT + 1);
    expect(report.outcomes).toEqual({ full: (MAX_SPLIT + 1) * K });
    expect(report.requests).toBeLessThan((MAX_SPLIT + 1) * 70);
  });

  test("with a depth that is none, or no deeper than where it lies, moves nobody", () => {
    for (const split of [undefined, 0, -1, MAX_SPLIT + 1, Number.NaN]) {
      const { network, publisher } = settled(10);
      for (const member of network.members)
        network.lie(
          member,
          storing("full", () => split),
        );
      const { report, keys } = published(network, publisher, offerOf("work"));
      expect(keys).toBe(1);
      expect(report.outcomes).toEqual({ full: K });
    }
  });
});

test("A holder that was full once says so with what it stores, and the record stands under the child key, too", () => {
  const { network, holders, publisher } = settled(11);
  const stillSplit = storing("stored", () => 1);
  for (const member of holders.slice(0, K / 2))
    network.lie(member, (request, honest) => {
      const answer = honest();
      return request.kind === "store" && sameId(request.key, KEY) ? stillSplit(request, () => answer) : answer;
    });
  const child = capabilityKey(SWARM, "work", splitBitsOf(publisher.contact.id, 1));
  published(network, publisher, offerOf("work"));
  for (const key of [KEY, child])
    for (const member of nearestMembers(network, key, K).filter((each) => each !== publisher))
      expect(heldBy(network, member, key, publisher)).toMatchObject({ withdrawn: false });
});

describe("A record", () => {
  test("is republished to those who are nearest by then, with a higher number, though nobody hands anything over", () => {
    const { network, publisher } = settled(11);
    publish(network, publisher, offerOf("work"));
    for (const member of network.members) if (member !== publisher) member.overlay.stop();
    const { seq } = at(publisher.overlay.published, 0);
    const newcomers = nearestNumbers(20).map((number) => network.add(number));
    for (const newcomer of newcomers) network.join(newcomer, [at(network.members, 0).address]);
    network.clock.advance(6 * MINUTE);
    const nearest = nearestMembers(network, KEY, K);
    expect(nearest.filter((member) => newcomers.includes(member)).length).toBeGreaterThanOrEqual(15);
    for (const member of nearest) expect(heldBy(network, member, KEY, publisher)?.seq).toBeGreaterThan(seq);
  });

  test("that is published again while the first is still on its way ends as the later one, everywhere", () => {
    const { network, publisher } = settled(12);
    let reports = 0;
    for (const name of ["first", "second", "third"])
      publisher.overlay.publish(
        offerOf("work", { name }),
        () => undefined,
        () => (reports += 1),
      );
    network.clock.until(() => reports === 3);
    for (const member of nearestMembers(network, KEY, K)) expect(heldBy(network, member, KEY, publisher)?.name).toBe("third");
  });

  test("that is withdrawn while it is still on its way is withdrawn everywhere, and does not come back", () => {
    const { network, publisher } = settled(13);
    let reports = 0;
    publisher.overlay.publish(offerOf("work"), () => (reports += 1));
    network.clock.advance(45);
    publisher.overlay.withdraw("work", () => (reports += 1));
    network.clock.until(() => reports === 2);
    network.clock.advance(70 * MINUTE);
    expect(find(network, visitorOf(network), "work").matches).toEqual([]);
    expect(publisher.overlay.published).toEqual([]);
  });
});

/** Numbers of members that would be nearer to the key than nearly all others. */
function nearestNumbers(count: number): number[] {
  const network = new MemoryNetwork(0);
  const candidates = Array.from({ length: 400 }, (_, n) => network.add(1_000 + n).contact);
  return sortedByDistance(KEY, candidates)
    .slice(0, count)
    .map(({ addresses }) => Number(at(addresses, 0).slice("mem://".length)));
}
