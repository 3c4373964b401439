import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkQuery, compileQuery, formatQuery, MAX_CLAUSES, OPERATORS, parseQuery, type Query } from "../../../dht/index.ts";
import { SynapseError } from "../../../routing/index.ts";

const level = fc.stringMatching(/^[a-z0-9]{1,6}(-[a-z0-9]{1,4})?$/);
const capability = fc.array(level, { minLength: 1, maxLength: 3 }).map((levels) => levels.join("/"));
const attribute = fc
  .stringMatching(/^[a-z][a-z0-9_.-]{0,8}$/)
  .filter((name) => !["name", "role", "version", "accepts", "returns"].includes(name));
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value));
const text = fc.string({ maxLength: 20, unit: "grapheme" });
const comparison = fc.oneof(
  fc.record({ field: attribute, operator: fc.constantFrom(...OPERATORS), value: fc.oneof(number, text) }),
  fc.record({ field: attribute, operator: fc.constantFrom("=" as const, "!=" as const), value: fc.boolean() }),
  fc.record({ field: fc.constantFrom("name", "role", "version"), operator: fc.constantFrom(...OPERATORS), value: text }),
  fc.constant({ field: "accepts", operator: "=" as const, value: "{text:string,tags?:string[]}" }),
);
const term: fc.Arbitrary<Query> = fc.oneof(
  capability.map((name) => ({ kind: "offers" as const, name })),
  capability.filter((name) => name !== "of").map((name) => ({ kind: "word" as const, name })),
  capability.map((name) => ({ kind: "below" as const, name })),
  comparison.map((fields) => ({ kind: "compare" as const, ...fields })),
);
const { query } = fc.letrec<{ query: Query }>((tie) => {
  const of = fc.array(tie("query"), { minLength: 2, maxLength: 3 });
  return {
    query: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      term,
      of.map((parts) => ({ kind: "all" as const, of: parts })),
      of.map((parts) => ({ kind: "any" as const, of: parts })),
      of.chain((parts) => fc.integer({ min: 1, max: parts.length }).map((least) => ({ kind: "some" as const, least, of: parts }))),
      tie("query").map((part) => ({ kind: "not" as const, of: part })),
    ),
  };
});

/** Those that are too long or too deep are refused, which is another test's. */
function checked(given: Query): Query | undefined {
  try {
    return checkQuery(given);
  } catch {
    return undefined;
  }
}

function errorOf(act: () => unknown): SynapseError {
  try {
    act();
  } catch (error) {
    if (error instanceof SynapseError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

describe("A query", () => {
  test("written as text and read again is the same query", () => {
    fc.assert(
      fc.property(query, (given) => {
        const right = checked(given);
        if (right !== undefined) expect(parseQuery(formatQuery(right)).query).toEqual(right);
      }),
      { numRuns: 800, seed: 7 },
    );
  });

  test("that is any text at all is read or refused in words, never anything else", () => {
    const piece = fc.constantFrom(
      "a",
      "code-review",
      " ",
      "(",
      ")",
      "|",
      ",",
      "!",
      "@",
      "<",
      ">=",
      "=",
      '"',
      "\\",
      "{",
      "}",
      "2 of (",
      "1.5",
      "/*",
      "é",
      "\n",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        try {
          compileQuery(pieces.join(""));
        } catch (error) {
          expect(error).toMatchObject({ code: "bad_query" });
        }
      }),
      { numRuns: 1_500, seed: 8 },
    );
  });

  test.each([
    ["code-review lang=", 17, "a value is missing"],
    ["code-review (gpu | fast", 12, "not closed"],
    ["code-review gpu)", 15, "does not belong here"],
    ["a | | b", 4, 'not "|"'],
    ["Code Review", 0, "not a capability name"],
    ["a b, c", 3, "does not belong here"],
    ["3 of (a, b)", 0, "2 to choose from"],
    ["lang=go", 0, "names no capability"],
    ["a | !b", 4, "names no capability"],
    ["has_gpu a", 0, "is an attribute"],
    ['a name="x', 7, "not closed"],
    ["a accepts={text:strin}", 2, '"strin" is none of'],
    ["a gpu<true", 2, "more or less than true"],
    ["", 0, "is empty"],
  ])("%s is refused with a caret at column %i: %s", (text, column, what) => {
    const { code, message } = errorOf(() => compileQuery(text));
    const [said, shown, caret] = message.split("\n");
    expect(code).toBe("bad_query");
    expect(said).toContain(what);
    expect(shown).toBe(`  ${text}`);
    expect(caret).toBe(`  ${" ".repeat(column)}^`);
  });

  test("that is long shows the part around the place", () => {
    const text = `a ${"b ".repeat(20)}) ${"c ".repeat(100)}`;
    const [, shown = "", caret = ""] = errorOf(() => compileQuery(text)).message.split("\n");
    expect(shown.length).toBeLessThan(130);
    expect(shown[caret.indexOf("^")]).toBe(")");
  });

  test("says how a name would be written", () => {
    expect(errorOf(() => compileQuery("Code Review")).hint).toContain('"code-review"');
  });

  test.each([
    ["a lang==go", "stands one of"],
    ["a lang=(go)", "in quotation marks"],
  ])("says what may stand in place of a value that is none: %s", (text, hint) => {
    expect(errorOf(() => compileQuery(text)).hint).toContain(hint);
  });

  test.each<[string, unknown]>([
    ["a kind that is unknown", { kind: "or", of: [] }],
    ["nothing in a group", { kind: "all", of: [] }],
    ["no name", { kind: "word" }],
    ["a number for a version", { kind: "compare", field: "version", operator: "=", value: 1.2 }],
    ["an operator that is none", { kind: "compare", field: "price", operator: "~", value: 1 }],
    ["too many of several", { kind: "some", least: 3, of: [{ kind: "word", name: "a" }] }],
    ["33 words", { kind: "all", of: Array.from({ length: 33 }, () => ({ kind: "word", name: "a" })) }],
    ["a group 20 deep", Array.from({ length: 20 }).reduce<unknown>((of) => ({ kind: "not", of }), { kind: "word", name: "a" })],
    ["a number", 5],
    ["nothing", null],
  ])("as an object with %s is refused", (_, given) => {
    expect(errorOf(() => compileQuery(given as Query)).code).toBe("bad_query");
  });

  test(`has at most ${MAX_CLAUSES} alternatives once it is multiplied out, and is refused before it is`, () => {
    const pairs = (count: number) => Array.from({ length: count }, (_, n) => `(a${n} | b${n})`).join(" ");
    expect(compileQuery(pairs(6)).clauses).toHaveLength(64);
    expect(errorOf(() => compileQuery(pairs(7))).message).toContain("more than 64 alternatives");
    const of = Array.from({ length: 30 }, (_, n) => `a${n}`).join(", ");
    expect(errorOf(() => compileQuery(`15 of (${of})`)).message).toContain("more than 64 alternatives");
  });
});
