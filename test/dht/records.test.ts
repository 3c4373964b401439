import { decode, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type CapabilityClaim,
  type CapabilityRecord,
  capabilityKey,
  MAX_PER_ANSWER,
  MAX_PER_KEY,
  MAX_RECORD_BYTES,
  RecordStore,
  readRecord,
  signRecord,
  timelinessOf,
} from "../../dht/index.ts";
import { SynapseError, toHex } from "../../routing/index.ts";
import { check } from "../support/check.ts";
import { at } from "../support/ids.ts";
import { Random } from "../support/random.ts";
import { claimOf, DAY, HOUR, MINUTE, publisherOf, recordOf, SWARM } from "../support/records.ts";
import { verifyEd25519 } from "../support/signers.ts";

const ISSUED = claimOf().issued;
const KEY = capabilityKey(SWARM, "code-review");

describe("A record", () => {
  test("comes back from its bytes as it was signed", () => {
    const record = recordOf();
    expect(readRecord(record.bytes, verifyEd25519)).toEqual(record);
  });

  test("with any one bit changed is refused", () => {
    const { bytes } = recordOf();
    check([fc.nat(bytes.length * 8 - 1)], (bit) => {
      const forged = Uint8Array.from(bytes);
      forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(readRecord(forged, verifyEd25519)).toBeTypeOf("string");
    });
  });

  test("signed by one and claimed by another is refused", () => {
    const [mine, yours] = [recordOf({}, 1), recordOf({}, 2)];
    const key = Buffer.from(mine.bytes).indexOf(Buffer.from(mine.publicKey));
    const forged = Uint8Array.from(mine.bytes);
    forged.set(yours.publicKey, key);
    expect(readRecord(forged, verifyEd25519)).toContain("signature");
  });

  test("cut short, or with bytes behind it, is refused", () => {
    const { bytes } = recordOf();
    for (let length = 0; length < bytes.length; length += 7)
      expect(readRecord(bytes.subarray(0, length), verifyEd25519)).toBeTypeOf("string");
    expect(readRecord(Uint8Array.from([...bytes, 0]), verifyEd25519)).toBeTypeOf("string");
    expect(readRecord(new Uint8Array(MAX_RECORD_BYTES + 1), verifyEd25519)).toContain("limit");
  });

  test("with its fields in another order is refused: what was signed has one form", () => {
    const fields = decode(recordOf().bytes) as Record<string, unknown>;
    const reversed = Object.fromEntries(Object.entries(fields).reverse());
    expect(readRecord(encode(reversed), verifyEd25519)).toContain("canonical");
  });

  test("may be any bytes at all without harm", () => {
    check([fc.uint8Array({ maxLength: 300 })], (bytes) => {
      expect(readRecord(bytes, verifyEd25519)).toBeTypeOf("string");
    });
  });

  const UNFIT: readonly (readonly [string, Partial<CapabilityClaim>])[] = [
    ["capability", { capability: "Code Review" }],
    ["description", { description: "x".repeat(600) }],
    ["addresses", { addresses: Array.from({ length: 5 }, () => "tcp://192.0.2.1:1") }],
    ["attributes", { attributes: { UPPER: 1 } }],
    ["attributes", { attributes: { n: Number.NaN } }],
    ["attributes", { attributes: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`a${i}`, i])) }],
    ["seq", { seq: -1 }],
    ["24 hours", { expires: ISSUED + DAY + 1 }],
    ["expire after", { expires: ISSUED }],
    ["bytes", { description: "x".repeat(500), name: "y".repeat(500) }],
  ];

  test.each(UNFIT)("that breaks a bound is not signed, and the message says which: %s", (what, fields) => {
    const sign = () => signRecord(claimOf(fields), publisherOf(1));
    expect(sign).toThrow(SynapseError);
    expect(sign).toThrow(what);
  });

  test("is current from its issue, by a clock that may be 10 minutes behind, until it expires", () => {
    const record = recordOf();
    expect(timelinessOf(record, ISSUED - 10 * MINUTE)).toBe("current");
    expect(timelinessOf(record, ISSUED - 10 * MINUTE - 1)).toBe("early");
    expect(timelinessOf(record, record.expires - 1)).toBe("current");
    expect(timelinessOf(record, record.expires)).toBe("expired");
  });
});

