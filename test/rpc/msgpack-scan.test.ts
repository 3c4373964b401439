import { decode, ExtData, encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../../src/limits.ts";
import { scanMsgpack } from "../../src/rpc/msgpack-scan.ts";

const NARROW = { ...DEFAULT_LIMITS, maxDepth: 3 };

import { check } from "../support/check.ts";
import { anyValue } from "../support/net/values.ts";

function encoded(value: unknown): Uint8Array {
  return encode(value, { useBigInt64: true });
}

function isScannable(bytes: Uint8Array): boolean {
  try {
    scanMsgpack(bytes);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: "bad_request", message: expect.stringMatching(/^Unpack failed: /) });
    return false;
  }
}

/** Lists within lists, `levels` of them. */
function nest(levels: number): Uint8Array {
  const bytes = new Uint8Array(levels).fill(0x91);
  bytes[levels - 1] = 0x90;
  return bytes;
}

describe("a scan of MsgPack", () => {
  test("lets pass whatever an encoder writes", () => {
    check([anyValue], (value) => expect(isScannable(encoded(value))).toBe(true), 500);
  });

  test("lets pass extensions of every size, and knows where they end", () => {
    for (const size of [1, 2, 3, 4, 7, 8, 15, 16, 17, 255, 256, 70_000]) {
      const bytes = encode([new ExtData(5, new Uint8Array(size).fill(0xc1)), 1]);
      expect(isScannable(bytes)).toBe(true);
      expect(isScannable(bytes.subarray(0, -1))).toBe(false);
    }
  });

  test("refuses it when a byte is missing at the end, or one too many is there", () => {
    check([anyValue, fc.nat(255)], (value, extra) => {
      const bytes = encoded(value);
      expect(isScannable(bytes.subarray(0, -1))).toBe(false);
      expect(isScannable(Uint8Array.from([...bytes, extra]))).toBe(false);
    });
  });

  test("lets nothing pass that a decoder finds truncated, overlong or of no type: random bytes", () => {
    check(
      [fc.uint8Array({ minLength: 1, maxLength: 30 })],
      (bytes) => {
        // What else a decoder refuses (a key that is a list) is the decoder's to say.
        const structural = /Unrecognized type byte|Insufficient|Extra|out of bounds|outside|RangeError/i;
        if (!isScannable(bytes)) return;
        try {
          decode(bytes, { useBigInt64: true });
        } catch (error) {
          expect(String(error)).not.toMatch(structural);
        }
      },
      5_000,
    );
  });

  test("refuses nothing that a decoder takes: random bytes", () => {
    check(
      [fc.uint8Array({ minLength: 1, maxLength: 12 })],
      (bytes) => {
        let taken = true;
        try {
          decode(bytes, { useBigInt64: true });
        } catch {
          taken = false;
        }
        // But that of text which is no UTF-8 a decoder makes something else.
        if (taken && !isScannable(bytes)) expect(() => scanMsgpack(bytes)).toThrow(/not UTF-8/);
      },
      5_000,
    );
  });

  test("says whether an integer of 64 bits is there, wherever it stands", () => {
    check([anyValue], (value) => {
      for (const wrapped of [[value, 2n ** 60n], { deep: { a: [-(2n ** 60n)], value } }]) {
        expect(scanMsgpack(encoded(wrapped)).hasInt64).toBe(true);
      }
    });
    expect(scanMsgpack(encode([1, -1, 2 ** 32 - 1, "text", { a: null }, 1.5])).hasInt64).toBe(false);
  });

  test("is not misled by bytes and texts that contain the type of a 64-bit integer", () => {
    expect(scanMsgpack(encode(new Uint8Array(9).fill(0xcf))).hasInt64).toBe(false);
    expect(scanMsgpack(encode(new Uint8Array(300).fill(0xd3))).hasInt64).toBe(false);
  });

  test("allows exactly the depth it is given", () => {
    expect(isScannable(nest(DEFAULT_LIMITS.maxDepth))).toBe(true);
    expect(isScannable(nest(DEFAULT_LIMITS.maxDepth + 1))).toBe(false);
    expect(() => scanMsgpack(nest(4), NARROW)).toThrow("nested deeper than 3 levels");
    expect(scanMsgpack(nest(3), NARROW)).toEqual({ hasInt64: false, hasBytes: false, values: expect.any(Number) });
  });

  test("counts depth along one branch, not over all of them", () => {
    const siblings = encode(Array.from({ length: 1_000 }, () => [[]]));
    expect(scanMsgpack(siblings, NARROW)).toEqual({ hasInt64: false, hasBytes: false, values: expect.any(Number) });
  });

  test("does not follow a tower of a million levels", () => {
    expect(isScannable(nest(1_000_000))).toBe(false);
  });

  test.each([
    ["array 32", [0xdd, 0xff, 0xff, 0xff, 0xff]],
    ["map 32", [0xdf, 0xff, 0xff, 0xff, 0xff]],
    ["array 16", [0xdc, 0xff, 0xff]],
    ["map 16", [0xde, 0xff, 0xff]],
    ["bin 32", [0xc6, 0xff, 0xff, 0xff, 0xff]],
    ["str 32", [0xdb, 0xff, 0xff, 0xff, 0xff]],
    ["ext 32", [0xc9, 0xff, 0xff, 0xff, 0xff, 1]],
    ["an array of arrays, each a lie", [0x92, 0xdd, 0, 0, 0x10, 0, 0xdd, 0, 0, 0x10, 0]],
  ])("does not believe an announcement of more than is there: %s", (_, bytes) => {
    expect(isScannable(Uint8Array.from([...bytes, 1, 2, 3]))).toBe(false);
    expect(isScannable(Uint8Array.from(bytes))).toBe(false);
  });

  test("refuses 0xc1, which MsgPack never uses", () => {
    expect(isScannable(Uint8Array.of(0xc1))).toBe(false);
  });

  test("refuses a length that is itself cut off, for every type that has one", () => {
    for (let type = 0xc4; type <= 0xdf; type++) expect(isScannable(Uint8Array.of(type))).toBe(false);
  });

  test("refuses nothing at all", () => {
    expect(() => scanMsgpack(new Uint8Array(0))).toThrow("Unpack failed: incomplete input");
  });
});
