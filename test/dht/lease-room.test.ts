import { describe, expect, test } from "vitest";
import { type Caller, capabilityKey, type WatchEvent, type WatchOutcome } from "../../dht/index.ts";
import { type Leases, MAX_LEASE_MS, MAX_LEASES, MAX_LEASES_OF_ONE, MAX_LEASES_PER_KEY } from "../../dht/leases.ts";
import { makeContact, type NodeId } from "../../routing/index.ts";
import { publish } from "../support/asking.ts";
import { at, sortedByDistance } from "../support/ids.ts";
import { iterated } from "../support/iterated.ts";
import { type Member, MemoryNetwork } from "../support/memory-network.ts";
import { Random } from "../support/random.ts";
import { MINUTE, offerOf, SWARM } from "../support/records.ts";

const KEY = capabilityKey(SWARM, "work");

/** Leases of one holder, which nobody is ever told about, and strangers who want some. */
class Scene {
  private readonly network = new MemoryNetwork(1);
  private readonly random = new Random(1);
  readonly leases: Leases = at(this.network.grow(1), 0).overlay.leases;

  /** Somebody nobody has seen before. */
  stranger(host: string | undefined): Caller {
    const id = this.random.bytes(32);
    return { id, claimed: makeContact(id, []), host };
  }

  lease(caller: Caller, number = 0, key = KEY): WatchOutcome {
    return this.leases.lease(caller, { kind: "watch", key, number, leaseMs: MAX_LEASE_MS }).outcome;
  }

  /** As many identities as it takes, each with all the leases that one may have under a key. */
  flood(host: string | undefined, leases: number, keys: readonly NodeId[] = [KEY]): WatchOutcome[] {
    return Array.from({ length: leases / MAX_LEASES_OF_ONE }, (_, n) => ({
      caller: this.stranger(host),
      key: at(keys, n % keys.length),
    })).flatMap(({ caller, key }) => Array.from({ length: MAX_LEASES_OF_ONE }, (_, number) => this.lease(caller, number, key)));
  }

  advance(ms: number): void {
    this.network.clock.advance(ms);
  }
}

/** Hosts in as many subnets. */
const hosts = (count: number) => Array.from({ length: count }, (_, n) => `198.51.${n}.7`);
/** Keys of which each has room left when a node has all the leases that it keeps. */
const MANY = Array.from({ length: (2 * MAX_LEASES) / MAX_LEASES_PER_KEY }, (_, n) => capabilityKey(SWARM, `work-${n}`));

describe.each([
  ["one host", ["203.0.113.9"]],
  ["a /24", ["203.0.113.9", "203.0.113.10", "203.0.113.200"]],
  ["a /48 of IPv6", ["2001:db8:7:1::/64", "2001:db8:7:2::/64"]],
])("Identities of %s that have taken", (_, places) => {
  const FLOODS = [
    ["all leases of a key", MAX_LEASES_PER_KEY, [KEY]],
    ["all that a node keeps", MAX_LEASES, MANY],
  ] as const;

  test.each(FLOODS)("%s push out themselves alone", (_name, most, keys) => {
    const scene = new Scene();
    const flood = (leases: number) => places.flatMap((host) => scene.flood(host, leases, keys));
    flood(most);
    expect(scene.leases.size).toBe(most);
    const honest = hosts(60).map((host) => scene.stranger(host));
    for (const caller of honest) {
      expect(scene.lease(caller)).toBe("begun");
      expect(new Set(flood(24))).toEqual(new Set(["full"]));
    }
    expect(honest.map((caller) => scene.lease(caller))).toEqual(honest.map(() => "renewed"));
    expect(scene.leases.size).toBe(most);
  });
});

test("On a full key nobody gives way to one whose subnet would have as many", () => {
  const scene = new Scene();
  const watchers = hosts(MAX_LEASES_PER_KEY / 2).flatMap((host) => [scene.stranger(host), scene.stranger(host)]);
  for (const watcher of watchers) expect(scene.lease(watcher)).toBe("begun");
  const [first, second] = [scene.stranger("203.0.113.1"), scene.stranger("203.0.113.2")];
  expect([scene.lease(first), scene.lease(second)]).toEqual(["begun", "full"]);
  expect(watchers.map((watcher) => scene.lease(watcher)).filter((outcome) => outcome !== "renewed")).toEqual(["full"]);
});

test("Whoever is refused where everybody has as much costs no look at what all have", () => {
  const scene = new Scene();
  for (let n = 0; n < MAX_LEASES; n++) expect(scene.lease(scene.stranger(undefined), 0, at(MANY, n % MANY.length))).toBe("begun");
  const late = Array.from({ length: 100 }, () => scene.stranger(undefined));
  const refused = () => {
    for (const caller of late) if (scene.lease(caller, 0, at(MANY, 0)) !== "full") throw new Error("there was room");
  };
  expect(iterated(refused)).toBeLessThan((late.length * MAX_LEASES) / 4);
  scene.advance(MAX_LEASE_MS);
  expect(scene.lease(at(late, 0))).toBe("begun");
  expect(scene.leases.size).toBe(1);
});

