import { describe, expect, test } from "vitest";
import { Filtering } from "../../dht/filtering.ts";
import { Handlers } from "../../dht/handlers.ts";
import {
  CachedRecordReader,
  type Caller,
  capabilityKey,
  DEFAULT_SETTINGS,
  type FindRecordsResponse,
  MAX_PER_ANSWER,
  Membership,
  type OverlayRequest,
  type StoreResponse,
} from "../../dht/index.ts";
import { Leases } from "../../dht/leases.ts";
import { Watches } from "../../dht/watches.ts";
import { type Contact, K, makeContact, type NodeId } from "../../routing/index.ts";
import { at, contactOf, idNear, keysOf, sortedByDistance } from "../support/ids.ts";
import { Random } from "../support/random.ts";
import { HOUR, SWARM, recordOf as signedRecord } from "../support/records.ts";
import { verifyEd25519 } from "../support/signers.ts";
import { forge } from "../support/store-forgery.ts";
import { AskedPeers } from "../support/store-peers.ts";
import { newStore, unsignedRecord } from "../support/store-records.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const SELF = new Uint8Array(32).fill(0x5a);
const KEY = capabilityKey(SWARM, "work");
const NOBODY: Caller = { id: undefined, claimed: undefined };

/** A node that knows the contacts given, and what it asks others. */
class Scene {
  readonly clock = new VirtualClock(1);
  readonly asked = new AskedPeers();
  readonly store = newStore();
  readonly membership: Membership;
  readonly handlers: Handlers;

  constructor(known: readonly Contact[] = [], self: NodeId = SELF) {
    this.membership = new Membership(self, this.clock, this.asked, DEFAULT_SETTINGS);
    const reader = new CachedRecordReader(verifyEd25519);
    const node = {
      runtime: this.clock,
      peers: this.asked,
      settings: DEFAULT_SETTINGS,
      membership: this.membership,
      store: this.store,
      reader,
      filtering: new Filtering(this.clock, DEFAULT_SETTINGS),
    };
    const leases = new Leases(node);
    const watches = new Watches({ ...node, swarm: SWARM });
    this.handlers = new Handlers({ ...node, leases, watches });
    for (const contact of known) this.membership.addVerified(contact);
  }

  get known(): Contact[] {
    return [...this.membership.table.contacts()];
  }

  get now(): number {
    return this.clock.wallClock();
  }

  findNode(target: NodeId, caller = NOBODY): readonly Contact[] {
    const response = this.handlers.handle(caller, { kind: "find_node", target });
    if (response.kind !== "find_node") throw new Error(`answered ${response.kind}`);
    return response.contacts;
  }

  findRecords(limit: number, after?: string, caller = NOBODY): FindRecordsResponse {
    const response = this.handlers.handle(caller, { kind: "find_records", key: KEY, limit, after });
    if (response.kind !== "find_records") throw new Error(`answered ${response.kind}`);
    return response;
  }

  send(record: Uint8Array, key = KEY): StoreResponse {
    const response = this.handlers.handle(NOBODY, { kind: "store", key, record });
    if (response.kind !== "store") throw new Error(`answered ${response.kind}`);
    return response;
  }

  /** The bytes of a record for {@link KEY} that is issued now. */
  recordBytes(fields: Parameters<typeof signedRecord>[0] = {}, publisher = 1): Uint8Array {
    return signedRecord({ capability: "work", issued: this.now, ...fields }, publisher).bytes;
  }
}

/** Contacts everywhere, so many of them near a place. */
function crowdAround(place: NodeId, near: number, random: Random): Contact[] {
  const far = Array.from({ length: 150 }, () => contactOf(random.bytes(32)));
  return [...far, ...Array.from({ length: near }, () => contactOf(idNear(place, random)))];
}

const nearestTo = (target: NodeId, contacts: readonly Contact[]) => keysOf(sortedByDistance(target, contacts).slice(0, K));

test("A ping is answered, and nobody is asked on account of it", () => {
  const { handlers, asked } = new Scene();
  expect(handlers.handle(NOBODY, { kind: "ping" })).toEqual({ kind: "ping" });
  expect(asked.log).toEqual([]);
});

