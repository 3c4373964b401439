import { describe, expect, test } from "vitest";
import { capabilityKey, MAX_PER_KEY, MAX_PER_SUBNET, MAX_RECORDS, MAX_SPLIT } from "../../dht/index.ts";
import { compareDistance } from "../../routing/index.ts";
import { Random } from "../support/random.ts";
import { claimOf, SWARM } from "../support/records.ts";
import { fillWith, keyOf, newStore, publishersWith, unsignedRecord as recordOf } from "../support/store-records.ts";

const NOW = claimOf().issued;
/** As deep as keys are split. */
const BITS = "01101001";
const KEY = capabilityKey(SWARM, "work", BITS);
const HERE = new Uint8Array(32).fill(0x5a);

/** Publishers whose records belong under that key: the first of them honest, where some are. */
const PUBLISHERS = publishersWith(BITS, 1_200);
const byPublisher = (n: number) => recordOf({}, PUBLISHERS[n]);

test("A key that can be split keeps all that it has, whoever has most of it", () => {
  expect(BITS).toHaveLength(MAX_SPLIT);
  const store = newStore();
  const above = capabilityKey(SWARM, "work", BITS.slice(0, -1));
  for (let n = 1; n <= MAX_PER_KEY; n++) store.put(above, byPublisher(n), NOW, 7);
  expect(store.put(above, byPublisher(1_000), NOW, 8)).toEqual({ outcome: "full", split: MAX_SPLIT });
  expect(store.under(above, NOW)).toHaveLength(MAX_PER_KEY);
});

describe("A key as deep as keys go that strangers have filled", () => {
  test.each([1, 5, 30])("from %i subnets takes every honest agent that comes, and keeps it while they go on", (subnets) => {
    const store = newStore();
    const random = new Random(subnets);
    const flood = (count: number) => {
      for (let n = 0; n < count; n++) store.put(KEY, byPublisher(101 + random.int(1_099)), NOW, 1 + random.int(subnets));
    };
    flood(2 * MAX_PER_KEY);
    for (let honest = 1; honest <= 100; honest++) {
      expect(store.put(KEY, byPublisher(honest), NOW, 1_000 + honest).outcome).toBe("stored");
      flood(5);
    }
    const kept = new Set(store.under(KEY, NOW).map(({ publisherKey }) => publisherKey));
    for (let honest = 1; honest <= 100; honest++) expect(kept.has(byPublisher(honest).publisherKey)).toBe(true);
    expect(kept.size).toBeLessThanOrEqual(MAX_PER_KEY);
  });

  test("is full, and nobody gives way, where everybody has as much as anybody", () => {
    const store = newStore();
    for (let n = 1; n <= MAX_PER_KEY; n++) store.put(KEY, byPublisher(n), NOW, 1 + (n % 100));
    expect(store.put(KEY, byPublisher(1_000), NOW, 5_000)).toEqual({ outcome: "full", split: MAX_SPLIT });
  });

  test("pushes out who came last, of those who have most", () => {
    const store = newStore();
    for (let n = 1; n <= MAX_PER_KEY; n++) store.put(KEY, byPublisher(n), NOW, n <= 10 ? 7 : 1_000 + n);
    store.put(KEY, byPublisher(999), NOW, 8);
    const kept = store.under(KEY, NOW).map(({ publisherKey }) => publisherKey);
    expect(kept).not.toContain(byPublisher(10).publisherKey);
    expect(kept).toContain(byPublisher(9).publisherKey);
  });
});

