import { describe, expect, test } from "vitest";
import {
  type CapabilityRecord,
  CLOCK_SKEW_MS,
  capabilityKey,
  MAX_PER_ANSWER,
  MAX_PER_KEY,
  MAX_PER_PUBLISHER,
  MAX_PER_SUBNET,
  MAX_RECORDS,
  MAX_SPLIT,
  type RecordStore,
  splitBitsOf,
} from "../../dht/index.ts";
import { toHex } from "../../routing/index.ts";
import { at } from "../support/ids.ts";
import { claimOf, HOUR, SWARM } from "../support/records.ts";
import {
  fillWith,
  keyOf,
  newStore,
  publishersWith,
  readPages,
  readUnsigned,
  unsignedRecord as recordOf,
} from "../support/store-records.ts";

const NOW = claimOf().issued;
const KEY = capabilityKey(SWARM, "work");

const put = (store: RecordStore, record: CapabilityRecord, now = NOW, key = KEY) => store.put(key, record, now).outcome;
const sorted = (records: Iterable<Uint8Array>): string[] => Array.from(records, toHex).sort();

function filled(publishers: number, fields: Parameters<typeof recordOf>[0] = {}): RecordStore {
  const store = newStore();
  for (let publisher = 1; publisher <= publishers; publisher++) expect(put(store, recordOf(fields, publisher))).toBe("stored");
  return store;
}

test("The bounds are those that the documentation names", () => {
  expect([MAX_PER_KEY, MAX_PER_PUBLISHER, MAX_PER_SUBNET, MAX_RECORDS, MAX_PER_ANSWER]).toEqual([256, 512, 4_096, 16_384, 64]);
});

describe("A record is", () => {
  test("stored when it is new, and when it is newer than what is held, of which nothing is left", () => {
    const store = filled(1);
    expect(put(store, recordOf({ seq: 2 }))).toBe("stored");
    expect(readPages(store, KEY, 64, NOW)).toEqual([recordOf({ seq: 2 }).bytes]);
    expect(store.size).toBe(1);
  });

  test("unchanged when it is held already", () => {
    const store = filled(1);
    expect(put(store, recordOf())).toBe("unchanged");
    expect(store.size).toBe(1);
  });

  test("stale when a newer one is held, or another of the same number, and the reason names the number", () => {
    const store = newStore();
    put(store, recordOf({ seq: 7 }));
    expect(store.put(KEY, recordOf({ seq: 6 }), NOW)).toMatchObject({ outcome: "stale", reason: expect.stringContaining("7 is here") });
    expect(put(store, recordOf({ seq: 7, name: "other" }))).toBe("stale");
    expect(put(store, recordOf({ seq: 7, withdrawn: true }))).toBe("stale");
    expect(readPages(store, KEY, 64, NOW)).toEqual([recordOf({ seq: 7 }).bytes]);
  });

  test("stored when what is held has expired, whatever its number and whether or not it was swept", () => {
    const store = newStore();
    put(store, recordOf({ seq: 7 }));
    const next = recordOf({ seq: 1, issued: NOW + HOUR });
    expect(put(store, next, NOW + HOUR)).toBe("stored");
    expect(readPages(store, KEY, 64, NOW + HOUR)).toEqual([next.bytes]);
    expect(store.size).toBe(1);
  });

  test("expired from the moment it says, and before its time, which the reason blames on a clock", () => {
    const store = newStore();
    expect(put(store, recordOf(), NOW + HOUR)).toBe("expired");
    const early = store.put(KEY, recordOf(), NOW - CLOCK_SKEW_MS - 1);
    expect(early).toMatchObject({ outcome: "expired", reason: expect.stringContaining("clock") });
    expect(store.size).toBe(0);
    expect(put(store, recordOf(), NOW - CLOCK_SKEW_MS)).toBe("stored");
  });

  test("invalid in a store of another swarm, under whichever key", () => {
    const foreign = recordOf({ swarm: "other" });
    for (const swarm of [SWARM, "other"]) {
      const { outcome, reason } = newStore().put(capabilityKey(swarm, "work"), foreign, NOW);
      expect([outcome, reason]).toEqual(["invalid", expect.stringContaining('of swarm "other", this is "test"')]);
    }
  });

  test("invalid under every key but those of its levels and of the children that fit its publisher", () => {
    const record = recordOf({ capability: "a/b" });
    const keyAt = (name: string, bits = "") => capabilityKey(SWARM, name, bits);
    const others = ["a/b/c", "b", "ab", "a/"].map((name) => keyAt(name));
    for (let depth = 0; depth <= MAX_SPLIT; depth++) {
      const bits = splitBitsOf(record.publisher, depth);
      for (const name of ["a", "a/b"]) expect(put(newStore(), record, NOW, keyAt(name, bits))).toBe("stored");
      const sibling = bits.replace(/.$/, (bit) => (bit === "0" ? "1" : "0"));
      if (depth > 0) others.push(keyAt("a", sibling), keyAt("a/b", sibling));
    }
    others.push(keyAt("a", splitBitsOf(record.publisher, MAX_SPLIT + 1)));
    for (const key of others) expect(put(newStore(), record, NOW, key)).toBe("invalid");
  });
});