describe("find_node gives", () => {
  test("the 20 nearest known, nearest first, and all there are where they are fewer", () => {
    const random = new Random(3);
    for (let world = 0; world < 20; world++) {
      const target = random.bytes(32);
      const scene = new Scene(crowdAround(target, 30, random).slice(0, world < 5 ? world * 6 : undefined));
      expect(keysOf(scene.findNode(target))).toEqual(nearestTo(target, scene.known));
      expect(scene.asked.log).toEqual([]);
    }
  });

  test("a caller never itself, but still 20 others, wherever it would stand", () => {
    const scene = new Scene(crowdAround(KEY, 30, new Random(4)));
    const ranked = sortedByDistance(KEY, scene.known);
    for (const rank of [0, 1, K - 1, K, K + 1, ranked.length - 1]) {
      const caller = at(ranked, rank);
      const others = ranked.filter((contact) => contact !== caller);
      const id = Uint8Array.from(caller.id);
      expect(keysOf(scene.findNode(KEY, { id, claimed: undefined }))).toEqual(nearestTo(KEY, others));
    }
    const stranger: Caller = { id: new Random(6).bytes(32), claimed: undefined };
    expect(keysOf(scene.findNode(KEY, stranger))).toEqual(nearestTo(KEY, ranked));
  });

  test("a caller that is all we know nobody, and one of 20 the other 19", () => {
    const alone = contactOf(new Random(1).bytes(32));
    expect(new Scene([alone]).findNode(KEY, { id: alone.id, claimed: undefined })).toEqual([]);
    const scene = new Scene(crowdAround(KEY, 0, new Random(2)).slice(0, K));
    const [caller, ...others] = sortedByDistance(KEY, scene.known);
    expect(scene.findNode(KEY, { id: at(scene.known, 0).id, claimed: undefined })).toHaveLength(scene.known.length - 1);
    expect(keysOf(scene.findNode(KEY, { id: caller?.id, claimed: undefined }))).toEqual(keysOf(others));
  });

  test("nobody who has missed a request, or who has only called", () => {
    const scene = new Scene([contactOf(idNear(KEY, new Random(1), 9)), contactOf(idNear(KEY, new Random(2), 12))]);
    const [gone, there] = scene.known;
    if (gone === undefined || there === undefined) throw new Error("two were added");
    scene.membership.markMissed(gone);
    const claimed = contactOf(idNear(KEY, new Random(3), 30));
    scene.handlers.handle({ id: claimed.id, claimed }, { kind: "ping" });
    expect(scene.findNode(KEY)).toEqual([there]);
  });
});

describe("find_records gives", () => {
  /** A node with records of the publishers 1 to `count` under the key. */
  function withRecords(count: number, known: readonly Contact[] = []): Scene {
    const scene = new Scene(known);
    for (let publisher = 1; publisher <= count; publisher++)
      scene.store.put(KEY, unsignedRecord({ issued: scene.now }, publisher), scene.now);
    return scene;
  }

  test("page after page until all have been given once, and contacts with the first alone", () => {
    const scene = withRecords(150, crowdAround(KEY, 30, new Random(9)));
    const found: string[] = [];
    let page = scene.findRecords(40);
    expect(keysOf(page.contacts)).toEqual(nearestTo(KEY, scene.known));
    for (;;) {
      expect(page.records.length).toBeLessThanOrEqual(40);
      found.push(...page.records.map((bytes) => Buffer.from(bytes).toString()));
      if (page.more === undefined) break;
      page = scene.findRecords(40, page.more);
      expect(page.contacts).toEqual([]);
    }
    expect(found).toHaveLength(150);
    expect(new Set(found).size).toBe(150);
  });

  test.each([-5, 0, 1])("one record at least, whatever the limit: %i", (limit) => {
    expect(withRecords(3).findRecords(limit)).toMatchObject({ records: { length: 1 }, more: expect.any(String) });
  });

  test("64 records at most, whatever the limit", () => {
    expect(withRecords(100).findRecords(1_000_000).records).toHaveLength(MAX_PER_ANSWER);
  });

  test("nothing that has expired, though it was not swept", () => {
    const scene = withRecords(5);
    scene.clock.advance(HOUR - 1);
    expect(scene.findRecords(20).records).toHaveLength(5);
    scene.clock.advance(1);
    expect(scene.findRecords(20)).toMatchObject({ records: [], more: undefined });
    expect(scene.store.size).toBe(5);
  });

  test("how deep the key is split, and the caller never itself", () => {
    const scene = withRecords(256, crowdAround(KEY, 30, new Random(9)).slice(-45));
    expect(scene.send(scene.recordBytes())).toEqual({ kind: "store", outcome: "full", split: 1, reason: undefined });
    const caller = at(sortedByDistance(KEY, scene.known), 2);
    const { split, contacts } = scene.findRecords(1, undefined, { id: caller.id, claimed: undefined });
    expect([split, contacts.length]).toEqual([1, K]);
    expect(keysOf(contacts)).not.toContain(caller.key);
  });
});

