import { decode, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type CapabilityClaim,
  type CapabilityRecord,
  CLOCK_SKEW_MS,
  MAX_LIFETIME_MS,
  MAX_RECORD_BYTES,
  readRecord,
  signRecord,
  timelinessOf,
} from "../../dht/index.ts";
import { SynapseError } from "../../routing/index.ts";
import { check } from "../support/check.ts";
import { claimOf, DAY, HOUR, MINUTE, publisherOf, recordOf } from "../support/records.ts";
import { verifyEd25519 } from "../support/signers.ts";
import { forge, type WireFields, wireFieldsOf } from "../support/store-forgery.ts";

const ISSUED = claimOf().issued;
/** 4 levels and 64 bytes, the most a name may have. */
const LONGEST_NAME = `a/b/c/${"d".repeat(58)}`;

const read = (bytes: Uint8Array): CapabilityRecord | string => readRecord(bytes, verifyEd25519);

/** Why bytes are refused; a record where they are not. */
function expectRefused(bytes: Uint8Array, why: string): void {
  const verdict = read(bytes);
  expect(verdict).toBeTypeOf("string");
  expect(verdict).toContain(why);
}

const text = (maxLength = 60) => fc.string({ maxLength, unit: "grapheme" }).filter((value) => value.length <= maxLength);
const level = fc.stringMatching(/^[a-z0-9]{1,6}(-[a-z0-9]{1,4}){0,2}$/);
const count = fc.integer({ min: 0, max: 2 ** 45 });
const number = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.maxSafeInteger()).map((value) => value + 0);
const attributes = fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9_.-]{0,8}$/), fc.oneof(text(10), number, fc.boolean()), {
  maxKeys: 8,
  noNullPrototype: true,
});

const claims: fc.Arbitrary<CapabilityClaim> = fc
  .record({
    swarm: text(20),
    capability: fc.array(level, { minLength: 1, maxLength: 3 }).map((levels) => levels.join("/")),
    addresses: fc.array(text(20), { maxLength: 4 }),
    name: text(20),
    role: text(20),
    description: text(40),
    version: text(10),
    attributes,
    seq: fc.maxSafeInteger().map(Math.abs),
    issued: count,
    lifetime: fc.integer({ min: 1, max: MAX_LIFETIME_MS }),
    withdrawn: fc.boolean(),
  })
  .map(({ lifetime, ...rest }) => ({ ...rest, expires: rest.issued + lifetime }));

describe("A record read from its bytes", () => {
  test("equals the one that was signed, whatever it says", () => {
    check([claims, fc.integer({ min: 1, max: 3 })], (claim, publisher) => {
      const signed = signRecord(claim, publisherOf(publisher));
      expect(signed).toMatchObject(claim);
      expect(read(signed.bytes)).toEqual(signed);
      expect(signRecord(claim, publisherOf(publisher)).bytes).toEqual(signed.bytes);
    });
  });

  test("has the fields that the protocol names, and withdrawn only where it is", () => {
    const names = Object.keys(wireFieldsOf(recordOf()));
    const described = ["addresses", "attributes", "capability", "description", "expires", "issued", "name", "publicKey", "role"];
    expect(names).toEqual([...described, "seq", "signature", "swarm", "v", "version"]);
    expect(wireFieldsOf(recordOf())["v"]).toBe(1);
    expect(wireFieldsOf(recordOf({ withdrawn: true }))["withdrawn"]).toBe(true);
  });

  test("is withdrawn exactly when it was signed so", () => {
    expect(read(recordOf({ withdrawn: true }).bytes)).toMatchObject({ withdrawn: true });
    expect(read(recordOf({ withdrawn: false }).bytes)).toMatchObject({ withdrawn: false });
  });

  test("may have expired long ago: its time is the business of whoever uses it", () => {
    expect(read(recordOf({ issued: 0, expires: 1 }).bytes)).toMatchObject({ issued: 0, expires: 1 });
  });
});

