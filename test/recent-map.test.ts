import { LRUCache } from "lru-cache";
import { describe, expect, test } from "vitest";
import { RecentMap } from "../src/recent-map.ts";
import { Random } from "./support/random.ts";

const MAX = 8;
const KEYS = 14;

describe("A map of what was used last", () => {
  test("keeps and drops what lru-cache does, whatever is done with it", () => {
    for (let seed = 1; seed <= 15; seed++) {
      const random = new Random(seed);
      const dropped: number[] = [];
      const expected: number[] = [];
      const map = new RecentMap<number>(MAX, (value) => dropped.push(value));
      const oracle = new LRUCache<string, number>({ max: MAX, dispose: (value, _, why) => why !== "delete" && expected.push(value) });
      for (let step = 1; step <= 300; step++) {
        const key = `key-${random.int(KEYS)}`;
        const what = random.int(4);
        if (what === 0) expect(map.get(key)).toBe(oracle.get(key));
        if (what === 1) expect(map.peek(key)).toBe(oracle.peek(key));
        if (what === 2) {
          map.set(key, step);
          oracle.set(key, step);
        }
        if (what === 3 && random.int(4) === 0) {
          map.delete(key);
          oracle.delete(key);
        }
        expect(map.size).toBe(oracle.size);
      }
      expect([...map.values()].reverse()).toEqual([...oracle.values()]);
      expect(dropped).toEqual(expected);
    }
  });
});
