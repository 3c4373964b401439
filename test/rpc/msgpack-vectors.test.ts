import { ExtData } from "@msgpack/msgpack";
import { Exam } from "msgpack-test-js";
import { describe, expect, test } from "vitest";
import { MessagePackRPCSerializer } from "../../src/rpc/serializer.ts";

interface Vector {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly value: unknown;
}

/** What a vector means in the types of this project, where the suite has types of its own. */
const MEANINGS: Readonly<Record<string, (value: unknown) => unknown>> = {
  binary: (value) => Uint8Array.from(value as Uint8Array),
  bignum: (value) => BigInt(String(value)),
  ext: (value) => {
    const { type, buffer } = value as { type: number; buffer: Uint8Array };
    return new ExtData(type, Uint8Array.from(buffer));
  },
  timestamp: (value) => {
    const { getTime, getNano } = value as { getTime(): number; getNano(): number };
    return new Date(getTime.call(value) * 1_000 + getNano.call(value) / 1e6); // a Date knows no more than milliseconds
  },
};

const vectors: readonly Vector[] = Exam.getExams().flatMap((exam) => {
  const [type] = exam.getTypes();
  if (type === undefined) throw new Error("a vector of a type that the suite does not name");
  const value: unknown = exam.getValue(type);
  const meaning = MEANINGS[String(type)]?.(value) ?? value;
  return exam.getMsgpacks().map((bytes) => {
    const hex = Buffer.from(bytes).toString("hex");
    return { name: `${type} ${hex.slice(0, 40)} of ${bytes.length} bytes`, bytes: Uint8Array.from(bytes), value: meaning };
  });
});

/** What no vector has, and why it is refused. */
const REFUSED: readonly (readonly [why: string, hex: string, message: RegExp])[] = [
  ["a byte that is no type", "c1", /not a MsgPack type/],
  ["nothing at all", "", /incomplete input/],
  ["text that ends early", "a26f", /incomplete input/],
  ["a list of more than there is", "dd7fffffff01", /incomplete input/],
  ["a second message behind the first", "0101", /unexpected bytes/],
  ["a timestamp of three bytes", "c703ff010203", /timestamp/],
  ["text that is not UTF-8", "a2fffe", /not UTF-8/],
  ["the same, long", `d960${"c3".repeat(96)}`, /not UTF-8/],
  ["the same as a key, of 16 bits of length", "81da0001ff01", /not UTF-8/],
  ["the same, of 32 bits of length", "db00000002c328", /not UTF-8/],
  ["half a character", "a3eda080", /not UTF-8/],
  ["lists in lists, 65 deep", `${"91".repeat(65)}01`, /nested deeper/],
];

const serializer = new MessagePackRPCSerializer();

describe("of the vectors of the MsgPack project none is refused:", () => {
  test("there are 233 of them", () => {
    expect(vectors).toHaveLength(233);
  });

  test.each(vectors)("$name is read, and written again is the same value", ({ bytes, value }) => {
    const read = serializer.decode(bytes);
    expect(read).toEqual(value);
    expect(serializer.decode(serializer.encode(read))).toEqual(value);
  });

  test.each(vectors)("$name is read beside a large integer, which takes another way", ({ bytes, value }) => {
    const large = Buffer.from("cfffffffffffffffff", "hex");
    const read = serializer.decode(Buffer.concat([Buffer.of(0x92), large, bytes]));
    expect(read).toStrictEqual([2n ** 64n - 1n, value]);
    expect(serializer.decode(serializer.encode(read))).toStrictEqual(read);
  });
});

describe("refused is", () => {
  test.each(REFUSED)("%s", (_, hex, message) => {
    expect(() => serializer.decode(Buffer.from(hex, "hex"))).toThrow(expect.objectContaining({ code: "bad_request" }));
    expect(() => serializer.decode(Buffer.from(hex, "hex"))).toThrow(message);
  });
});
