import { expect, test } from "vitest";
import { Descent } from "../../dht/descent.ts";

function rest(descent: Descent): string[] {
  const bits: string[] = [];
  while (!descent.isOver) bits.push(descent.next() as string);
  return bits;
}

test("The upper children of a name come first, each once, in any order among themselves", () => {
  for (const [random, first] of [
    [0, "0"],
    [0.9, "1"],
  ] as const) {
    const descent = new Descent({ random: () => random }, () => true);
    descent.below("");
    expect(descent.next()).toBe(first);
    descent.below(first);
    descent.below("");
    const other = first === "0" ? "1" : "0";
    expect(rest(descent)).toEqual([other, `${first}${first}`, `${first}${other}`]);
  }
});

test("Children in which nobody is sought are left out, and there are none below the eighth bit", () => {
  const descent = new Descent({ random: () => 0 }, (bits) => bits.startsWith("1"));
  descent.below("");
  expect(rest(descent)).toEqual(["1"]);
  descent.below("1".repeat(7));
  expect(rest(descent)).toEqual(["11111110", "11111111"]);
  descent.below("1".repeat(8));
  expect(descent.isOver).toBe(true);
});

test("A child that is known later comes before those below another", () => {
  const descent = new Descent({ random: () => 0 }, () => true);
  descent.below("");
  expect([descent.next(), descent.next()]).toEqual(["0", "1"]);
  descent.below("00");
  descent.below("1");
  expect(rest(descent)).toEqual(["10", "11", "000", "001"]);
});
