import { expect, test } from "vitest";
import { Filtering } from "../../dht/filtering.ts";
import { DEFAULT_SETTINGS, type OverlayRequest, type Peers } from "../../dht/index.ts";
import { Leases } from "../../dht/leases.ts";
import { Membership } from "../../dht/membership.ts";
import type { Contact } from "../../routing/index.ts";
import { contactOf } from "../support/ids.ts";
import { Random } from "../support/random.ts";
import { keyOf, unsignedRecord } from "../support/store-records.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const KEY = keyOf(unsignedRecord());
const NEWS = 500;

/** A holder, and what it tells whom. */
function scene(wants: (contact: Contact, asked: number) => boolean) {
  const clock = new VirtualClock(1);
  const asked = new Map<string, number>(); // by watcher
  const answer = (to: Contact, request: OverlayRequest) => {
    const times = 1 + (asked.get(to.key) ?? 0);
    asked.set(to.key, times);
    return { kind: "changed", wanted: request.kind === "changed" && wants(to, times) } as const;
  };
  const peers: Peers = {
    request: (to, request, _, done) => void clock.schedule(10, () => done(answer(to, request), to)),
    isLinked: () => true,
    verify: () => undefined,
    contactAt: () => undefined,
  };
  const random = new Random(1);
  const membership = new Membership(random.bytes(32), clock, peers, DEFAULT_SETTINGS);
  const leases = new Leases({
    runtime: clock,
    peers,
    membership,
    settings: DEFAULT_SETTINGS,
    filtering: new Filtering(clock, DEFAULT_SETTINGS),
  });
  const watchers = [contactOf(random.bytes(32)), contactOf(random.bytes(32))] as const;
  const watch = (claimed: Contact) =>
    leases.lease({ id: claimed.id, claimed, host: undefined }, { kind: "watch", key: KEY, number: 1, leaseMs: 600_000 }).outcome;
  const publish = (count: number) => {
    for (let n = 0; n < count; n++) leases.onStored(KEY, unsignedRecord({}, n + 1), undefined);
  };
  const toldTo = ({ key }: Contact) => asked.get(key) ?? 0;
  return { clock, watchers, watch, publish, toldTo };
}

test("A watcher that wants no more is told nothing of what waits to be told, and the others are told all of it", () => {
  const { clock, watchers, watch, publish, toldTo } = scene((contact) => contact === watchers[1]);
  for (const watcher of watchers) expect(watch(watcher)).toBe("begun");
  publish(NEWS);
  clock.advance(60_000);
  expect(watchers.map(toldTo)).toEqual([1, NEWS]);
});

test("One that begins again is told what comes from then on", () => {
  const { clock, watchers, watch, publish, toldTo } = scene((_, asked) => asked > 1);
  expect(watch(watchers[0])).toBe("begun");
  publish(NEWS);
  clock.advance(60_000);
  expect(watch(watchers[0])).toBe("begun");
  publish(3);
  clock.advance(1_000);
  expect(toldTo(watchers[0])).toBe(1 + 3);
});
