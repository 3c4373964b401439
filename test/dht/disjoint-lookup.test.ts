import { describe, expect, test } from "vitest";
import { DisjointLookup, MAX_PATHS } from "../../dht/index.ts";
import { type Contact, K } from "../../routing/index.ts";
import { contactOf, keysOf, sortedByDistance } from "../support/ids.ts";
import { type StaticNetwork, staticNetwork } from "../support/lookup-world.ts";
import { Random } from "../support/random.ts";

interface Walked {
  readonly lookup: DisjointLookup;
  readonly asked: string[];
  readonly mostInFlight: number;
}

function walk(network: StaticNetwork, random: Random, paths: number, answer = network.answerOf, isLate = () => false): Walked {
  const lookup = new DisjointLookup({ target: network.target, self: network.self, seeds: network.seeds }, paths);
  const asked: string[] = [];
  let flying: Contact[] = [];
  let mostInFlight = 0;
  for (;;) {
    for (let contact = lookup.next(); contact !== undefined; contact = lookup.next()) {
      asked.push(contact.key);
      flying.push(contact);
    }
    mostInFlight = Math.max(mostInFlight, flying.length);
    if (lookup.finished) return { lookup, asked, mostInFlight };
    if (flying.length === 0) throw new Error("the walk is stuck: unfinished, and nothing is under way");
    const settled = random.pick(flying);
    flying = flying.filter((contact) => contact !== settled);
    if (isLate()) lookup.late(settled);
    if (network.dead.has(settled.key)) lookup.failed(settled);
    else lookup.answered(settled, answer(settled));
  }
}

describe("disjoint paths", () => {
  test("together find the true k nearest, ask nobody twice, and have 3 requests each under way at most", () => {
    const random = new Random(1);
    for (let world = 0; world < 15; world++) {
      const paths = 2 + random.int(MAX_PATHS - 1);
      const network = staticNetwork(random, { size: 30 + random.int(400), k: K });
      const { lookup, asked, mostInFlight } = walk(network, random, paths, undefined, () => random.int(10) === 0);
      expect(keysOf(lookup.closest())).toEqual(keysOf(network.nearest(K)));
      expect(lookup.complete).toBe(true);
      expect(new Set(asked).size).toBe(asked.length);
      expect(lookup.requests).toBe(asked.length);
      expect(mostInFlight).toBeLessThanOrEqual(3 * paths);
    }
  });

  test("ask hardly more than one path and what each takes on its way", () => {
    const random = new Random(2);
    const requests = (paths: number) => {
      const all = Array.from({ length: 8 }, () => walk(staticNetwork(random, { size: 400, k: K }), random, paths).asked.length);
      return all.reduce((sum, count) => sum + count, 0) / all.length;
    };
    const one = requests(1);
    expect(requests(4)).toBeLessThan(one + 4 * 5);
    expect(requests(8)).toBeLessThan(one + 8 * 5);
  });

  test("leave no seat to the dead, whichever path they were on", () => {
    const random = new Random(3);
    for (let world = 0; world < 10; world++) {
      const network = staticNetwork(random, { size: 200, k: K, deadShare: 0.3 });
      const { lookup } = walk(network, random, 4);
      expect(keysOf(lookup.closest())).toEqual(keysOf(network.nearest(lookup.closest().length)));
      expect(lookup.closest().length).toBeGreaterThan(K / 2);
    }
  });

  test("do not wait at a contact that has let another path down before they heard of it", () => {
    const peer = (distance: number) => contactOf(new Uint8Array(32).fill(distance, 0, 1));
    const seeds = [100, 200].map(peer);
    const lookup = new DisjointLookup({ target: new Uint8Array(32), self: new Uint8Array(32).fill(0xff), seeds, k: 1 }, 2);
    const next = () => keysOf([lookup.next()].filter((contact) => contact !== undefined));
    expect([next(), next()].flat()).toEqual(keysOf(seeds));
    lookup.answered(peer(100), [peer(1)]);
    expect(next()).toEqual(keysOf([peer(1)]));
    lookup.failed(peer(1));
    lookup.answered(peer(200), [peer(1), peer(2)]);
    expect(next()).toEqual(keysOf([peer(2)]));
  });

  test("reach the nearest honest node though a third name only each other, where one path often does not", () => {
    const random = new Random(4);
    const reached = { one: 0, eight: 0 };
    const worlds = 30;
    for (let world = 0; world < worlds; world++) {
      const network = staticNetwork(random, { size: 300, k: K });
      // Adversaries have ids of their own, next to the target: whoever is told of them looks no farther.
      const bad = Array.from({ length: K }, (_, n) =>
        contactOf(Uint8Array.from(network.target, (byte, i) => (i === 31 ? byte ^ (n + 1) : byte))),
      );
      const moles = new Set(keysOf(network.contacts.filter(() => random.next() < 0.33)).concat(keysOf(bad)));
      const answer = (contact: Contact) => (moles.has(contact.key) ? sortedByDistance(network.target, bad) : network.answerOf(contact));
      const nearest = network.contacts.find(({ key }) => !moles.has(key)) as Contact;
      if (walk(network, random, 1, answer).asked.includes(nearest.key)) reached.one += 1;
      if (walk(network, random, 8, answer).asked.includes(nearest.key)) reached.eight += 1;
    }
    expect(reached.eight).toBeGreaterThanOrEqual(reached.one);
    expect(reached.eight / worlds).toBeGreaterThan(0.9);
  });

  test("are at most eight, and end at once where nobody is known", () => {
    const seeds = Array.from({ length: 40 }, (_, n) => contactOf(new Uint8Array(32).fill(n + 1)));
    const options = { target: new Uint8Array(32), self: new Uint8Array(32).fill(0xff) };
    const many = new DisjointLookup({ ...options, seeds }, 100);
    let asked = 0;
    while (many.next() !== undefined) asked += 1;
    expect(asked).toBe(3 * MAX_PATHS);
    const none = new DisjointLookup({ ...options, seeds: [] }, 4);
    expect([none.next(), none.finished, none.complete, none.closest()]).toEqual([undefined, true, true, []]);
  });
});
