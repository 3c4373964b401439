import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { capabilityKey } from "../../dht/index.ts";
import { publish } from "../support/asking.ts";
import { at, sortedByDistance } from "../support/ids.ts";
import { type Member, MemoryNetwork } from "../support/memory-network.ts";
import { HOUR, MINUTE, offerOf, publisherOf, SWARM } from "../support/records.ts";
import { fresh, watching } from "../support/watching.ts";

const KEY = capabilityKey(SWARM, "work");

/** Of somebody so far from the key that nothing is stored there: it hears of nothing but what it is told, and what it reads. */
function farNumber(): number {
  for (let number = 900; ; number++) {
    const id = createHash("sha256").update(publisherOf(number).publicKey).digest();
    if (((id[0] as number) ^ (KEY[0] as number)) >= 0xf8) return number;
  }
}

/** A network, and one of it that watches who works. */
function scene(seed: number) {
  const network = new MemoryNetwork(seed);
  network.grow(40, { upkeep: true });
  const watcher = network.add(farNumber());
  network.join(watcher, [at(network.members, 0).address]);
  const seen = watching(network, watcher, "work");
  network.clock.advance(MINUTE); // its leases have begun
  return { network, watcher, seen };
}

function holders({ alive }: MemoryNetwork, count: number): Member[] {
  const order = sortedByDistance(
    KEY,
    alive.map(({ contact }) => contact),
  );
  return order.slice(0, count).map((contact) => alive.find((member) => member.contact === contact) as Member);
}

describe("A watcher whom holders refuse a lease", () => {
  function refused(seed: number, which: number) {
    const { network, watcher, seen } = scene(seed);
    const full = { kind: "watch", outcome: "full", leaseMs: 0 } as const;
    for (const holder of holders(network, which)) network.lie(holder, (request, honest) => (request.kind === "watch" ? full : honest()));
    return { network, watcher, seen };
  }

  test("reads soon what it may have missed, and then ever more rarely, down to every five minutes", () => {
    const { network, seen } = refused(5, 20);
    const before = seen.reads;
    network.clock.advance(MINUTE);
    expect(seen.reads).toBeGreaterThan(before);
    network.clock.advance(4 * MINUTE);
    const settled = seen.reads;
    network.clock.advance(HOUR);
    expect(seen.reads - settled).toBeLessThanOrEqual(2 * 12);
    expect(seen.reads - settled).toBeGreaterThanOrEqual(11);
  });

  test("is told of everything within five and a half minutes, and at once by those who have a lease for it", () => {
    for (const [which, ms] of [
      [20, 5.5 * MINUTE],
      [3, 1_000],
    ] as const) {
      const { network, seen } = refused(6, which);
      network.clock.advance(HOUR);
      publish(network, at(network.members, 5), offerOf("work", { name: "ada" }));
      network.clock.advance(ms);
      expect(fresh(seen)).toEqual(["+ada"]);
    }
  });

  test("reads soon again when it has had one in between", () => {
    const { network, seen } = refused(7, 20);
    network.clock.advance(HOUR);
    for (const holder of holders(network, 20)) network.lie(holder, (_, honest) => honest());
    network.clock.advance(6 * MINUTE);
    const before = seen.reads;
    for (const holder of holders(network, 20))
      network.lie(holder, (request, honest) => (request.kind === "watch" ? { kind: "watch", outcome: "full", leaseMs: 0 } : honest()));
    network.clock.advance(MINUTE);
    expect(seen.reads).toBeGreaterThan(before);
  });
});
