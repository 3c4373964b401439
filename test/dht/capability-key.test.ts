import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { assertCapabilityName, capabilityKey, isCapabilityName, levelsOf, MAX_SPLIT, splitBitsOf } from "../../dht/index.ts";
import { ID_BITS, SynapseError, toHex } from "../../routing/index.ts";
import { bigOf } from "../support/ids.ts";
import { Random } from "../support/random.ts";

function errorFor(name: string): SynapseError {
  try {
    assertCapabilityName(name);
  } catch (error) {
    if (error instanceof SynapseError) return error;
  }
  throw new Error(`${name} was accepted`);
}

describe("a capability name", () => {
  test.each(["code-review", "code-review/python", "a", "0", "a1-b2-c3", "a/b/c/d", "x".repeat(64), "7zip/9"])("may be %s", (name) => {
    expect(isCapabilityName(name)).toBe(true);
    expect(() => assertCapabilityName(name)).not.toThrow();
  });

  test.each([
    "",
    "Code Review",
    "code_review",
    "-code",
    "code-",
    "code--review",
    "/code",
    "code/",
    "code//review",
    "a/b/c/d/e",
    "x".repeat(65),
    "café",
    "code-review\n",
    "code review",
    "ａ",
    "a\0b",
  ])("may not be %j", (name) => {
    expect(isCapabilityName(name)).toBe(false);
    expect(errorFor(name).code).toBe("bad_capability");
  });

  test.each([
    ["Code Review", "code-review"],
    ["  code_review  ", "code-review"],
    ["Code Review / Python 3", "code-review/python-3"],
    ["/code-review/", "code-review"],
    ["code--review", "code-review"],
    ["--a--", "a"],
    ["SUMMARISE", "summarise"],
  ])("that is written %j is refused with the spelling %j", (name, better) => {
    expect(errorFor(name).hint).toContain(JSON.stringify(better));
    expect(isCapabilityName(better)).toBe(true);
  });

  test.each(["", "!!!", "a/b/c/d/e", "x".repeat(65), "日本"])(
    "for which no spelling would do, such as %j, is refused with the rule",
    (name) => {
      expect(errorFor(name).hint).toContain("lower-case words");
    },
  );

  test("that is very long does not make the error long", () => {
    const error = errorFor("X".repeat(100_000));
    expect(error.message.length + (error.hint?.length ?? 0)).toBeLessThan(500);
  });

  test("keeps its accented letters in the spelling suggested, without the accents", () => {
    expect(errorFor("café").hint).toContain('"cafe"');
  });
});

test("A name has a level for each of its parts, widest first", () => {
  expect(levelsOf("a")).toEqual(["a"]);
  expect(levelsOf("code-review/python/3")).toEqual(["code-review", "code-review/python", "code-review/python/3"]);
});

describe("the key of a capability", () => {
  test("is the hash that the protocol describes", () => {
    const expected = createHash("sha256").update("synapse capability key v1\0home\0code-review/python").digest("hex");
    expect(toHex(capabilityKey("home", "code-review/python"))).toBe(expected);
  });

  test("of a split child has the bits behind a further zero byte", () => {
    const expected = createHash("sha256")
      .update("synapse capability key v1\0home\0code-review\0" + "0110")
      .digest("hex");
    expect(toHex(capabilityKey("home", "code-review", "0110"))).toBe(expected);
  });

  test("is another in another swarm, for another name, and for another child", () => {
    const keys = [
      capabilityKey("a", "x"),
      capabilityKey("b", "x"),
      capabilityKey("a", "y"),
      capabilityKey("a", "x/y"),
      capabilityKey("a", "x", "0"),
      capabilityKey("a", "x", "1"),
      capabilityKey("a", "x", "00"),
      capabilityKey("", "x"),
    ];
    expect(new Set(keys.map(toHex)).size).toBe(keys.length);
  });
});

test("Split bits are the first bits of an id, most significant first", () => {
  const random = new Random(41);
  for (let i = 0; i < 50; i++) {
    const id = random.bytes(32);
    const bits = bigOf(id).toString(2).padStart(ID_BITS, "0");
    for (let depth = 0; depth <= MAX_SPLIT; depth++) expect(splitBitsOf(id, depth)).toBe(bits.slice(0, depth));
  }
});