test("All that a node keeps counts to where it was renewed last, and what has run out to nobody", () => {
  const scene = new Scene();
  const movers = Array.from({ length: MAX_LEASES }, () => scene.stranger(undefined));
  const key = (n: number) => at(MANY, n % MANY.length);
  for (const [n, caller] of movers.entries()) scene.lease(caller, 0, key(n));
  expect(scene.lease(scene.stranger(undefined))).toBe("full");
  for (const [n, caller] of movers.entries()) expect(scene.lease({ ...caller, host: "203.0.113.9" }, 0, key(n))).toBe("renewed");
  expect(scene.lease(scene.stranger(undefined))).toBe("begun");
  scene.advance(MAX_LEASE_MS);
  scene.flood("192.0.2.1", MAX_LEASES, MANY);
  expect(scene.lease(scene.stranger("203.0.113.9"))).toBe("begun");
});

test("Of a subnet that has most, who came last gives way", () => {
  const scene = new Scene();
  const neighbours = Array.from({ length: 3 }, () => scene.stranger("192.0.2.1"));
  for (const watcher of neighbours) scene.lease(watcher);
  for (const host of hosts(MAX_LEASES_PER_KEY - 3)) scene.lease(scene.stranger(host));
  expect(scene.lease(scene.stranger("203.0.113.1"))).toBe("begun");
  expect(neighbours.map((watcher) => scene.lease(watcher))).toEqual(["renewed", "renewed", "full"]);
});

test("Leases of this machine and its private network count to whoever has them, as addresses cost nothing there", () => {
  const scene = new Scene();
  expect(new Set(scene.flood(undefined, MAX_LEASES_PER_KEY))).toEqual(new Set(["begun"]));
  const neighbours = Array.from({ length: 50 }, () => scene.stranger(undefined));
  for (const watcher of neighbours) expect(scene.lease(watcher)).toBe("begun");
  expect(neighbours.map((watcher) => scene.lease(watcher))).toEqual(neighbours.map(() => "renewed"));
});

test("A lease counts to where it was renewed last, and one that has run out to nobody", () => {
  const scene = new Scene();
  const movers = Array.from({ length: MAX_LEASES_PER_KEY }, () => scene.stranger("203.0.113.9"));
  for (const caller of movers) scene.lease(caller);
  for (const [n, host] of hosts(MAX_LEASES_PER_KEY).entries()) scene.lease({ ...at(movers, n), host });
  expect(scene.lease(scene.stranger("192.0.2.1"))).toBe("full");
  scene.advance(MAX_LEASE_MS);
  expect(scene.lease(scene.stranger("192.0.2.1"))).toBe("begun");
  expect(scene.leases.size).toBe(1);
});

describe("A watcher that has given way", () => {
  /** Everybody calls from one subnet but for the flood, and two watch; the one who came last has given way at every holder. */
  function pushedOut() {
    const network = new MemoryNetwork(7);
    network.grow(40, { upkeep: true });
    for (const { overlay } of network.members) {
      const handle = overlay.handle.bind(overlay);
      overlay.handle = (caller, request) => handle({ ...caller, host: caller.host ?? "192.0.2.1" }, request);
    }
    const byDistance = nearestFirst(network);
    const [first, second] = [at(byDistance, -2), at(byDistance, -1)]; // far away: nobody hears of what is stored in its own memory
    watching(network, first);
    network.clock.advance(1_000);
    const events = watching(network, second);
    network.clock.advance(30_000);
    return { network, events, holders: byDistance.slice(0, 6), publishers: byDistance.slice(10, 12) };
  }

  function watching(network: MemoryNetwork, { overlay }: Member): string[] {
    const events: string[] = [];
    let reads = 0;
    const onEvent = ({ kind, match }: WatchEvent) => events.push(`${kind} ${match.record.name}`);
    overlay.watch("work", { onEvent, onRead: () => (reads += 1) });
    network.clock.until(() => reads > 0);
    return events;
  }

  function nearestFirst({ members }: MemoryNetwork): Member[] {
    const nearest = sortedByDistance(
      KEY,
      members.map(({ contact }) => contact),
    );
    return nearest.map((contact) => members.find((member) => member.contact === contact) as Member);
  }

  /** Takes all leases that are left, each from a subnet of its own. */
  function crowd(holders: readonly Member[], leaseMs: number): void {
    const random = new Random(3);
    for (const { overlay } of holders)
      for (const host of hosts(MAX_LEASES_PER_KEY)) {
        const id = random.bytes(32);
        overlay.handle({ id, claimed: makeContact(id, []), host }, { kind: "watch", key: KEY, number: 0, leaseMs });
      }
  }

  test("finds out at its next renewal, reads again what it has missed, and has a lease again as soon as there is room", () => {
    const { network, events, holders, publishers } = pushedOut();
    crowd(holders, 3 * MINUTE);
    publish(network, at(publishers, 0), offerOf("work", { name: "ada" }));
    network.clock.advance(100);
    expect(events).toEqual([]);
    network.clock.advance(MINUTE);
    expect(events).toEqual(["appeared ada"]);
    network.clock.advance(4 * MINUTE); // the others have gone
    publish(network, at(publishers, 1), offerOf("work", { name: "bo" }));
    network.clock.advance(1_000);
    expect(events).toEqual(["appeared ada", "appeared bo"]);
  });
});