describe("A store that strangers have filled", () => {
  test("takes every honest record, and what goes is theirs, the farthest key first", () => {
    const store = newStore();
    for (let subnet = 1; subnet <= 4; subnet++) {
      const outcomes = fillWith(store, MAX_PER_SUBNET, {}, NOW, 1, subnet, subnet);
      expect(outcomes).toEqual(new Set(["stored"]));
    }
    expect(store.size).toBe(MAX_RECORDS);
    const before = [...store.keys()].sort((a, b) => compareDistance(HERE, a, b));
    for (let honest = 1; honest <= 50; honest++) {
      const record = recordOf({ capability: `honest-${honest}` }, honest);
      expect(store.put(keyOf(record), record, NOW, 1_000 + honest).outcome).toBe("stored");
    }
    expect(store.size).toBe(MAX_RECORDS);
    for (let honest = 1; honest <= 50; honest++) expect(store.under(capabilityKey(SWARM, `honest-${honest}`), NOW)).toHaveLength(1);
    for (const key of before.slice(0, MAX_RECORDS / 2)) expect(store.under(key, NOW)).toHaveLength(1);
  });

  test("from one subnet alone has room for everybody else from the beginning", () => {
    const store = newStore();
    fillWith(store, MAX_PER_SUBNET, {}, NOW, 1, 1);
    const further = recordOf({ capability: "further" }, 1);
    expect(store.put(keyOf(further), further, NOW, 1)).toMatchObject({ outcome: "busy", reason: expect.stringContaining("subnet") });
    expect(store.put(keyOf(further), further, NOW, 2).outcome).toBe("stored");
  });
});

describe("A store that publishers of its private network have filled", () => {
  const [EACH, ELSEWHERE] = [200, 7];

  function full(fromElsewhere: number) {
    const store = newStore();
    fillWith(store, fromElsewhere, {}, NOW, EACH, ELSEWHERE, 1);
    fillWith(store, MAX_RECORDS - fromElsewhere, {}, NOW, EACH);
    expect(store.size).toBe(MAX_RECORDS);
    return store;
  }

  test.each([0, 1, EACH - 1])("takes in whoever has less than one of them, though %i records came from elsewhere", (fromElsewhere) => {
    const store = full(fromElsewhere);
    for (const [publisher, subnet] of [
      [1, 0],
      [2, 1_000],
    ] as const) {
      const record = recordOf({ capability: `newcomer-${publisher}` }, publisher);
      expect(store.put(keyOf(record), record, NOW, subnet).outcome).toBe("stored");
    }
    expect(store.size).toBe(MAX_RECORDS);
  });

  test("counts what came from elsewhere to where it came from, until its publisher renews it", () => {
    const store = full(2 * EACH);
    const mine = Array.from({ length: 5 }, (_, n) => recordOf({ capability: `mine-${n}` }, 1));
    for (const record of mine) expect(store.put(keyOf(record), record, NOW).outcome).toBe("stored");
    const fromThere = [...store.keys()]
      .flatMap((key) => store.under(key, NOW))
      .filter(({ capability }) => capability.startsWith("filler-1-"));
    expect(fromThere).toHaveLength(2 * EACH - mine.length);
    for (const { capability, publicKey, seq } of fromThere) {
      const renewed = recordOf({ capability, seq: seq + 1 }, Buffer.from(publicKey).readUInt32LE(0));
      expect(store.put(keyOf(renewed), renewed, NOW).outcome).toBe("stored");
    }
    const another = recordOf({ capability: "another" }, 2);
    expect(store.put(keyOf(another), another, NOW, ELSEWHERE).outcome).toBe("stored");
  });
});

test("A record that was handed over is charged to its publisher once that has renewed it", () => {
  const store = newStore();
  fillWith(store, MAX_PER_SUBNET - 1, {}, NOW, 1, 1);
  const [given, other] = [recordOf({ capability: "given" }, 1), recordOf({ capability: "other" }, 2)];
  expect(store.put(keyOf(given), given, NOW, 1).outcome).toBe("stored");
  expect(store.put(keyOf(other), other, NOW, 1).outcome).toBe("busy");
  const renewed = recordOf({ capability: "given", seq: 2 }, 1);
  expect(store.put(keyOf(renewed), renewed, NOW, 2).outcome).toBe("stored");
  expect(store.put(keyOf(other), other, NOW, 1).outcome).toBe("stored");
});