describe("store", () => {
  /** Contacts nearer to the key than a node in the far half of the id space, and that node. */
  const FAR = Uint8Array.from(KEY, (byte) => byte ^ 0xff);
  const nearer = (count: number): Contact[] => Array.from({ length: count }, (_, i) => contactOf(idNear(FAR, new Random(i), i % 6)));

  test("is declined where 40 known nodes are nearer to the key, and only there", () => {
    for (const [count, outcome] of [
      [39, "stored"],
      [40, "not-close"],
      [41, "not-close"],
    ] as const) {
      const scene = new Scene(nearer(count), FAR);
      expect(scene.known).toHaveLength(count);
      expect(scene.send(scene.recordBytes()).outcome).toBe(outcome);
      expect(scene.store.size).toBe(outcome === "stored" ? 1 : 0);
    }
  });

  test("is not declined for many who are farther from the key", () => {
    const scene = new Scene(crowdAround(KEY, 0, new Random(7)), KEY);
    expect(scene.known.length).toBeGreaterThan(2 * K);
    expect(scene.send(scene.recordBytes()).outcome).toBe("stored");
  });

  test("keeps what is signed, so that it is found, and tells when it comes again", () => {
    const scene = new Scene();
    const bytes = scene.recordBytes();
    expect(scene.send(bytes)).toEqual({ kind: "store", outcome: "stored", split: undefined, reason: undefined });
    expect(scene.findRecords(20).records).toEqual([bytes]);
    expect(scene.send(Uint8Array.from(bytes)).outcome).toBe("unchanged");
  });

  test("refuses what is forged, and says why", () => {
    const scene = new Scene();
    const { now } = scene;
    const times = { issued: now, expires: now + HOUR, capability: "work" };
    const altered = Uint8Array.from(scene.recordBytes());
    altered.set([(altered.at(-1) ?? 0) ^ 1], altered.length - 1);
    const FORGED: readonly (readonly [Uint8Array, string])[] = [
      [altered, "record signature does not match"],
      [forge(times, { context: "" }), "record signature does not match"],
      [forge({ ...times, expires: now + 25 * HOUR }), "24 hours"],
      [new Uint8Array(2_000), "the limit is 1024"],
      [new Uint8Array(0), "record is not MsgPack"],
    ];
    for (const [bytes, reason] of FORGED)
      expect(scene.send(bytes)).toMatchObject({ outcome: "invalid", reason: expect.stringContaining(reason) });
    expect(scene.store.size).toBe(0);
    expect(scene.send(forge(times)).outcome).toBe("stored");
  });

  test("refuses what is signed but does not belong: of another key, of another swarm, or out of time", () => {
    const scene = new Scene();
    expect(scene.send(scene.recordBytes({ capability: "play" })).outcome).toBe("invalid");
    expect(scene.send(scene.recordBytes({ swarm: "other" }), capabilityKey("other", "work")).outcome).toBe("invalid");
    expect(scene.send(scene.recordBytes({ issued: scene.now - HOUR })).outcome).toBe("expired");
    expect(scene.send(scene.recordBytes({ issued: scene.now + HOUR }))).toMatchObject({ outcome: "expired", reason: expect.any(String) });
    expect(scene.store.size).toBe(0);
  });
});

describe("A caller", () => {
  const caller = makeContact(new Random(11).bytes(32), ["mem://caller"]);
  const REQUESTS: readonly OverlayRequest[] = [
    { kind: "ping" },
    { kind: "find_node", target: KEY },
    { kind: "find_records", key: KEY, limit: 20, after: undefined },
    { kind: "store", key: KEY, record: new Uint8Array(3) },
  ];

  test.each(REQUESTS)("that says where it can be dialled is dialled back, and enters when it answers: $kind", (request) => {
    const { handlers, asked, membership } = new Scene();
    handlers.handle({ id: caller.id, claimed: caller }, request);
    expect(membership.table.size).toBe(0);
    expect(asked.log.map(({ how, contact }) => [how, contact])).toEqual([["verify", caller]]);
    at(asked.open, 0).answer();
    expect([...membership.table.contacts()]).toEqual([caller]);
  });

  test.each(REQUESTS)("that cannot be dialled never enters, whatever it asks: $kind", (request) => {
    const { handlers, asked, membership } = new Scene();
    for (const id of [caller.id, undefined]) handlers.handle({ id, claimed: undefined }, request);
    expect(asked.log).toEqual([]);
    expect(membership.table.size).toBe(0);
  });

  test("that is not found where it said stays outside", () => {
    const scene = new Scene();
    scene.handlers.handle({ id: caller.id, claimed: caller }, { kind: "ping" });
    at(scene.asked.open, 0).fail();
    expect([scene.membership.table.size, scene.findNode(caller.id)]).toEqual([0, []]);
  });
});
