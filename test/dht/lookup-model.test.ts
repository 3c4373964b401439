import { describe, expect, test } from "vitest";
import { CLOSING_ALPHA, MAX_REQUESTS } from "../../dht/index.ts";
import { K, toHex } from "../../routing/index.ts";
import { keysOf } from "../support/ids.ts";
import { drive, staticNetwork } from "../support/lookup-world.ts";
import { Random } from "../support/random.ts";

const WORLDS = 40;

/** Runs a check over many networks of every size and health. */
function overWorlds(seed: number, deadShare: number, check: (random: Random, size: number) => void): void {
  const random = new Random(seed);
  for (let world = 0; world < WORLDS; world++) check(random, 1 + random.int(deadShare > 0 ? 200 : 400));
}

describe("a lookup in a network that does not change", () => {
  test("finds the true k closest, nearest first, and knows that it did", () => {
    overWorlds(21, 0, (random, size) => {
      const network = staticNetwork(random, { size, k: K });
      const { lookup } = drive(network, random);
      expect(keysOf(lookup.closest())).toEqual(keysOf(network.nearest(K)));
      expect(lookup.complete).toBe(true);
    });
  });

  test("finds the true k closest of the living when a third are dead: dead contacts hold no seat", () => {
    overWorlds(22, 0.3, (random, size) => {
      const network = staticNetwork(random, { size, k: K, deadShare: 0.3 });
      const { lookup } = drive(network, random);
      expect(keysOf(lookup.closest())).toEqual(keysOf(network.nearest(Math.min(K, lookup.closest().length))));
      if (network.nearest(K).length > 0) expect(lookup.closest().length).toBeGreaterThan(0);
    });
  });

  test("never has more than α requests under way, whatever α is", () => {
    overWorlds(23, 0.3, (random, size) => {
      const alpha = 1 + random.int(8);
      const network = staticNetwork(random, { size, k: K, deadShare: 0.2 });
      const closingAlpha = alpha + random.int(4);
      expect(drive(network, random, { alpha, closingAlpha }).mostInFlight).toBeLessThanOrEqual(closingAlpha);
      expect(drive(network, random, { alpha, beta: K + 1, closingAlpha }).mostInFlight).toBeLessThanOrEqual(alpha);
      expect(drive(network, random).mostInFlight).toBeLessThanOrEqual(CLOSING_ALPHA);
    });
  });

  test("asks nobody twice and never itself", () => {
    overWorlds(24, 0.3, (random, size) => {
      const network = staticNetwork(random, { size, k: K, deadShare: 0.2 });
      const { asked, lookup } = drive(network, random);
      expect(new Set(asked).size).toBe(asked.length);
      expect(asked).not.toContain(toHex(network.self));
      expect(lookup.requests).toBe(asked.length);
    });
  });

  test("keeps a small budget of requests and does not ask the whole network", () => {
    const random = new Random(25);
    let total = 0;
    for (let world = 0; world < WORLDS; world++) {
      const { lookup } = drive(staticNetwork(random, { size: 400, k: K }), random);
      expect(lookup.requests).toBeLessThanOrEqual(3 * K);
      expect(lookup.requests).toBeLessThanOrEqual(MAX_REQUESTS);
      total += lookup.requests;
    }
    expect(total / WORLDS).toBeLessThan(2 * K);
  });

  test("works the same with another k", () => {
    overWorlds(26, 0, (random, size) => {
      const k = 1 + random.int(10);
      const network = staticNetwork(random, { size, k });
      expect(keysOf(drive(network, random, { k }).lookup.closest())).toEqual(keysOf(network.nearest(k)));
    });
  });

  test("counts at least one hop for everybody who answered, and no more hops than requests", () => {
    overWorlds(27, 0, (random, size) => {
      const { lookup } = drive(staticNetwork(random, { size, k: K }), random);
      for (const contact of lookup.closest()) {
        expect(lookup.hopOf(contact)).toBeGreaterThanOrEqual(1);
        expect(lookup.hopOf(contact)).toBeLessThanOrEqual(lookup.requests);
      }
    });
  });
});
