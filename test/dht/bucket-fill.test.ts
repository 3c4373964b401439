import { describe, expect, test } from "vitest";
import { type Contact, idInBucket, K, makeContact } from "../../routing/index.ts";
import { at } from "../support/ids.ts";
import { type Member, MemoryNetwork } from "../support/memory-network.ts";
import { Random } from "../support/random.ts";

/** Of those whom one names. */
const MOST_OF_ONE = 5;

function grown(seed: number, size: number): { network: MemoryNetwork; newcomer: Member } {
  const network = new MemoryNetwork(seed);
  network.grow(size);
  network.clock.advance(10_000);
  return { network, newcomer: network.add(999) };
}

function join(network: MemoryNetwork, newcomer: Member): void {
  newcomer.overlay.join(
    [at(network.members, 7).address],
    () => undefined,
    () => undefined,
  );
}

/** Contacts of a bucket that nobody can reach, other ones each time. */
function ghosts(self: Contact, bucket: number, random: Random): Contact[] {
  return Array.from({ length: K }, () => makeContact(idInBucket(self.id, bucket, random.bytes(32)), [`mem://ghost-${random.int(1e9)}`]));
}

describe("A newcomer that fills its far buckets", () => {
  test("asks a few of each bucket, and has others prove their addresses", () => {
    const { network, newcomer } = grown(3, 300);
    let [requests, proofs] = [0, 0];
    network.onSent = ({ from }) => {
      if (from.key === newcomer.contact.key) requests += 1;
    };
    const { table } = newcomer.overlay.membership;
    const joined = { requests: 0 };
    newcomer.overlay.join(
      [at(network.members, 7).address],
      (report) => {
        joined.requests = report.requests;
      },
      () => undefined,
    );
    network.onVerified = () => (proofs += 1);
    network.clock.advance(20_000);
    const buckets = [0, 1, 2].map((index) => table.bucket(index)?.size ?? 0);
    for (const size of buckets) expect(size).toBeGreaterThanOrEqual(K / 2);
    expect(joined.requests).toBeGreaterThan(0);
    expect(requests - joined.requests).toBeLessThanOrEqual(7 * table.depth);
    expect(proofs).toBeGreaterThan(K);
  });

  test("takes five of those whom one names at most, and nobody who is not there", () => {
    const { network, newcomer } = grown(4, 120);
    const { table } = newcomer.overlay.membership;
    const random = new Random(4);
    const liars = network.members.filter(({ contact }) => contact !== newcomer.contact && table.bucketIndex(contact) === 0);
    const namedBy = new Map<string, string>();
    for (const liar of liars)
      network.lie(liar, (request, honest) => {
        if (request.kind !== "find_node" || table.bucketIndex(makeContact(request.target, [])) !== 0) return honest();
        const contacts = ghosts(newcomer.contact, 0, random);
        for (const { key } of contacts) namedBy.set(key, liar.contact.key);
        return { kind: "find_node", contacts };
      });
    const taken = new Map<string, number>();
    network.onVerified = ({ key }) => {
      const liar = namedBy.get(key);
      if (liar !== undefined) taken.set(liar, (taken.get(liar) ?? 0) + 1);
    };
    join(network, newcomer);
    network.clock.advance(60_000);
    expect(taken.size).toBeGreaterThan(0);
    for (const count of taken.values()) expect(count).toBeLessThanOrEqual(2 * MOST_OF_ONE); // one for each pass
    for (const { addresses } of table.contacts()) expect(addresses[0]).not.toMatch(/ghost/);
  });

  test("stops where nobody knows anybody new: a bucket of few takes a few requests", () => {
    const { network, newcomer } = grown(5, 30);
    let requests = 0;
    network.onSent = ({ from }) => {
      if (from.key === newcomer.contact.key) requests += 1;
    };
    join(network, newcomer);
    network.clock.advance(20_000);
    expect(newcomer.overlay.membership.table.size).toBeGreaterThanOrEqual(K);
    expect(requests).toBeLessThanOrEqual(30 + 2 * 5 * newcomer.overlay.membership.table.depth);
  });
});
