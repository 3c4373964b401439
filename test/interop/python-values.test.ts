import { expect, test } from "vitest";
import { ExtData, input } from "../../src/index.ts";
import { failureOf } from "../support/net/lifetime.ts";
import { fromPython, title, toPython } from "./pairs.ts";
import { isLeftOut } from "./python-peer.ts";

class Point {
  x = 1;
  #secret = 2;
  get y(): number {
    return this.#secret;
  }
  toJSON(): string {
    return "not asked for";
  }
}

/** What we send, and how Python sees it. The table in docs/protocol.md says the same. */
const SENT: readonly (readonly [what: string, here: unknown, there: string])[] = [
  ["a whole number that is exact", 2 ** 53 - 1, "9007199254740991"],
  ["a whole number beyond", 2 ** 53, "9007199254740992.0"],
  ["minus zero", -0, "0"],
  ["a small bigint", 5n, "5"],
  ["NaN", Number.NaN, "nan"],
  ["Infinity", [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY], "[inf, -inf]"],
  ["undefined", undefined, "None"],
  ["undefined in arrays, and holes", [undefined, new Array(1)], "[None, [None]]"],
  ["undefined in objects", { a: undefined, b: 1 }, "{'b': 1}"],
  ["undefined beside a bigint", { a: undefined, b: 2n ** 60n }, "{'b': 1152921504606846976}"],
  ["a Buffer", Buffer.from("hi"), "b'hi'"],
  ["typed arrays", [Uint16Array.of(1, 258), Float32Array.of(1)], "[b'\\x01\\x00\\x02\\x01', b'\\x00\\x00\\x80?']"],
  ["a DataView", new DataView(new ArrayBuffer(2)), "b'\\x00\\x00'"],
  ["a date", new Date(1_500), "Timestamp(seconds=1, nanoseconds=500000000)"],
  ["a date before 1970", new Date(-1), "Timestamp(seconds=-1, nanoseconds=999000000)"],
  ["an instance of a class", new Point(), "{'x': 1}"],
  ["an instance beside a bigint", [new Point(), 2n ** 60n], "[{'x': 1}, 1152921504606846976]"],
  ["an object with keys that are numbers", { 1: "a" }, "{'1': 'a'}"],
  ["an object with keys that are symbols", { [Symbol("a")]: 1, b: 2 }, "{'b': 2}"],
  ["an object without prototype", Object.assign(Object.create(null), { a: 1 }), "{'a': 1}"],
  ["an extension", new ExtData(42, Uint8Array.of(7)), "ExtType(code=42, data=b'\\x07')"],
];

/** What cannot be sent, and what the message says of it. */
const REFUSED: readonly (readonly [what: string, here: unknown, said: RegExp])[] = [
  ["a bigint of more than 64 bits", 2n ** 64n, /outside/],
  ["a Map", new Map([["a", 1]]), /of type Map/],
  ["a Set", [new Set([1]), 2n ** 60n], /of type Set/],
  ["an ArrayBuffer", new ArrayBuffer(2), /of type ArrayBuffer/],
  ["a Promise", [Promise.resolve(1)], /of type Promise/],
  ["an Error", new Error("oh"), /of type Error/],
  ["a RegExp", /x/, /of type RegExp/],
  ["a boxed number", Object(1), /of type Number/],
  ["a function", { a: () => 1 }, /of type Function/],
  ["a symbol", Symbol("a"), /of type Symbol/],
  ["a date that is none", [1n, new Date(Number.NaN)], /Invalid Date/],
  ["half a character", "\ud83d", /lone surrogate/],
  ["half a character in a key", { "\ude42": 1 }, /lone surrogate/],
];

/** What Python sends, written so, and what our handler sees. */
const RECEIVED: readonly (readonly [there: string, here: unknown])[] = [
  ["2**53 - 1", 2 ** 53 - 1],
  ["2**53", 2n ** 53n],
  ["-(2**53)", -(2n ** 53n)],
  ["2**64 - 1", 2n ** 64n - 1n],
  ["1.0", 1],
  ["float('nan')", Number.NaN],
  ["float('-inf')", Number.NEGATIVE_INFINITY],
  ["(1, None)", [1, null]],
  ["bytearray(b'hi')", Uint8Array.from(Buffer.from("hi"))],
  ["Timestamp(1, 500_000_000)", new Date(1_500)],
  ["Timestamp(1, 999)", new Date(1_000)],
  ["Timestamp(-1, 999_000_000)", new Date(-1)],
  ["Timestamp(2**34 + 1, 0)", new Date((2 ** 34 + 1) * 1_000)],
  ["Timestamp(2**62, 0)", new Date(Number.NaN)],
  ["[ExtType(42, b'\\x07'), 2**60]", [new ExtData(42, Uint8Array.of(7)), 2n ** 60n]],
  ["{1: 'a', -2: 'b', 1.5: 'c'}", { 1: "a", "-2": "b", "1.5": "c" }],
  ["{1: 'a', '1': 'b'}", { 1: "b" }],
];

