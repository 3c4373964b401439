import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ID_BYTES, isNodeId, nodeIdFromHex, SynapseError, sameId, shortId, toHex } from "../../routing/index.ts";
import { check } from "../support/check.ts";

const anyId = fc.uint8Array({ minLength: ID_BYTES, maxLength: ID_BYTES });

function errorOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe("an id in hex", () => {
  test("survives the way there and back", () => {
    check([anyId], (id) => {
      expect(nodeIdFromHex(toHex(id))).toEqual(id);
      expect(toHex(id)).toBe(Buffer.from(id).toString("hex"));
    });
  });

  test("may be written in upper case", () => {
    check([anyId], (id) => expect(nodeIdFromHex(toHex(id).toUpperCase())).toEqual(id));
  });

  test("begins with what is shown to people", () => {
    check([anyId], (id) => expect(toHex(id).slice(0, 8)).toBe(shortId(id)));
  });

  test("is refused with bad_id when a character is missing, too many or not hexadecimal", () => {
    const good = "0123456789abcdef".repeat(4);
    const bad = [
      "",
      good.slice(1),
      `${good}0`,
      `${good}\n`,
      ` ${good.slice(1)}`,
      `g${good.slice(1)}`,
      `0x${good.slice(2)}`,
      `${good.slice(1)}é`,
    ];
    for (const text of bad) {
      const error = errorOf(() => nodeIdFromHex(text));
      expect(error, JSON.stringify(text)).toBeInstanceOf(SynapseError);
      expect(error).toMatchObject({ code: "bad_id", retryable: false });
    }
  });

  test("is refused without repeating a text of any length in the message", () => {
    const error = errorOf(() => nodeIdFromHex("x".repeat(100_000)));
    expect((error as SynapseError).message.length).toBeLessThan(200);
  });
});

test("An id is exactly 32 bytes and nothing else", () => {
  expect(isNodeId(new Uint8Array(32))).toBe(true);
  for (const other of [new Uint8Array(31), new Uint8Array(33), new Uint16Array(32), Array(32).fill(0), "0".repeat(64), null, undefined]) {
    expect(isNodeId(other)).toBe(false);
  }
});

test("Two ids are the same when every byte is, and differ when any one bit does", () => {
  check([anyId, fc.nat(255)], (id, bit) => {
    const other = Uint8Array.from(id);
    expect(sameId(id, other)).toBe(true);
    other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(sameId(id, other)).toBe(false);
  });
});
