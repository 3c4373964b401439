import { describe, expect, test } from "vitest";
import {
  DEFAULT_SETTINGS,
  type FindRecordsRequest,
  type FindRecordsResponse,
  failed,
  Membership,
  type OverlayResponse,
} from "../../dht/index.ts";
import { Relays } from "../../dht/relays.ts";
import type { Contact } from "../../routing/index.ts";
import { at, contactOf } from "../support/ids.ts";
import { Random } from "../support/random.ts";
import { AskedPeers } from "../support/store-peers.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const random = new Random(1);
const KEY = random.bytes(32);
const RECORD = Uint8Array.of(1, 2, 3);
const contacts = Array.from({ length: 5 }, () => contactOf(random.bytes(32)));
const WISH: FindRecordsRequest = { kind: "find_records", key: KEY, limit: 7, after: undefined, relay: true };
const EMPTY: FindRecordsResponse = { kind: "find_records", records: [], more: undefined, split: 0, contacts };

/** Peers of whom only some have a link, and who answer what the test says. */
class LinkedPeers extends AskedPeers {
  readonly linked: readonly Contact[];
  readonly asked: { readonly to: Contact; readonly request: FindRecordsRequest; readonly done: (outcome: OverlayResponse) => void }[] = [];

  constructor(linked: readonly Contact[]) {
    super();
    this.linked = linked;
  }

  override isLinked(contact?: Contact): boolean {
    return this.linked.includes(contact as Contact);
  }

  override request(...[to, request, , done]: Parameters<AskedPeers["request"]>): void {
    this.asked.push({ to, request: request as FindRecordsRequest, done: (outcome) => done(outcome as OverlayResponse, to) });
  }
}

function scene(linked: readonly Contact[] = contacts) {
  const clock = new VirtualClock(1);
  const peers = new LinkedPeers(linked);
  const membership = new Membership(random.bytes(32), clock, peers, DEFAULT_SETTINGS);
  for (const contact of contacts) membership.addVerified(contact);
  const relays = new Relays({ runtime: clock, peers, membership, settings: DEFAULT_SETTINGS });
  const given: FindRecordsResponse[] = [];
  const extend = (request = WISH, own = EMPTY) => relays.extend(request, own, (response) => given.push(response));
  return { clock, peers, membership, given, extend };
}

describe("a request is passed on", () => {
  test("once, without the wish, to a linked contact, and what that one says is given with the own answer", () => {
    const { peers, given, extend } = scene(contacts.slice(2, 3));
    extend();
    expect(given).toEqual([]);
    const [{ to, request, done }] = [at(peers.asked, 0)];
    expect(to).toBe(contacts[2]);
    expect(request).toEqual({ kind: "find_records", key: KEY, limit: 7, after: undefined });
    done({ ...EMPTY, records: [RECORD], contacts: [] });
    expect(given).toEqual([{ ...EMPTY, relayed: { from: contacts[2], records: [RECORD], contacts: [] } }]);
    expect(peers.asked).toHaveLength(1);
  });

  test("to the quickest of the three nearest that are linked", () => {
    const { peers, membership, extend } = scene(contacts.slice(1));
    for (const [n, ms] of [1, 300, 200, 50, 1].entries()) membership.roundTrips.measured(at(contacts, n), ms);
    extend();
    expect(at(peers.asked, 0).to).toBe(contacts[3]);
  });

  test.each([
    ["nobody wishes it", { kind: "find_records", key: KEY, limit: 7, after: undefined }, EMPTY],
    ["there are records here", WISH, { ...EMPTY, records: [RECORD] }],
    ["there are records here that were sorted out", WISH, { ...EMPTY, held: 3 }],
    ["nobody is known", WISH, { ...EMPTY, contacts: [] }],
  ] as const)("not where %s", (_, request, own) => {
    const { peers, given, extend } = scene();
    extend(request, own);
    expect(peers.asked).toEqual([]);
    expect(given).toEqual([own]);
  });

  test("not where it would have to dial", () => {
    const { peers, given, extend } = scene([]);
    extend();
    expect(peers.asked).toEqual([]);
    expect(given).toEqual([EMPTY]);
  });

  test("for 64 callers at once at most; the others get the own answer", () => {
    const { peers, given, extend } = scene();
    for (let n = 0; n < 100; n++) extend();
    expect(peers.asked).toHaveLength(64);
    expect(given).toHaveLength(36);
    at(peers.asked, 0).done(EMPTY);
    extend();
    expect(peers.asked).toHaveLength(65);
  });
});

describe("whoever waits for an answer that is passed on", () => {
  test("gets the own one after half a second at the latest, once", () => {
    const { clock, peers, given, extend } = scene();
    extend();
    clock.advance(499);
    expect(given).toEqual([]);
    clock.advance(2);
    expect(given).toEqual([EMPTY]);
    at(peers.asked, 0).done({ ...EMPTY, records: [RECORD] });
    expect(given).toHaveLength(1);
  });

  test("gets it at once where the contact fails, which costs that one its standing", () => {
    const { peers, membership, given, extend } = scene(contacts.slice(0, 1));
    extend();
    at(peers.asked, 0).done(failed("timeout", "no answer") as unknown as OverlayResponse);
    expect(given).toEqual([{ ...EMPTY, contacts: contacts.slice(1) }]);
    expect(membership.table.closest(KEY, 5)).toHaveLength(4);
  });
});
