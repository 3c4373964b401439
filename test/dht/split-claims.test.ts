import { describe, expect, test } from "vitest";
import { SplitClaims } from "../../dht/split-claims.ts";
import { type Contact, makeContact } from "../../routing/index.ts";

const K = 20;

function numbered(n: number): Contact {
  return makeContact(new Uint8Array(32).fill(n), []);
}

/** Claims of so many of the k nearest, known when the walk has ended. */
function claimsOf(count: number, parent?: SplitClaims): SplitClaims {
  const nearest = Array.from({ length: K }, (_, n) => numbered(n + 1));
  const claims = new SplitClaims(parent);
  for (const contact of nearest.slice(0, count)) claims.claim(contact, false);
  claims.walked(nearest);
  return claims;
}

describe("That a key is split is believed", () => {
  test.each([
    [0, false],
    [6, false],
    [7, true],
  ])("of the key of a name where a third of its holders say so: %i", (count, believed) => {
    expect(claimsOf(count).areBelieved(K)).toBe(believed);
  });

  test("of a child where records were read there or at its parent, or else where half of its holders say so", () => {
    const name = new SplitClaims(undefined);
    expect([claimsOf(9, name).areBelieved(K), claimsOf(10, name).areBelieved(K)]).toEqual([false, true]);
    const child = claimsOf(7, name);
    child.hasRecords = true;
    expect([child.areBelieved(K), claimsOf(7, child).areBelieved(K)]).toEqual([true, true]);
    child.hasRecords = false;
    name.hasRecords = true;
    expect([child.areBelieved(K), claimsOf(7, child).areBelieved(K)]).toEqual([true, false]);
  });

  test("before the walk has ended, of those alone who are probably holders; then of those who are", () => {
    const claims = new SplitClaims(undefined);
    for (let n = 100; n < 140; n++) claims.claim(numbered(n), false);
    expect(claims.areBelieved(K)).toBe(false);
    claims.walked(Array.from({ length: K }, (_, n) => numbered(n + 1)));
    expect(claims.areBelieved(K)).toBe(false);
    for (let n = 1; n <= 7; n++) claims.claim(numbered(n), true);
    expect(claims.areBelieved(K)).toBe(true);
  });

  test("in a small network of as many as there are", () => {
    const claims = new SplitClaims(undefined);
    claims.claim(numbered(1), true);
    claims.walked([numbered(1), numbered(2)]);
    expect(claims.areBelieved(K)).toBe(true);
  });
});