describe("The signature", () => {
  const OTHER: WireFields = {
    swarm: "other",
    capability: "code-review",
    addresses: ["tcp://192.0.2.2:4000"],
    name: "eve",
    role: "tester",
    description: "",
    version: "1.0.1",
    attributes: { languages: 4, fast: true, model: "small" },
    seq: 2,
    issued: ISSUED + 1,
    expires: ISSUED + HOUR + 1,
    withdrawn: true,
    publicKey: publisherOf(2).publicKey,
  };

  test.each(Object.keys(OTHER))("covers %s", (field) => {
    const original = wireFieldsOf(recordOf());
    expectRefused(encode({ ...original, [field]: OTHER[field] }, { sortKeys: true }), "signature does not match");
  });

  test("covers that a record is a withdrawal: nobody can make one live again", () => {
    const { withdrawn: _, ...rest } = wireFieldsOf(recordOf({ withdrawn: true }));
    expectRefused(encode(rest, { sortKeys: true }), "signature does not match");
  });

  test("covers every bit: with any one of them flipped, no record is left", () => {
    check(
      [claims, fc.nat()],
      (claim, where) => {
        const forged = Uint8Array.from(signRecord(claim, publisherOf(1)).bytes);
        const bit = where % (forged.length * 8);
        forged[bit >> 3] = (forged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(read(forged)).toBeTypeOf("string");
      },
      300,
    );
  });

  test("is over a text of its own before the fields, so that nothing else signed passes for a record", () => {
    expect(read(forge({}))).toBeTypeOf("object");
    expectRefused(forge({}, { context: "" }), "signature does not match");
    expectRefused(forge({}, { context: "synapse capability record v2\0" }), "signature does not match");
  });

  test("is 64 bytes, and the verifier is not asked about any other", () => {
    const never = (): boolean => {
      throw new Error("asked");
    };
    for (const signature of [new Uint8Array(63), new Uint8Array(65), new Uint8Array(0), "x".repeat(64), null, undefined])
      expect(readRecord(encode({ ...wireFieldsOf(recordOf()), signature }, { sortKeys: true }), never)).toContain("signature is not 64");
  });
});

describe("The bounds of a record", () => {
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`a${i}`, i]));
  const TEXTS = ["swarm", "name", "role", "description", "version"] as const;

  const FIT: readonly (readonly [string, Partial<CapabilityClaim>])[] = [
    ...TEXTS.map((field) => [`${field} of 512 characters`, { [field]: "x".repeat(512) }] as const),
    ...TEXTS.map((field) => [`an empty ${field}`, { [field]: "" }] as const),
    ["4 addresses", { addresses: ["a", "b", "c", "d"] }],
    ["no address", { addresses: [] }],
    ["an address of 512 characters", { addresses: ["x".repeat(512)] }],
    ["32 attributes", { attributes: many(32) }],
    ["an attribute name of 32 characters", { attributes: { ["a".repeat(32)]: 1 } }],
    ["an attribute of 512 characters", { attributes: { a: "x".repeat(512) } }],
    ["the longest name", { capability: LONGEST_NAME }],
    ["the first sequence number", { seq: 0 }],
    ["the last sequence number", { seq: Number.MAX_SAFE_INTEGER }],
    ["24 hours", { expires: ISSUED + DAY }],
    ["1 ms", { expires: ISSUED + 1 }],
  ];

  test.each(FIT)("allow %s", (_, fields) => {
    expect(read(recordOf(fields).bytes)).toMatchObject(fields);
  });

  const UNFIT: readonly (readonly [string, WireFields])[] = [
    ...[...TEXTS, "capability"].map((field) => [field, { [field]: 7 }] as const),
    ...TEXTS.map((field) => [field, { [field]: "x".repeat(513) }] as const),
    ["capability", { capability: `${LONGEST_NAME}d` }],
    ["capability", { capability: "a/b/c/d/e" }],
    ["capability", { capability: "Code" }],
    ["capability", { capability: "" }],
    ["addresses", { addresses: ["x".repeat(513)] }],
    ["addresses", { addresses: [1] }],
    ["addresses", { addresses: { length: 0 } }],
    ["attributes", { attributes: { ["a".repeat(33)]: 1 } }],
    ["attributes", { attributes: { Upper: 1 } }],
    ["attributes", { attributes: { "": 1 } }],
    ["attributes", { attributes: { "1a": 1 } }],
    ["attributes", { attributes: { a: "x".repeat(513) } }],
    ["attributes", { attributes: { a: Number.POSITIVE_INFINITY } }],
    ["attributes", { attributes: { a: Number.NaN } }],
    ["attributes", { attributes: { a: null } }],
    ["attributes", { attributes: { a: ["nested"] } }],
    ["attributes", { attributes: { a: new Uint8Array(1) } }],
    ["attributes", { attributes: [] }],
    ["attributes", { attributes: null }],
    ...["seq", "issued", "expires"].flatMap((field) =>
      [-1, 0.5, "1", true, null, 2 ** 53].map((bad) => [field, { [field]: bad }] as const),
    ),
    ["expire after", { expires: ISSUED }],
    ["expire after", { expires: ISSUED - 1 }],
    ["24 hours", { expires: ISSUED + DAY + 1 }],
    ["withdrawn", { withdrawn: false }],
    ["withdrawn", { withdrawn: 1 }],
    ["field v ", { v: 2 }],
    ["publicKey", { publicKey: new Uint8Array(31) }],
    ["publicKey", { publicKey: "x".repeat(32) }],
    ["field more ", { more: 1 }],
    ["field toString ", { toString: "x" }],
  ];

  test.each(UNFIT)("hold for what others sign: %s %#", (why, fields) => {
    expectRefused(forge(fields), why);
  });

  test("hold for what is decoded: more than 4 addresses or 32 attributes are not even read", () => {
    expectRefused(forge({ addresses: ["a", "b", "c", "d", "e"] }), "is not MsgPack");
    expectRefused(forge({ attributes: many(33) }), "is not MsgPack");
  });

  test("forbid that any field is missing", () => {
    for (const field of Object.keys(wireFieldsOf(recordOf()))) {
      if (field !== "signature") expectRefused(forge({ [field]: undefined }), `field ${field} is missing`);
    }
  });

  const UNSIGNED: readonly Partial<CapabilityClaim>[] = [
    ...TEXTS.map((field) => ({ [field]: "x".repeat(513) })),
    { addresses: ["a", "b", "c", "d", "e"] },
    { attributes: many(33) },
    { seq: 0.5 },
    { expires: ISSUED + DAY + 1 },
    { capability: `${LONGEST_NAME}d` },
  ];

  test.each(UNSIGNED)("hold for what is signed here: %o", (fields) => {
    expect(() => recordOf(fields)).toThrow(SynapseError);
  });

  test("are 1,024 bytes, neither one more nor for those who sign elsewhere", () => {
    const room = MAX_RECORD_BYTES - recordOf({ name: "x".repeat(300), description: "x".repeat(256) }).bytes.length;
    const fields = (extra: number) => ({ name: "x".repeat(300), description: "x".repeat(256 + extra) });
    expect(recordOf(fields(room)).bytes).toHaveLength(MAX_RECORD_BYTES);
    expect(read(recordOf(fields(room)).bytes)).toBeTypeOf("object");
    expect(() => recordOf(fields(room + 1))).toThrow("1025 bytes, the limit is 1024");
    expectRefused(forge(fields(room + 1)), "takes 1025 bytes");
  });
});