describe("Of two records of one publisher", () => {
  test("both are kept where their capabilities differ, below one key too", () => {
    const store = newStore();
    const [python, rust] = [recordOf({ capability: "work/python" }), recordOf({ capability: "work/rust" })];
    expect([put(store, python), put(store, rust)]).toEqual(["stored", "stored"]);
    expect(sorted(readPages(store, KEY, 1, NOW))).toEqual(sorted([python.bytes, rust.bytes]));
  });

  test("both count, under whichever keys, and a 257th record is turned away until others expire", () => {
    const store = newStore();
    const nth = (i: number, fields = {}) => recordOf({ capability: `work-${i}`, ...fields });
    for (let i = 0; i < MAX_PER_PUBLISHER; i++) expect(put(store, nth(i), NOW, keyOf(nth(i)))).toBe("stored");
    const further = store.put(keyOf(nth(999)), nth(999), NOW);
    expect(further).toMatchObject({ outcome: "busy", reason: expect.stringContaining("publisher") });
    expect(put(store, nth(3, { seq: 2 }), NOW, keyOf(nth(3)))).toBe("stored");
    expect(put(store, recordOf({}, 2))).toBe("stored");
    store.sweep(NOW + HOUR);
    for (let i = 999; i < 999 + MAX_PER_PUBLISHER; i++)
      expect(put(store, nth(i, { issued: NOW + HOUR }), NOW + HOUR, keyOf(nth(i)))).toBe("stored");
  });
});

describe("A withdrawal", () => {
  const withdrawal = (fields = {}) => recordOf({ seq: 2, withdrawn: true, ...fields });

  test("takes the place of what it withdraws and is given out in its stead", () => {
    const store = filled(1);
    expect(put(store, withdrawal())).toBe("stored");
    expect(readPages(store, KEY, 64, NOW)).toEqual([withdrawal().bytes]);
    expect(put(store, recordOf())).toBe("stale");
  });

  test("must not expire before what it withdraws; afterwards it may", () => {
    const store = filled(1);
    const refused = store.put(KEY, withdrawal({ expires: NOW + HOUR - 1 }), NOW);
    expect(refused).toMatchObject({ outcome: "invalid", reason: expect.stringContaining("withdrawal") });
    expect(readPages(store, KEY, 64, NOW)).toEqual([recordOf().bytes]);
    expect(put(store, withdrawal({ expires: NOW + HOUR + 1 }))).toBe("stored");
  });

  test("outlives a replay of the old record to its last millisecond", () => {
    const store = filled(1);
    put(store, withdrawal());
    for (const now of [NOW, NOW + HOUR - 1]) expect(put(store, recordOf(), now)).toBe("stale");
    expect(put(store, recordOf(), NOW + HOUR)).toBe("expired");
  });

  test("of what is not here is kept all the same, and gives way to a newer record", () => {
    const store = newStore();
    expect(put(store, withdrawal())).toBe("stored");
    expect(put(store, recordOf({ seq: 1 }))).toBe("stale");
    expect(put(store, recordOf({ seq: 3, expires: NOW + 1 }))).toBe("stored");
    expect(readPages(store, KEY, 64, NOW)).toEqual([recordOf({ seq: 3, expires: NOW + 1 }).bytes]);
  });

  test("does not count against the limit of a page, but against its bound", () => {
    const store = filled(200, { withdrawn: true });
    put(store, recordOf({}, 201));
    expect(store.page(KEY, 1, undefined, NOW).records).toHaveLength(MAX_PER_ANSWER);
    const found = readPages(store, KEY, 1, NOW).map((bytes) => readUnsigned(bytes)[0]);
    expect(found.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 201 }, (_, i) => i + 1));
  });
});

