import { describe, expect, test } from "vitest";
import {
  type CapabilityRecord,
  compareVersions,
  compileQuery,
  foundBy,
  gives,
  holdsOf,
  type Operator,
  readShape,
  type Shape,
  takes,
  whereFor,
} from "../../../dht/index.ts";
import { drawOffers, drawQuery } from "../../../simulations/scenarios/queries/draw.ts";
import { isFound } from "../../../simulations/scenarios/queries/truth.ts";
import { Random } from "../../support/random.ts";
import { recordOf } from "../../support/records.ts";

const everything = () => true;
/** What is not drawn of a record. */
const ANY = recordOf();

function found(query: string, records: readonly CapabilityRecord[]): string[] {
  return [...foundBy(compileQuery(query).clauses, { records, isSettled: everything }).keys()].map(({ capability }) => capability);
}

test("Any query finds exactly the agents that brute force over all choices of their offers finds", () => {
  const random = new Random(11);
  let hits = 0;
  for (let n = 0; n < 3_000; n++) {
    const offers = drawOffers(random, "someone");
    const query = drawQuery(random);
    const records = offers.map((offer) => ({ ...ANY, ...offer }) as CapabilityRecord);
    const { clauses, text } = compileQuery(query);
    const isHit = foundBy(clauses, { records, isSettled: everything }).size > 0;
    expect({ text, offers, isHit }).toEqual({ text, offers, isHit: isFound(query, offers) });
    hits += Number(isHit);
  }
  expect(hits).toBeGreaterThan(100);
});

test("What holders sort out finds nobody", () => {
  const random = new Random(12);
  for (let n = 0; n < 2_000; n++) {
    const [offer] = drawOffers(random, "someone");
    const record = { ...ANY, ...offer } as CapabilityRecord;
    const { clauses } = compileQuery(drawQuery(random));
    for (const { name } of clauses.flatMap(({ offers }) => offers)) {
      const where = whereFor(name, clauses);
      const passes = where === undefined || where.any.some((all) => all.every((comparison) => holdsOf(record, comparison)));
      if (!passes) expect(foundBy(clauses, { records: [record], isSettled: everything }).size).toBe(0);
    }
  }
});

describe("A word", () => {
  const plain = recordOf({ capability: "work", attributes: { gpu: true, fast: false } });
  const other = recordOf({ capability: "gpu", attributes: {} });

  test.each<[string, readonly CapabilityRecord[], readonly string[]]>([
    ["work", [plain], ["work"]],
    ["gpu", [plain], []], // it leads, so it is a capability
    ["work gpu", [plain], ["work"]], // an attribute that is true
    ["work fast", [plain], []], // one that is not
    ["work gpu", [recordOf({ capability: "work", attributes: {} }), other], ["work"]], // another capability of the agent
    ["work @gpu", [plain], []], // a capability, and nothing else
    ["work gpu=true", [recordOf({ capability: "work", attributes: {} }), other], []], // an attribute, and nothing else
    ["work !gpu", [plain], []],
    ["work !gpu", [recordOf({ capability: "work", attributes: {} }), other], []],
    ["work !fast", [plain], ["work"]],
    ["work !1 of (gpu, fast)", [plain], []],
    ["work !2 of (gpu, fast)", [plain], ["work"]],
    ["work/*", [plain, recordOf({ capability: "work/hard" })], ["work/hard"]],
    ["work !@work/hard", [plain, recordOf({ capability: "work/hard" })], []],
  ])("%s", (query, records, expected) => {
    expect(found(query, records)).toEqual(expected);
  });

  test("and its conditions are asked of one and the same record", () => {
    const records = [
      recordOf({ capability: "work", attributes: { lang: "go" } }),
      recordOf({ capability: "play", attributes: { lang: "c" } }),
    ];
    expect(found("work lang=c", records)).toEqual([]);
    expect(found("work play lang=go", records)).toEqual(["work"]); // play stands behind it: the conditions are of work
    expect(found("@work @play lang=go", records)).toEqual([]); // both are looked for
  });
});