/** What Python can write and nobody here reads: it is answered without an id, since none could be read. */
const UNREADABLE: readonly (readonly [there: string, said: RegExp])[] = [
  ["{None: 1}", /key must be/],
  ["{True: 1}", /key must be/],
  ["{b'a': 1}", /key must be/],
  ["{(1, 2): 1}", /key must be/],
  ["{2**53: 1}", /key must be/],
  ["{'__proto__': 1}", /not allowed/],
  ["raw(b'\\xff\\xfe')", /not UTF-8/],
  ["raw(b'\\xff' * 100)", /not UTF-8/],
  ["{raw(b'\\xc3'): 1}", /not UTF-8/],
];

test.skipIf(isLeftOut)(`Python sees what docs/protocol.md says${title}`, async () => {
  const { client } = await toPython("secure");
  for (const [what, here, there] of SENT) expect(await client.call("describe", here), what).toBe(there);
});

test.skipIf(isLeftOut)(`what cannot be sent is refused before it leaves, and as a result is the handler's fault${title}`, async () => {
  const { client } = await toPython("secure");
  let result: unknown;
  const { python } = await fromPython("secure", (it) => it.endpoint("get", () => [result]));
  for (const [what, here, said] of REFUSED) {
    const error = { code: "bad_request", message: expect.stringMatching(said), remote: false };
    expect(await failureOf(client.call("describe", here)), what).toMatchObject(error);
    result = here;
    await expect(python.call("get"), what).rejects.toMatchObject({ code: "internal_error", message: expect.stringMatching(said) });
  }
  expect(await client.call("heard")).toEqual(["hello", "request"]); // this last call
});

test.skipIf(isLeftOut)(`no result and undefined are None${title}`, async () => {
  const { python } = await fromPython("secure", (it) =>
    it.endpoint("nothing", () => undefined).endpoint("items", () => [undefined, null].values()),
  );
  expect(await python.call("nothing")).toBe("None");
  await python.order("open", { endpoint: "items", stream: "items" });
  expect(await python.order("drain", { stream: "items" })).toBe("[[None, None]]");
  const { client } = await toPython("secure");
  await client.call("drinks", input([undefined, null]));
  expect(await client.call("drunk")).toEqual([null, null]);
});

test.skipIf(isLeftOut)(`our handlers see what docs/protocol.md says${title}`, async () => {
  const seen: unknown[] = [];
  const { python } = await fromPython("secure", (it) => it.endpoint("take", (value: unknown) => void seen.push(value)));
  for (const [there] of RECEIVED) await python.order("express", { endpoint: "take", args: `[${there}]` });
  expect(seen).toEqual(RECEIVED.map(([, here]) => here));
});

test.skipIf(isLeftOut)(`an extension that we do not know goes back as it came; it is no map${title}`, async () => {
  const { python } = await fromPython("secure", (it) => it.endpoint("echo", (value: unknown) => value));
  for (const value of ["ExtType(42, b'\\x07')", "[ExtType(0, b''), 1152921504606846976]", "Timestamp(1, 5000000)"]) {
    const back = await python.order("express", { endpoint: "echo", args: `[${value}]` });
    expect(back).toBe(
      value
        .replace("ExtType(42, ", "ExtType(code=42, data=")
        .replace("ExtType(0, ", "ExtType(code=0, data=")
        .replace("(1, ", "(seconds=1, nanoseconds="),
    );
  }
  const asNames = python.order("express", { endpoint: "echo", kwargs: "ExtType(42, b'')" });
  await expect(asNames).rejects.toMatchObject({ code: "bad_request", message: "kwargs must be a map" });
});

test.skipIf(isLeftOut)(`what nobody here can read is refused without an id, and the link serves on${title}`, async () => {
  let calls = 0;
  const { python } = await fromPython("secure", (it) => it.endpoint("take", () => ++calls));
  for (const [there, said] of UNREADABLE) {
    const call = python.order("express", { endpoint: "take", args: `[${there}]` });
    await expect(call, there).rejects.toMatchObject({ code: "bad_request", message: expect.stringMatching(said) });
  }
  expect(await python.call("take")).toBe("1");
});
