import type { CapabilityRecord } from "../../dht/index.ts";
import { at, sortedByDistance } from "./ids.ts";
import type { Member, MemoryNetwork } from "./memory-network.ts";

/** The living members nearest to a target, nearest first: who should hold what is stored there. */
export function nearestMembers(network: MemoryNetwork, target: Uint8Array, count: number): Member[] {
  const byKey = new Map(network.alive.map((member) => [member.contact.key, member]));
  const order = sortedByDistance(
    target,
    network.alive.map(({ contact }) => contact),
  );
  return order.slice(0, count).flatMap(({ key }) => byKey.get(key) ?? []);
}

/** A member that holds nothing itself, and so has to ask for everything. It has settled in: what is sent from now on is of the test. */
export function visitorOf(network: MemoryNetwork): Member {
  const visitor = network.add(9_999, { reachable: false });
  network.join(visitor, [at(network.members, 0).address]);
  network.clock.advance(10_000);
  return visitor;
}

/** What a member holds of a publisher under a key, a withdrawal included. */
export function heldBy(network: MemoryNetwork, holder: Member, key: Uint8Array, publisher: Member): CapabilityRecord | undefined {
  for (const bytes of holder.overlay.store.page(key, 64, undefined, network.clock.wallClock()).records) {
    const record = network.reader.read(bytes);
    if (typeof record !== "string" && Buffer.compare(record.publisher, publisher.contact.id) === 0) return record;
  }
  return undefined;
}