describe("A comparison", () => {
  const record = recordOf({ version: "1.10.1", name: "ada", attributes: { price: 0.02, lang: "go", gpu: false } });

  test.each<[string, Operator, string | number | boolean, boolean]>([
    ["price", "<", 0.03, true],
    ["price", "<=", 0.02, true],
    ["price", ">", 0.02, false],
    ["price", "=", "0.02", false], // text is no number
    ["price", "!=", "0.02", true],
    ["lang", "=", "go", true],
    ["lang", ">=", "c", true],
    ["gpu", "=", false, true],
    ["nothing", "!=", 1, false], // who says nothing of it
    ["version", ">=", "1.2", true],
    ["version", "<", "1.9", false],
    ["version", "=", "v1.10.1", true],
    ["name", "=", "ada", true],
    ["constructor", "!=", "x", false],
  ])("%s%s%s: %s", (field, operator, value, expected) => {
    expect(holdsOf(record, { field, operator, value, negated: false })).toBe(expected);
    expect(holdsOf(record, { field, operator, value, negated: true })).toBe(!expected);
  });
});

describe("Versions", () => {
  /** The example of semver.org, section 11, and what stands around it. */
  const ORDER = "0.9 1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0 1.2 1.10.1 v2".split(
    " ",
  );

  test("are in the order of Semantic Versioning", () => {
    for (const [i, a] of ORDER.entries())
      for (const [j, b] of ORDER.entries()) expect(Math.sign(compareVersions(a, b) ?? Number.NaN)).toBe(Math.sign(i - j));
  });

  test.each([
    ["1.0.0-20240101000000000001", "1.0.0-20240101000000000002", -1],
    ["1.0.0-rc.9007199254740993", "1.0.0-rc.9007199254740992", 1],
    ["1.0.0-99999999999999999999", "1.0.0-100000000000000000000", -1],
    ["1.0.0-007", "1.0.0-7", 0],
    ["1.0.0-0", "1.0.0-1", -1],
  ])("%s and %s are told apart where they differ", (a, b, expected) => {
    expect(Math.sign(compareVersions(a, b) ?? Number.NaN)).toBe(expected);
    expect(Math.sign(compareVersions(b, a) ?? Number.NaN)).toBe(0 - expected);
  });

  test.each(["", "one", "1.2.3.4", "1..2", "1.2.3-", "9".repeat(100)])("of another form are in none: %s", (text) => {
    expect(compareVersions(text, "1.0.0")).toBeUndefined();
  });
});

describe("A shape", () => {
  const shape = (text: string) => readShape(text) as Shape;

  test.each([
    ["{text:string}", "{text:string}", true],
    ["{text:string,lang?:string}", "{text:string}", true],
    ["{text:string,lang:string}", "{text:string}", false], // it needs what would be missing
    ["{text:string}", "{text:string,zip:integer}", false], // it does not know what is there
    ["{n:number}", "{n:integer}", true],
    ["{n:integer}", "{n:number}", false],
    ["string[]", "string[]", true],
    ["object", "{a:string}", true],
    ["{a:{b:string[]}}", "{a:{b:string[]}}", true],
  ])("%s takes %s: %s", (agent, given, expected) => {
    expect(takes(shape(agent), shape(given))).toBe(expected);
  });

  test.each([
    ["{text:string,score:number}", "{score:number}", true],
    ["{text:string,score?:number}", "{score:number}", false], // it may be missing
    ["{text:string}", "{score?:number}", true],
    ["{n:integer}", "{n:number}", true],
    ["any", "{n:number}", false],
  ])("%s gives %s: %s", (agent, asked, expected) => {
    expect(gives(shape(agent), shape(asked))).toBe(expected);
  });

  test.each([
    "",
    "{",
    "{a}",
    "{a:}",
    "{a:string",
    "strings",
    "{a:string}}",
    "{a:string,a:string}",
    "{a:{b?:string,c:any,b:number}}",
    "{{{{{{",
    "x".repeat(300),
    `${"{a:".repeat(9)}string${"}".repeat(9)}`,
  ])("is not made of %s", (text) => {
    expect(readShape(text)).toBeTypeOf("string");
  });

  test("in which a field is there twice is refused with its place, and found with none", () => {
    expect(readShape("{a:{b?:string,c:any,b:number}}")).toBe("b is there twice, again as field 3 of its object");
    expect(readShape("{a:{b:string},b:string}")).not.toBeTypeOf("string");
    expect(() => compileQuery("work accepts={a:string,a:number}")).toThrow("a is there twice");
    const record = recordOf({ attributes: { accepts: "{a:string,a:number}" } });
    expect(holdsOf(record, { field: "accepts", operator: "=", value: "{a:number}", negated: false })).toBe(false);
  });
});