describe("A key that is full", () => {
  test("names a child, keeps whoever is there, and still takes what they renew", () => {
    const store = filled(MAX_PER_KEY);
    const further = recordOf({}, MAX_PER_KEY + 1);
    expect(store.page(KEY, 1, undefined, NOW).split).toBe(0);
    expect(store.put(KEY, further, NOW)).toEqual({ outcome: "full", split: 1 });
    expect(store.put(KEY, further, NOW)).toEqual({ outcome: "full", split: 1 });
    expect(store.page(KEY, 1, undefined, NOW).split).toBe(1);
    expect(put(store, recordOf({ seq: 2 }, 5))).toBe("stored");
    expect(store.size).toBe(MAX_PER_KEY);
    expect(store.put(keyOf(further), recordOf({ seq: 3 }, 5), NOW)).toEqual({ outcome: "stored", split: 1 });
    const child = capabilityKey(SWARM, "work", splitBitsOf(further.publisher, 1));
    expect(store.put(child, further, NOW)).toEqual({ outcome: "stored" });
    expect(store.page(child, 1, undefined, NOW).split).toBe(0);
  });

  test.each([1, 3, MAX_SPLIT])("is split one bit deeper than it lies, and never beyond the last: at depth %i", (depth) => {
    const store = newStore();
    const bits = "01101001".slice(0, depth);
    const child = capabilityKey(SWARM, "work", bits);
    const publishers = publishersWith(bits, MAX_PER_KEY / 4);
    for (let i = 0; i < MAX_PER_KEY; i++) {
      // Several capabilities of one publisher share the key of the level above.
      const record = recordOf({ capability: `work/${i % 4}` }, at(publishers, Math.floor(i / 4)));
      expect(put(store, record, NOW, child)).toBe("stored");
    }
    const further = recordOf({ capability: "work/further" }, at(publishers, 1));
    expect(store.put(child, further, NOW)).toEqual({ outcome: "full", split: Math.min(MAX_SPLIT, depth + 1) });
  });

  test("takes a newcomer as soon as one record has expired, swept or not", () => {
    const store = filled(MAX_PER_KEY - 1);
    put(store, recordOf({ expires: NOW + 10 }, MAX_PER_KEY));
    const newcomer = recordOf({}, MAX_PER_KEY + 1);
    expect(put(store, newcomer, NOW + 9)).toBe("full");
    expect(put(store, newcomer, NOW + 10)).toBe("stored");
    expect(store.size).toBe(MAX_PER_KEY);
  });
});

test("A store that is full turns newcomers away, lets holders renew, and has room when something expires", () => {
  const store = newStore();
  put(store, recordOf({ expires: NOW + 10 }));
  expect(fillWith(store, MAX_RECORDS - 1, {}, NOW, 1)).toEqual(new Set(["stored"]));
  const newcomer = recordOf({}, 2);
  expect(store.put(KEY, newcomer, NOW)).toMatchObject({ outcome: "busy", reason: expect.stringContaining("full") });
  expect(put(store, recordOf({ seq: 2, expires: NOW + 10 }))).toBe("stored");
  expect(store.size).toBe(MAX_RECORDS);
  expect(put(store, newcomer, NOW + 10)).toBe("stored");
  expect(store.size).toBe(MAX_RECORDS);
});

