import { randomBytes } from "node:crypto";
import { encode } from "@msgpack/msgpack";
import { describe, expect, onTestFinished, test } from "vitest";
import { type CapabilityRecord, capabilityKey, MAX_PER_PUBLISHER, MAX_RECORD_BYTES, readRecord } from "../../dht/index.ts";
import { verifyEd25519 } from "../../src/identity.ts";
import { Client, Identity, kwargs } from "../../src/index.ts";
import { failureOf, type GlassAgent, startAgent } from "../support/net/lifetime.ts";
import { claimOf, HOUR, recordOf, SWARM } from "../support/records.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const KEY = capabilityKey(SWARM, "code-review/python");

interface Stage {
  readonly agent: GlassAgent;
  readonly now: number;
  /** Stores over a real secure link, as a caller of no standing. */
  readonly store: (record: unknown, key?: unknown) => Promise<unknown>;
  readonly call: (endpoint: string, ...args: unknown[]) => Promise<unknown>;
}

async function stage(): Promise<Stage> {
  const clock = new VirtualClock(3);
  const agent = await startAgent({ name: "holder", swarm: SWARM, runtime: clock });
  const client = new Client("127.0.0.1", agent.port, { dialect: "secure", swarm: SWARM });
  onTestFinished(() => client.close());
  const call = (endpoint: string, ...args: unknown[]) => client.call(endpoint, ...args);
  return { agent, now: clock.wallClock(), call, store: (record, key = KEY) => call("_synapse.store", key, record) };
}

/** Nothing was kept, and an honest record still is. */
async function expectUnharmed({ agent, now, store, call }: Stage): Promise<void> {
  const { overlay } = agent.insides;
  expect([overlay.store.size, overlay.membership.table.size, overlay.published.length]).toEqual([0, 0, 0]);
  const honest = recordOf({ issued: now }, 9);
  expect(await store(honest.bytes)).toMatchObject({ outcome: "stored" });
  expect(await call("_synapse.find_records", KEY)).toMatchObject({ records: [honest.bytes], more: null, split: 0 });
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 1;
  return copy;
}

describe("a record over the wire", () => {
  test("that is honest is stored, told unchanged when it comes again, and found", async () => {
    const { agent, now, store } = await stage();
    const record = recordOf({ issued: now });
    expect([await store(record.bytes), await store(record.bytes)]).toEqual([{ outcome: "stored" }, { outcome: "unchanged" }]);
    expect(agent.insides.overlay.store.size).toBe(1);
  });

  test.each<[string, string, (now: number) => Uint8Array]>([
    ["with a byte of its signature changed", "invalid", (now) => withForgedSignature(recordOf({ issued: now }))],
    ["with a byte of its name changed", "invalid", (now) => forgedText(recordOf({ issued: now, name: "ada" }), "ada", "eve")],
    ["with another's public key", "invalid", (now) => withKeyOf(recordOf({ issued: now }, 1), recordOf({ issued: now }, 2))],
    ["that has expired", "expired", (now) => recordOf({ issued: now - 2 * HOUR, expires: now - HOUR }).bytes],
    ["that expires this very moment", "expired", (now) => recordOf({ issued: now - HOUR, expires: now }).bytes],
    ["from the future", "expired", (now) => recordOf({ issued: now + HOUR }).bytes],
    ["of another swarm", "invalid", (now) => recordOf({ issued: now, swarm: "elsewhere" }).bytes],
    ["of another capability", "invalid", (now) => recordOf({ issued: now, capability: "cooking" }).bytes],
    ["of a longer name that begins alike", "invalid", (now) => recordOf({ issued: now, capability: "code-review/pythonic" }).bytes],
    ["of a level above the key", "invalid", (now) => recordOf({ issued: now, capability: "code-review" }).bytes],
    ["that is empty", "invalid", () => new Uint8Array(0)],
    ["that is noise", "invalid", () => randomBytes(300)],
    ["that is too long", "invalid", () => new Uint8Array(MAX_RECORD_BYTES + 1)],
    ["that is a list", "invalid", () => encode([1, 2, 3])],
    ["with a field too many", "invalid", (now) => encode({ ...fieldsOf(now), more: 1 }, { sortKeys: true })],
    ["that lives too long", "invalid", (now) => encode({ ...fieldsOf(now), expires: now + 48 * HOUR }, { sortKeys: true })],
  ])("%s is refused as %s, and nothing of it is kept", async (_, outcome, make) => {
    const on = await stage();
    expect(await on.store(make(on.now))).toMatchObject({ outcome });
    await expectUnharmed(on);
  });

  test("with any one byte changed is refused", async () => {
    const on = await stage();
    const { bytes } = recordOf({ issued: on.now });
    const outcomes = await Promise.all(Array.from(bytes, (_, at) => on.store(flipped(bytes, at))));
    expect(new Set(outcomes.map((answer) => (answer as { outcome: string }).outcome))).toEqual(new Set(["invalid"]));
    await expectUnharmed(on);
  });

  test("stands under the keys of its own name and levels, and under no other", async () => {
    const on = await stage();
    const { bytes } = recordOf({ issued: on.now });
    const elsewhere = [randomBytes(32), capabilityKey(SWARM, "python"), capabilityKey("other", "code-review/python"), new Uint8Array(32)];
    for (const key of elsewhere) expect(await on.store(bytes, Uint8Array.from(key))).toMatchObject({ outcome: "invalid" });
    await expectUnharmed(on);
    expect(await on.store(bytes, capabilityKey(SWARM, "code-review"))).toEqual({ outcome: "stored" });
  });

  test("of another swarm is refused under the key that it would have there", async () => {
    const on = await stage();
    const foreign = recordOf({ issued: on.now, swarm: "elsewhere" });
    const answer = await on.store(foreign.bytes, capabilityKey("elsewhere", "code-review/python"));
    expect(answer).toMatchObject({ outcome: "invalid", reason: expect.stringMatching(/swarm "elsewhere"/) });
    await expectUnharmed(on);
  });

  test("never goes back: neither an older one nor another of the same number takes its place", async () => {
    const on = await stage();
    const newest = recordOf({ issued: on.now, seq: 5 });
    await on.store(newest.bytes);
    for (const stale of [recordOf({ issued: on.now, seq: 4 }), recordOf({ issued: on.now, seq: 5, name: "other" })]) {
      expect(await on.store(stale.bytes)).toMatchObject({ outcome: "stale" });
    }
    expect(await on.call("_synapse.find_records", KEY)).toMatchObject({ records: [newest.bytes] });
  });

  test("of one publisher has no more room than one publisher gets", async () => {
    const on = await stage();
    const outcomes: unknown[] = [];
    for (let i = 0; i <= MAX_PER_PUBLISHER; i++) {
      const capability = `flood/n${i}`;
      outcomes.push(await on.store(recordOf({ issued: on.now, capability }).bytes, capabilityKey(SWARM, capability)));
    }
    expect(outcomes.at(-1)).toMatchObject({ outcome: "busy" });
    expect(on.agent.insides.overlay.store.size).toBe(MAX_PER_PUBLISHER);
  });
});

