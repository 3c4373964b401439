import { describe, expect, test } from "vitest";
import { type Offer, signRecord } from "../../dht/index.ts";
import { RepublishSweep } from "../../dht/republish-sweep.ts";
import { makeContact } from "../../routing/index.ts";
import { find, publish, withdraw } from "../support/asking.ts";
import { at } from "../support/ids.ts";
import { type Member, MemoryNetwork } from "../support/memory-network.ts";
import { HOUR, MINUTE, offerOf, SWARM } from "../support/records.ts";

/** An offer whose record, signed by a member now, takes every byte that one may. */
function longest({ clock }: MemoryNetwork, { overlay, signer }: Member): Offer {
  const now = clock.wallClock();
  const claim = { swarm: SWARM, addresses: overlay.self.addresses, seq: now, issued: now, expires: now + HOUR };
  const offers = Array.from({ length: 512 }, (_, n) =>
    offerOf("work", { description: "d".repeat(500), attributes: { note: "n".repeat(n) } }),
  );
  const fits = (offer: Offer) => {
    try {
      return signRecord({ ...claim, ...offer, withdrawn: false }, signer).bytes.length;
    } catch {
      return 0;
    }
  };
  const last = at(
    offers,
    offers.findLastIndex((offer) => fits(offer) > 0),
  );
  expect(fits(last)).toBe(1_024);
  return last;
}

describe("The longest record there can be", () => {
  test("is taken back as any other", () => {
    const network = new MemoryNetwork(1);
    network.grow(30);
    const member = at(network.members, 5);
    publish(network, member, longest(network, member));
    withdraw(network, member, "work");
    expect(member.overlay.published).toEqual([]);
    expect(find(network, at(network.members, 20), "work").matches).toEqual([]);
  });

  test("is kept alive when its node names longer addresses than before, of which it names those that fit", () => {
    const network = new MemoryNetwork(2);
    network.grow(30);
    const member = at(network.members, 5);
    const [address = ""] = member.overlay.self.addresses;
    publish(network, member, longest(network, member));
    member.overlay.self = makeContact(member.overlay.self.id, [address, "tcp://203.0.113.7:9999"]);
    network.clock.advance(4 * HOUR);
    const [match] = find(network, at(network.members, 20), "work").matches;
    expect(match?.record.addresses).toEqual([address]);
  });
});

test("Nothing is published again by a node that was stopped while it came back from sleep", () => {
  const network = new MemoryNetwork(3);
  network.grow(30, { upkeep: true });
  const member = at(network.members, 5);
  publish(network, member, offerOf("work"));
  network.clock.advance(MINUTE);
  member.overlay["maintenance"].onLook?.(2 * MINUTE); // asks its neighbours
  member.overlay.stop();
  let stores = 0;
  network.onSent = ({ from, request }) => {
    if (from.key === member.contact.key && request.kind === "store") stores += 1;
  };
  network.clock.advance(MINUTE);
  expect(stores).toBe(0);
});

describe("A sweep", () => {
  interface Named {
    readonly name: string;
    readonly key: Uint8Array;
    dueAt: number;
  }

  /** One whose postings are stored in no time, of a network of so many. */
  function sweepAmong(count: number, seed: number) {
    const network = new MemoryNetwork(seed);
    network.grow(count);
    const { overlay } = at(network.members, 0);
    const delivered: string[] = [];
    const sweep = new RepublishSweep<Named>(overlay, (posting, _, done) => {
      delivered.push(posting.name);
      sweep.remove(posting);
      done();
    });
    const schedule = (name: string, byte: number, after: number) =>
      sweep.schedule({ name, key: new Uint8Array(32).fill(byte), dueAt: 0 }, network.clock.wallClock() + after);
    return { network, sweep, delivered, schedule };
  }

  test("passes each once, also where one is done with at once", () => {
    const { network, delivered, schedule } = sweepAmong(30, 4);
    for (let n = 0; n < 6; n++) schedule(`record-${n}`, 40 * n, n);
    let requests = 0;
    network.onSent = ({ request }) => {
      if (request.kind === "find_node") requests += 1;
    };
    network.clock.advance(MINUTE);
    expect(delivered.sort()).toEqual(["record-0", "record-1", "record-2", "record-3", "record-4", "record-5"]);
    expect(requests).toBeLessThan(6 * 30);
  });

  test("of a node that is alone has room for as many as it likes", () => {
    const { network, delivered, schedule } = sweepAmong(1, 5);
    for (let n = 0; n < 20_000; n++) schedule(`record-${n}`, n % 256, 1);
    network.clock.advance(MINUTE);
    expect(new Set(delivered).size).toBe(20_000);
    expect(delivered).toHaveLength(20_000);
  });
});