describe("Pages", () => {
  test("hold at most 64 records, or fewer where fewer are wanted, in the order of the publishers' ids", () => {
    const store = filled(150);
    for (const limit of [1, 7, 63, 64, 65, 1_000])
      expect(store.page(KEY, limit, undefined, NOW).records).toHaveLength(Math.min(limit, MAX_PER_ANSWER));
    const ids = readPages(store, KEY, 13, NOW).map((bytes) => toHex(recordOf({}, readUnsigned(bytes)[0]).publisher));
    expect(ids).toEqual([...ids].sort());
  });

  test.each([1, 2, 19, 64, 100])("give every record exactly once, by %i", (limit) => {
    const store = filled(MAX_PER_KEY);
    const all = Array.from({ length: MAX_PER_KEY }, (_, i) => recordOf({}, i + 1).bytes);
    expect(sorted(readPages(store, KEY, limit, NOW))).toEqual(sorted(all));
  });

  test("end exactly where the records end: no last page is empty", () => {
    const store = filled(64);
    expect(store.page(KEY, 64, undefined, NOW).more).toBeUndefined();
    const { more } = store.page(KEY, 32, undefined, NOW);
    expect(store.page(KEY, 32, more, NOW)).toMatchObject({ more: undefined, records: { length: 32 } });
  });

  test("end too where all that would follow has expired", () => {
    const store = newStore();
    for (let publisher = 1; publisher <= 40; publisher++) put(store, recordOf({ expires: NOW + publisher }, publisher));
    const { more } = store.page(KEY, 10, undefined, NOW);
    expect(more).toBeDefined();
    expect(store.page(KEY, 10, more, NOW + 40)).toMatchObject({ records: [], more: undefined });
  });

  test("are empty for a key that nobody stored under", () => {
    expect(filled(3).page(capabilityKey(SWARM, "other"), 64, undefined, NOW)).toEqual({ records: [], more: undefined, split: 0 });
  });
});

describe("A sweep", () => {
  test("drops what has expired, and nothing else", () => {
    const store = newStore();
    for (let publisher = 1; publisher <= 20; publisher++) put(store, recordOf({ expires: NOW + publisher }, publisher));
    store.sweep(NOW);
    expect(store.size).toBe(20);
    store.sweep(NOW + 8);
    expect(store.size).toBe(12);
    expect(readPages(store, KEY, 64, NOW).map((bytes) => readUnsigned(bytes)[0])).toHaveLength(12);
  });

  test("keeps what a clock that was set back calls early, though it is not given out", () => {
    const store = filled(1);
    const before = NOW - CLOCK_SKEW_MS - 1;
    expect(readPages(store, KEY, 64, before)).toEqual([]);
    store.sweep(before);
    expect(readPages(store, KEY, 64, NOW)).toEqual([recordOf().bytes]);
  });

  test("forgets that a key was split once nothing is left under it", () => {
    const store = filled(MAX_PER_KEY);
    put(store, recordOf({}, MAX_PER_KEY + 1));
    store.sweep(NOW + HOUR);
    expect([store.size, store.page(KEY, 1, undefined, NOW).split]).toEqual([0, 0]);
    expect([...store.keys()]).toEqual([]);
  });
});

test("Shelves are every key with what is in force under it, withdrawals included", () => {
  const store = newStore();
  const [first, gone, withdrawn] = [recordOf({}, 1), recordOf({ expires: NOW + 1 }, 2), recordOf({ withdrawn: true }, 3)];
  const deeper = recordOf({ capability: "work/rust" }, 4);
  for (const record of [first, gone, withdrawn, deeper]) put(store, record);
  put(store, deeper, NOW, keyOf(deeper));
  const shelves = new Map(Array.from(store.keys(), (key) => [toHex(key), sorted(store.under(key, NOW + 1).map(({ bytes }) => bytes))]));
  const expected = new Map([
    [toHex(KEY), sorted([first.bytes, withdrawn.bytes, deeper.bytes])],
    [toHex(keyOf(deeper)), sorted([deeper.bytes])],
  ]);
  expect(shelves).toEqual(expected);
  expect(store.size).toBe(5);
});