describe("an overlay endpoint", () => {
  test.each<[string, unknown[], RegExp]>([
    ["_synapse.store", [KEY, "text"], /record must be bytes/],
    ["_synapse.store", [KEY, null], /record must be bytes/],
    ["_synapse.store", ["zz", new Uint8Array(3)], /key must be 32 bytes/],
    ["_synapse.store", [new Uint8Array(31), new Uint8Array(3)], /key must be 32 bytes/],
    ["_synapse.find_node", [new Uint8Array(33)], /target must be 32 bytes/],
    ["_synapse.find_node", [{ length: 32 }], /target must be 32 bytes/],
    ["_synapse.find_node", ["g".repeat(64)], /target must be 32 bytes/],
    ["_synapse.find_records", [KEY, 0], /limit/],
    ["_synapse.find_records", [KEY, 1.5], /limit/],
    ["_synapse.find_records", [KEY, "many"], /limit/],
    ["_synapse.find_records", [KEY, 5, "x".repeat(300)], /after/],
    ["_synapse.find_records", [KEY, 5, 7], /after/],
    ["_synapse.find_records", [KEY, kwargs({ where: 1 })], /where must be a map/],
    ["_synapse.find_node", [], /missing its argument 'target'/],
  ])("%s refuses %j, naming the argument", async (endpoint, args, message) => {
    const on = await stage();
    const error = await failureOf(on.call(endpoint, ...args));
    expect(error).toMatchObject({ remote: true, message: expect.stringMatching(message) });
    await expectUnharmed(on);
  });

  test("answers any limit with no more than fits", async () => {
    const on = await stage();
    for (let publisher = 1; publisher <= 70; publisher++) await on.store(recordOf({ issued: on.now }, publisher).bytes);
    const { records, more } = (await on.call("_synapse.find_records", KEY, 2 ** 31)) as { records: unknown[]; more: string };
    expect(records).toHaveLength(64);
    const { records: rest } = (await on.call("_synapse.find_records", KEY, 100, more)) as { records: unknown[] };
    expect(rest).toHaveLength(6);
  });

  test("takes an id as 64 hexadecimal characters", async () => {
    const on = await stage();
    expect(await on.call("_synapse.find_node", Buffer.from(KEY).toString("hex"))).toEqual({ contacts: [] });
  });
});

describe("a caller", () => {
  test("that says it can be dialled enters no table before it has been reached there", async () => {
    const { agent } = await stage();
    const liar = new Client("127.0.0.1", agent.port, { dialect: "secure", swarm: SWARM, identity: Identity.generate() });
    onTestFinished(() => liar.close());
    for (let i = 0; i < 20; i++) await liar.call("_synapse.find_node", randomBytes(32));
    expect(agent.insides.overlay.membership.table.size).toBe(0);
  });
});

/** The fields of a good record, signature included, as a map. */
function fieldsOf(now: number): Record<string, unknown> {
  const { publicKey } = recordOf({ issued: now });
  const { withdrawn: _, ...claim } = claimOf({ issued: now });
  return { v: 1, ...claim, publicKey, signature: new Uint8Array(64) };
}

function withForgedSignature({ bytes }: CapabilityRecord): Uint8Array {
  const name = "signature";
  const header = 2; // of the 64 bytes that follow the field's name
  return flipped(bytes, Buffer.from(bytes).indexOf(name) + name.length + header + 40);
}

function forgedText({ bytes }: CapabilityRecord, from: string, to: string): Uint8Array {
  const text = Buffer.from(bytes).toString("latin1");
  expect(text).toContain(from);
  return Uint8Array.from(Buffer.from(text.replace(from, to), "latin1"));
}

function withKeyOf({ bytes, publicKey }: CapabilityRecord, other: CapabilityRecord): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy.set(other.publicKey, Buffer.from(copy).indexOf(publicKey));
  expect(readRecord(copy, verifyEd25519)).toMatch(/signature/);
  return copy;
}