describe("Bytes that are no record", () => {
  const NONE: readonly (readonly [string, unknown])[] = [
    ["a list", []],
    ["a text", "record"],
    ["a number", 1],
    ["nothing", null],
    ["bytes", new Uint8Array(100)],
    ["a date", new Date(0)],
  ];

  test.each(NONE)("are refused: %s", (_, value) => {
    expectRefused(encode(value), "is not a map");
  });

  test("are refused where they end early, or go on", () => {
    const { bytes } = recordOf();
    for (let length = 0; length < bytes.length; length++) expect(read(bytes.subarray(0, length))).toBeTypeOf("string");
    expectRefused(Uint8Array.from([...bytes, 0xc0]), "is not MsgPack");
  });

  test("are refused where the same fields stand in another form, though the signature is right", () => {
    const fields = wireFieldsOf(recordOf());
    expectRefused(encode(Object.fromEntries(Object.entries(fields).reverse())), "canonical");
    expectRefused(encode(fields, { sortKeys: true, forceIntegerToFloat: true }), "canonical");
    const { bytes } = recordOf();
    const name = Buffer.from(bytes).indexOf("\xa4name\xa3ada", "latin1");
    expect(name).toBeGreaterThan(0);
    const longer = Uint8Array.from([...bytes.subarray(0, name + 5), 0xd9, 3, ...bytes.subarray(name + 6)]);
    expect(decode(longer)).toEqual(fields);
    expectRefused(longer, "canonical");
  });
});

describe("A record is in force", () => {
  test("from 10 minutes before it was issued, since clocks differ, until the moment it expires", () => {
    expect(CLOCK_SKEW_MS).toBe(10 * MINUTE);
    check([claims, fc.integer({ min: -2 * CLOCK_SKEW_MS, max: 2 * DAY })], (claim, offset) => {
      const now = claim.issued + offset;
      const expected = now >= claim.expires ? "expired" : offset < -CLOCK_SKEW_MS ? "early" : "current";
      expect(timelinessOf(claim, now)).toBe(expected);
    });
  });

  test("to the millisecond", () => {
    const at = (now: number) => timelinessOf(claimOf(), now);
    expect([at(ISSUED - CLOCK_SKEW_MS - 1), at(ISSUED - CLOCK_SKEW_MS), at(ISSUED)]).toEqual(["early", "current", "current"]);
    expect([at(ISSUED + HOUR - 1), at(ISSUED + HOUR)]).toEqual(["current", "expired"]);
  });
});