describe("A store", () => {
  const put = (store: RecordStore, record: CapabilityRecord, now = ISSUED, key = KEY) => store.put(key, record, now).outcome;

  test("keeps a record under the keys of its name and of each level above it, and under no other", () => {
    const store = new RecordStore(SWARM);
    expect(put(store, recordOf())).toBe("stored");
    expect(put(store, recordOf(), ISSUED, capabilityKey(SWARM, "code-review/python"))).toBe("stored");
    expect(put(store, recordOf(), ISSUED, capabilityKey(SWARM, "code"))).toBe("invalid");
    expect(put(store, recordOf(), ISSUED, capabilityKey("other", "code-review"))).toBe("invalid");
    expect(put(store, recordOf({ swarm: "other" }), ISSUED, capabilityKey("other", "code-review"))).toBe("invalid");
  });

  test("names every outcome", () => {
    const store = new RecordStore(SWARM);
    expect(put(store, recordOf({ seq: 5 }))).toBe("stored");
    expect(put(store, recordOf({ seq: 5 }))).toBe("unchanged");
    expect(put(store, recordOf({ seq: 5, name: "other" }))).toBe("stale");
    expect(put(store, recordOf({ seq: 4 }))).toBe("stale");
    expect(put(store, recordOf({ seq: 6 }))).toBe("stored");
    expect(put(store, recordOf({ seq: 7 }), ISSUED + HOUR)).toBe("expired");
    expect(put(store, recordOf({ seq: 7 }), ISSUED - HOUR)).toBe("expired");
    expect(store.size).toBe(1);
  });

  test("lets a withdrawal win over every older copy, for as long as that would have lived", () => {
    const store = new RecordStore(SWARM);
    put(store, recordOf({ seq: 1 }));
    expect(put(store, recordOf({ seq: 2, withdrawn: true, expires: ISSUED + HOUR - 1 }))).toBe("invalid");
    expect(put(store, recordOf({ seq: 2, withdrawn: true }))).toBe("stored");
    expect(put(store, recordOf({ seq: 1 }), ISSUED + HOUR - 1)).toBe("stale");
  });

  test("is full at its bound for a key, names the depth to go to, and displaces nobody", () => {
    const store = new RecordStore(SWARM);
    for (let publisher = 1; publisher <= MAX_PER_KEY; publisher++) expect(put(store, recordOf({}, publisher))).toBe("stored");
    expect(store.put(KEY, recordOf({}, MAX_PER_KEY + 1), ISSUED)).toMatchObject({ outcome: "full", split: 1 });
    expect(store.largestShelf).toBe(MAX_PER_KEY);
    expect(put(store, recordOf({ seq: 2 }, 7))).toBe("stored");
    expect(put(store, recordOf({ issued: ISSUED + HOUR, seq: 9 }, MAX_PER_KEY + 1), ISSUED + HOUR)).toBe("stored");
  });

  test("agrees with a simple model after any history, and never gives what has expired", () => {
    const random = new Random(7);
    for (let round = 0; round < 30; round++) {
      const store = new RecordStore(SWARM);
      const model = new Map<number, CapabilityRecord>();
      let now = ISSUED + DAY;
      for (let step = 0; step < 60; step++) {
        now += random.int(10 * MINUTE);
        const publisher = 1 + random.int(8);
        const record = recordOf({ seq: random.int(20), issued: now - random.int(HOUR), withdrawn: random.next() < 0.2 }, publisher);
        const held = model.get(publisher);
        const isHeld = held !== undefined && held.expires > now;
        const accepted =
          record.expires > now && (!isHeld || (record.seq > held.seq && !(record.withdrawn && record.expires < held.expires)));
        expect(put(store, record, now) === "stored").toBe(accepted);
        if (accepted) model.set(publisher, record);
        if (random.next() < 0.1) store.sweep(now);
        const expected = [...model.values()].filter(({ expires }) => expires > now).map(({ bytes }) => toHex(bytes));
        const { records, more } = store.page(KEY, 64, undefined, now);
        expect(records.map(toHex).sort()).toEqual(expected.sort());
        expect(more).toBeUndefined();
      }
    }
  });

  test("gives each record once over any sizes of page, while others come and go", () => {
    const random = new Random(11);
    const store = new RecordStore(SWARM);
    const staying = new Set<string>();
    for (let publisher = 1; publisher <= 120; publisher++) {
      const record = recordOf(publisher % 3 === 0 ? { expires: ISSUED + MINUTE } : {}, publisher);
      put(store, record);
      if (publisher % 3 !== 0) staying.add(toHex(record.bytes));
    }
    const seen: string[] = [];
    let after: string | undefined;
    let now = ISSUED;
    do {
      const page = store.page(KEY, 1 + random.int(30), after, now);
      expect(page.records.length).toBeLessThanOrEqual(MAX_PER_ANSWER);
      seen.push(...page.records.map(toHex));
      after = page.more;
      now = ISSUED + 2 * MINUTE; // a third is gone between two pages
      store.sweep(now);
    } while (after !== undefined);
    expect(new Set(seen).size).toBe(seen.length);
    for (const record of staying) expect(seen).toContain(record);
    expect(store.size).toBe(staying.size);
  });

  test("counts what it drops: a swept store has room again and keeps nothing", () => {
    const store = new RecordStore(SWARM);
    for (let publisher = 1; publisher <= 50; publisher++) put(store, recordOf({}, publisher));
    store.sweep(ISSUED + HOUR);
    expect(store.size).toBe(0);
    expect([...store.shelves(ISSUED)]).toEqual([]);
    expect(put(store, recordOf({ issued: ISSUED + HOUR }, 1), ISSUED + HOUR)).toBe("stored");
    expect(at([...store.shelves(ISSUED + HOUR)], 0)[1]).toHaveLength(1);
  });
});
