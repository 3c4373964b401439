import { describe, expect, test } from "vitest";
import {
  type CapabilityRecord,
  CLOCK_SKEW_MS,
  capabilityKey,
  levelsOf,
  MAX_PER_ANSWER,
  MAX_PER_KEY,
  MAX_PER_PUBLISHER,
  type StoreOutcome,
  timelinessOf,
} from "../../dht/index.ts";
import { type NodeId, toHex } from "../../routing/index.ts";
import { at } from "../support/ids.ts";
import { Random } from "../support/random.ts";
import { claimOf, HOUR, MINUTE, SWARM } from "../support/records.ts";
import { newStore, readPages, readUnsigned, unsignedRecord as recordOf } from "../support/store-records.ts";

const START = claimOf().issued;
const CAPABILITIES = ["work", "work/rust", "work/rust/async", "rest"];
const KEYS = CAPABILITIES.map((name) => capabilityKey(SWARM, name));

interface Held {
  readonly keyHex: string;
  /** Whose it is and for what: of these, a key has one record. */
  readonly offer: string;
  readonly record: CapabilityRecord;
  /** When everything that was ever held of this offer has expired. */
  readonly until: number;
}

/** What a store promises, in the plainest form: a list, read from end to end for everything, from which nothing ever needs sweeping. */
class Model {
  held: Held[] = [];

  put(key: NodeId, record: CapabilityRecord, now: number): StoreOutcome {
    if (record.swarm !== SWARM) return "invalid";
    if (now >= record.expires || now < record.issued - CLOCK_SKEW_MS) return "expired";
    const keyHex = toHex(key);
    if (!levelsOf(record.capability).some((level) => toHex(capabilityKey(SWARM, level)) === keyHex)) return "invalid";
    this.forgetExpired(now);
    const offer = offerOf(record);
    const before = this.held.find((held) => held.keyHex === keyHex && held.offer === offer);
    if (before !== undefined) {
      const { seq, bytes, expires } = before.record;
      if (record.seq <= seq) return textOf(record.bytes) === textOf(bytes) ? "unchanged" : "stale";
      if (record.withdrawn && record.expires < expires) return "invalid";
    } else if (this.held.filter((held) => held.keyHex === keyHex).length >= MAX_PER_KEY) {
      return "full";
    }
    const until = Math.max(record.expires, before?.until ?? 0);
    this.held = [...this.held.filter((held) => held !== before), { keyHex, offer, record, until }];
    return "stored";
  }

  /** The records of a key that are in force, by the ids of their publishers. */
  under(key: NodeId, now: number): CapabilityRecord[] {
    const keyHex = toHex(key);
    const found = this.held.filter((held) => held.keyHex === keyHex && isInForce(held.record, now));
    return found.sort((a, b) => (a.offer < b.offer ? -1 : 1)).map(({ record }) => record);
  }

  forgetExpired(now: number): void {
    this.held = this.held.filter(({ until }) => until > now);
  }
}

function offerOf({ publisher, capability }: CapabilityRecord): string {
  return `${toHex(publisher)} ${capability}`;
}

function isInForce(record: CapabilityRecord, now: number): boolean {
  return record.issued - CLOCK_SKEW_MS <= now && now < record.expires;
}

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const textsOf = (records: Iterable<CapabilityRecord>): string[] => Array.from(records, ({ bytes }) => textOf(bytes));

/** A store and the model of it, to which the same things happen. */
class World {
  readonly store = newStore();
  readonly model = new Model();
  readonly outcomes = new Map<string, number>();
  now = START;
  private readonly random: Random;
  private readonly publishers: number;
  private readonly longestPauseMs: number;

  constructor(seed: number, publishers: number, longestPauseMs: number) {
    this.random = new Random(seed);
    this.publishers = publishers;
    this.longestPauseMs = longestPauseMs;
  }

  step(): void {
    const event = this.random.int(20);
    if (event < 12) this.put(this.random.int(8) === 0);
    else if (event < 14) this.now += this.random.int(this.longestPauseMs);
    else if (event < 15) this.store.sweep(this.now);
    else if (event < 19) this.page();
    else this.checkShelves();
  }

  private put(withdrawn: boolean): void {
    const { random, now } = this;
    const issued = now + random.int(40 * MINUTE) - 28 * MINUTE;
    const fields = {
      capability: random.pick(CAPABILITIES),
      swarm: random.int(30) === 0 ? "other" : SWARM,
      seq: random.int(12),
      issued,
      expires: issued + 1 + random.int(HOUR),
      withdrawn,
    };
    const record = recordOf(fields, random.int(this.publishers));
    const key = random.int(6) === 0 ? random.pick(KEYS) : capabilityKey(SWARM, at(levelsOf(record.capability), 0));
    // Sent twice at times, as happens when an answer is lost.
    for (let sent = 0; sent < 1 + random.int(2); sent++) {
      const { outcome } = this.store.put(key, record, now);
      expect(outcome).toBe(this.model.put(key, record, now));
      this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
    }
  }

