import { decode, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Client, ExtData, MessagePackRPCSerializer, type RPCSerializer } from "../../src/index.ts";
import { check } from "../support/check.ts";
import { closing, failureOf, serve } from "../support/net/lifetime.ts";
import { anyValue } from "../support/net/values.ts";

const FLOAT_64 = 0xcb;
const serializer = new MessagePackRPCSerializer();

function roundTrip(value: unknown): unknown {
  return serializer.decode(serializer.encode(value));
}

/** Lists within lists, `levels` of them. */
function nest(levels: number): unknown {
  let value: unknown = [];
  for (let i = 1; i < levels; i++) value = [value];
  return value;
}

describe("a value", () => {
  test("is the same when it arrives", () => {
    check([anyValue], (value) => expect(roundTrip(value)).toEqual(value), 1_000);
  });

  test("is the same when it arrives next to an integer of 64 bits", () => {
    check([anyValue], (value) => expect(roundTrip([value, 2n ** 63n])).toEqual([value, 2n ** 63n]), 500);
  });

  test.each([0, -1, 2 ** 31, -(2 ** 31) - 1, 2 ** 32, 2 ** 53 - 1, -(2 ** 53) + 1])("%d is a number again", (number) => {
    expect(roundTrip(number)).toBe(number);
    expect(roundTrip([number, 2n ** 60n])).toEqual([number, 2n ** 60n]);
  });

  test.each([2n ** 53n, 2n ** 63n, 2n ** 64n - 1n, -(2n ** 53n), -(2n ** 63n)])("%d is a bigint again", (big) => {
    expect(roundTrip(big)).toBe(big);
  });

  test("that is a small bigint arrives as the number it stands for", () => {
    expect(roundTrip(5n)).toBe(5);
  });

  test.each([2n ** 64n, -(2n ** 63n) - 1n])("%d is too large, and says so", (big) => {
    expect(() => roundTrip({ a: [big] })).toThrow(
      expect.objectContaining({ code: "bad_request", message: expect.stringMatching(/outside/) }),
    );
  });

  test("that is a whole number is one on the wire too, for languages that tell it from a float", () => {
    check([fc.maxSafeInteger(), fc.boolean()], (number, besideBigInt) => {
      const bytes = serializer.encode(besideBigInt ? [number, 2n ** 60n] : [number]);
      const [sent] = decode(bytes, { useBigInt64: true }) as [number | bigint];
      expect(BigInt(sent)).toBe(BigInt(number));
      expect(bytes[1]).not.toBe(FLOAT_64);
    });
  });

  test("that is undefined is left out of a map", () => {
    expect(roundTrip({ a: undefined, b: 1 })).toEqual({ b: 1 });
  });

  test("that is bytes arrives as plain bytes, even from a Buffer", () => {
    const received = Buffer.from(serializer.encode({ id: Buffer.from([1, 2, 3]) }));
    const { id } = serializer.decode(received) as { id: unknown };
    expect(Object.getPrototypeOf(id)).toBe(Uint8Array.prototype);
    expect(id).toEqual(Uint8Array.of(1, 2, 3));
  });

  test("that is an extension arrives as it was sent, beside a large integer too", () => {
    const extension = new ExtData(42, Uint8Array.of(7));
    expect(roundTrip(extension)).toEqual(extension);
    expect(roundTrip([extension, 2n ** 60n])).toEqual([extension, 2n ** 60n]);
  });

  test("that is an instance of a class arrives as a map of its fields", () => {
    class Point {
      x = 1;
    }
    expect(roundTrip(new Point())).toEqual({ x: 1 });
  });

  test.each([
    ["a function", () => 1],
    ["a symbol", Symbol("x")],
    ["a Map", new Map([["a", 1]])],
    ["a Set, behind a bigint", [1n, new Set([1])]],
    ["an Error", new Error("oh")],
    ["an ArrayBuffer", new ArrayBuffer(1)],
    ["a date that is none", new Date(Number.NaN)],
    ["half a character", "\ud83d"],
    ["half a character in a key", { "\ud83d": 1 }],
  ])("that is %s cannot be sent, and the hint says what can", async (_, value) => {
    const error = await failureOf(() => serializer.encode({ value }));
    expect(error).toMatchObject({ code: "bad_request", hint: expect.stringMatching(/send text, numbers/) });
  });
});

describe("a value nested too deep", () => {
  test("is refused by the sender exactly where the receiver would refuse it", () => {
    check([fc.integer({ min: 60, max: 70 }), fc.boolean()], (levels, withBigInt) => {
      const value = withBigInt ? [nest(levels - 1), 2n ** 60n] : nest(levels);
      if (levels <= 64) expect(roundTrip(value)).toEqual(value);
      else expect(() => serializer.encode(value)).toThrow(expect.objectContaining({ code: "bad_request" }));
    });
  });

  test("is refused at once when it contains itself, and again, and again", () => {
    const knot: unknown[] = [];
    knot.push(knot, knot, knot);
    expect(() => serializer.encode(knot)).toThrow(expect.objectContaining({ code: "bad_request" }));
    const parent: Record<string, unknown> = {};
    parent["children"] = [{ parent }, { parent }, { parent }];
    expect(() => serializer.encode(parent)).toThrow(expect.objectContaining({ code: "bad_request" }));
  });
});

describe("bytes that are no message", () => {
  test("are refused with bad_request, whatever they are", () => {
    check(
      [fc.uint8Array({ maxLength: 60 })],
      (bytes) => {
        try {
          serializer.decode(bytes);
        } catch (error) {
          expect(error).toMatchObject({ name: "SynapseError", code: "bad_request" });
        }
      },
      5_000,
    );
  });

  test("cannot reach the prototype of anything", () => {
    const bytes = Uint8Array.from([0x81, 0xa9, ...Buffer.from("__proto__"), 0x81, 0xa1, 0x61, 1]);
    expect(() => serializer.decode(bytes)).toThrow(expect.objectContaining({ code: "bad_request" }));
    const big = Uint8Array.from([0x82, 0xa9, ...Buffer.from("__proto__"), 0x80, 0xa1, 0x61, ...encode(2n ** 60n, { useBigInt64: true })]);
    expect(() => serializer.decode(big)).toThrow(expect.objectContaining({ code: "bad_request" }));
  });
});

describe("a serializer of one's own", () => {
  /** JSON, with nothing but what JSON can say. */
  const json: RPCSerializer = {
    encode: (message) => new TextEncoder().encode(JSON.stringify(message)),
    decode: (bytes) => JSON.parse(new TextDecoder().decode(bytes)),
  };

  test.each(["plain", "secure"] as const)("carries calls in the %s dialect when both sides have it", async (dialect) => {
    const server = await serve({ serializer: json }, (it) => it.endpoint("echo", (value: unknown) => value));
    const client = closing(new Client("127.0.0.1", server.port, { dialect, serializer: json }));
    expect(await client.call("echo", { a: [1, "zwei", null] })).toEqual({ a: [1, "zwei", null] });
  });

  test("that throws errors of its own fails the call, and the server serves on", async () => {
    const server = await serve({ serializer: json }, (it) => it.endpoint("echo", (value: unknown) => value));
    const client = closing(new Client("127.0.0.1", server.port, { serializer: json }));
    expect(await failureOf(client.call("echo", 2n ** 60n))).toMatchObject({ message: expect.stringMatching(/BigInt/) });
    expect(await client.call("echo", 1)).toBe(1);
  });
});
