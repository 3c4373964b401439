import { describe, expect, test } from "vitest";
import { type Posting, Postings } from "../../dht/postings.ts";
import { commonPrefixLength } from "../../routing/index.ts";
import { Random } from "../support/random.ts";

const NEVER = Number.POSITIVE_INFINITY;

/** The same by looking through all of them. */
class Plain {
  private readonly all = new Set<Posting>();

  put(posting: Posting): void {
    this.all.add(posting);
  }

  remove(posting: Posting): void {
    this.all.delete(posting);
  }

  has(posting: Posting): boolean {
    return this.all.has(posting);
  }

  get first(): Posting | undefined {
    let first: Posting | undefined;
    for (const posting of this.all) if (posting.dueAt < (first?.dueAt ?? NEVER)) first = posting;
    return first;
  }

  near(key: Uint8Array, shared: number): Posting[] {
    return [...this.all].filter((posting) => commonPrefixLength(posting.key, key) >= shared);
  }
}

/** Keys of which many are the same, and more are near each other. */
function keyIn(random: Random): Uint8Array {
  const key = new Uint8Array(32);
  for (const index of [0, 1, 2, 31]) key[index] = random.pick([0, 1, 0x7f, 0x80, 0xff]);
  return key;
}

describe("Postings", () => {
  test("come as if one looked through all of them, whatever was put, moved, taken and removed", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = new Random(seed);
      const [postings, plain] = [new Postings<Posting>(), new Plain()];
      const all = Array.from({ length: 30 }, (): Posting => ({ key: keyIn(random), dueAt: NEVER }));
      for (let step = 0; step < 400; step++) {
        const posting = random.pick(all);
        const what = random.int(10);
        if (what < 5) {
          posting.dueAt = random.pick([NEVER, random.int(20), random.int(3)]);
          for (const each of [postings, plain]) each.put(posting);
        } else if (what < 7) for (const each of [postings, plain]) each.remove(posting);
        else if (plain.first !== undefined) plain.first.dueAt = NEVER; // it is being stored
        expect(postings.first).toBe(plain.first);
        expect(postings.has(posting)).toBe(plain.has(posting));
        const [key, shared] = [random.pick([posting.key, keyIn(random)]), random.pick([0, 1, 3, 7, 8, 9, 23, 24, 255, 256])];
        const near = postings.near(key, shared);
        expect(near).toEqual(plain.near(key, shared));
        for (const [index, each] of plain.near(key, shared).entries()) expect(near[index]).toBe(each);
      }
    }
  });

  test("that were removed and have come again for the same time come after those that stayed", () => {
    const postings = new Postings<Posting>();
    const [left, stayed, earlier] = [5, 5, 1].map((dueAt) => ({ key: new Uint8Array(32), dueAt })) as [Posting, Posting, Posting];
    for (const posting of [left, stayed, earlier]) postings.put(posting);
    postings.remove(left);
    expect(postings.first).toBe(earlier);
    postings.put(left);
    postings.remove(earlier);
    expect(postings.first).toBe(stayed);
  });

  test("are not all looked at to find the next, nor to find those near it", () => {
    const random = new Random(1);
    const postings = new Postings<Posting>();
    const looks = { at: 0 };
    for (let n = 0; n < 4_000; n++) {
      let dueAt = n;
      const key = random.bytes(32);
      const posting = {
        get key() {
          looks.at += 1;
          return key;
        },
        get dueAt() {
          looks.at += 1;
          return dueAt;
        },
        set dueAt(ms: number) {
          dueAt = ms;
        },
      };
      postings.put(posting);
    }
    looks.at = 0;
    for (let step = 0; step < 8_000; step++) {
      const posting = postings.first as Posting;
      expect(posting.dueAt).toBe(step);
      postings.near(posting.key, 10);
      posting.dueAt = step + 4_000;
      postings.put(posting);
    }
    expect(looks.at / 8_000).toBeLessThan(60);
  });

  test("that are put again and again take no more room", () => {
    const postings = new Postings<Posting>();
    const posting: Posting = { key: new Uint8Array(32), dueAt: 0 };
    for (let n = 0; n < 10_000; n++) {
      posting.dueAt = 10_000 - n;
      postings.put(posting);
    }
    expect((postings as unknown as { times: { size: number } }).times.size).toBeLessThanOrEqual(66);
    expect(postings.first).toBe(posting);
  });
});