  private page(): void {
    const { random, store, model, now } = this;
    const key = random.pick(KEYS);
    const expected = model.under(key, now);
    expect(readPages(store, key, 1 + random.int(90), now).map(textOf)).toEqual(textsOf(expected));
    const limit = 1 + random.int(90);
    const { records, more } = store.page(key, limit, undefined, now);
    expect(records.map(textOf)).toEqual(textsOf(expected.slice(0, records.length)));
    const live = expected.slice(0, records.length).filter((record) => !record.withdrawn);
    expect(records.length).toBeLessThanOrEqual(MAX_PER_ANSWER);
    expect(live.length).toBeLessThanOrEqual(limit);
    expect(more !== undefined).toBe(records.length < expected.length);
    if (more !== undefined) expect(live.length === limit || records.length === MAX_PER_ANSWER).toBe(true);
  }

  private checkShelves(): void {
    const { store, model, now } = this;
    for (const key of KEYS) expect(textsOf(store.under(key, now)).sort()).toEqual(textsOf(model.under(key, now)).sort());
  }

  /** After a sweep the sizes are those of the model; before it, the store may only keep more. */
  checkSizes(): void {
    const { store, model, now } = this;
    model.forgetExpired(now);
    expect(store.size).toBeGreaterThanOrEqual(model.held.length);
    store.sweep(now);
    expect(store.size).toBe(model.held.length);
    const perKey = KEYS.map((key) => model.held.filter(({ keyHex }) => keyHex === toHex(key)).length);
    expect([...store.keys()]).toHaveLength(perKey.filter((count) => count > 0).length);
  }
}

describe("A store agrees with a list that is read from end to end", () => {
  test("for few publishers who say much", () => {
    const outcomes = new Set<string>();
    for (let seed = 0; seed < 40; seed++) {
      const world = new World(seed, 6, 20 * MINUTE);
      for (let step = 0; step < 150; step++) {
        world.step();
        if (step % 50 === 49) world.checkSizes();
      }
      for (const outcome of world.outcomes.keys()) outcomes.add(outcome);
    }
    expect(outcomes).toEqual(new Set(["stored", "unchanged", "stale", "expired", "invalid"]));
  });

  test("for so many that a key is full", () => {
    let full = 0;
    for (let seed = 100; seed < 102; seed++) {
      const world = new World(seed, 2_000, MINUTE / 2);
      for (let step = 0; step < 1_500; step++) world.step();
      world.checkSizes();
      full += world.outcomes.get("full") ?? 0;
    }
    expect(full).toBeGreaterThan(0);
  });
});

test("A publisher's bound is counted as a list counts it, over swept and renewed records of many keys", () => {
  const random = new Random(5);
  for (let world = 0; world < 6; world++) {
    const store = newStore();
    const expiries = new Map<string, number>();
    let now = START;
    for (let step = 0; step < 700; step++) {
      now += random.int(4_000);
      store.sweep(now);
      for (const [name, expires] of expiries) if (expires <= now) expiries.delete(name);
      const capability = `work-${random.int(400)}`;
      const record = recordOf({ capability, seq: step, issued: now, expires: now + MINUTE + random.int(HOUR) });
      const { outcome } = store.put(capabilityKey(SWARM, capability), record, now);
      expect(outcome).toBe(expiries.has(capability) || expiries.size < MAX_PER_PUBLISHER ? "stored" : "busy");
      if (outcome === "stored") expiries.set(capability, Math.max(record.expires, expiries.get(capability) ?? 0));
      expect(store.size).toBe(expiries.size);
    }
  }
});

test("Pages give what stays exactly once while others come, go, renew and are swept between them", () => {
  const key = capabilityKey(SWARM, "work");
  const random = new Random(31);
  for (let world = 0; world < 40; world++) {
    const store = newStore();
    let now = START;
    for (let publisher = 1; publisher <= 150; publisher++) {
      const staying = publisher % 2 === 0;
      store.put(key, recordOf({ expires: START + (staying ? HOUR : 1 + random.int(40)) }, publisher), now);
    }
    const found: number[] = [];
    let after: string | undefined;
    do {
      const page = store.page(key, 1 + random.int(30), after, now);
      for (const bytes of page.records) {
        const [publisher, claim] = readUnsigned(bytes);
        expect(timelinessOf(claim, now)).toBe("current");
        found.push(publisher);
      }
      after = page.more;
      now += random.int(10);
      if (random.int(2) === 0) store.sweep(now);
      store.put(key, recordOf({ expires: now + 5 }, 1_000 + random.int(500)), now);
      store.put(key, recordOf({ seq: 2 + random.int(100) }, 2 * (1 + random.int(75))), now);
    } while (after !== undefined);
    expect(new Set(found).size).toBe(found.length);
    expect(found.filter((publisher) => publisher <= 150 && publisher % 2 === 0)).toHaveLength(75);
  }
});
