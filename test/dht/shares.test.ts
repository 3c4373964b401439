import { expect, test } from "vitest";
import { Shares } from "../../dht/shares.ts";
import { at } from "../support/ids.ts";
import { Random } from "../support/random.ts";

/** What shares say, worked out from a list of who has what. */
function counted(things: readonly number[]) {
  const counts = new Map<number, number>();
  for (const owner of things) counts.set(owner, (counts.get(owner) ?? 0) + 1);
  return { of: (owner: number) => counts.get(owner) ?? 0, most: Math.max(0, ...counts.values()) };
}

test("Shares are what a list says, whoever gets and loses something", () => {
  for (let seed = 0; seed < 20; seed++) {
    const random = new Random(seed);
    const shares = new Shares();
    let things: number[] = [];
    for (let step = 0; step < 400; step++) {
      const falls = step % 200 > 120;
      if (things.length > 0 && random.next() < (falls ? 0.8 : 0.3)) {
        const [owner] = things.splice(random.int(things.length), 1);
        shares.add(owner as number, -1);
      } else {
        things.push(random.int(6));
        shares.add(at(things, -1), 1);
      }
      if (random.int(150) === 0) {
        things = [];
        shares.clear();
      }
      const { of, most } = counted(things);
      for (let owner = 0; owner < 6; owner++)
        expect([shares.of(owner), shares.isAnyGreedier(owner)]).toEqual([of(owner), most > 1 + of(owner)]);
      expect(shares.most).toBe(most);
      if (things.length === 0) expect(shares.greediest).toBeUndefined();
      else expect(of(shares.greediest as number)).toBe(most);
    }
  }
});
