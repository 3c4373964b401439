import { describe, expect, test } from "vitest";
import { checkSwarm, parseHello } from "../../src/rpc/hello.ts";
import { asMap, idText, parseRequest, parseResponse, responseError, responseOk } from "../../src/rpc/messages.ts";
import { failureOf } from "../support/net/lifetime.ts";

const REQUEST = { type: "request", id: "1", endpoint: "sum", args: [1, 2], kwargs: { c: 3 } };
const HELLO = { type: "hello", version: 2, swarm: "s", listen: ["tcp://h:1"], features: [], software: "x", observed: "tcp://h:2" };

describe("a request", () => {
  test.each(["plain", "secure"] as const)("is read field by field in the %s dialect", (dialect) => {
    expect(parseRequest(REQUEST, dialect)).toEqual(REQUEST);
  });

  test("may leave out its type, its id and its arguments", () => {
    expect(parseRequest({ endpoint: "sum" }, "plain")).toEqual({ type: "request", id: "", endpoint: "sum", args: [], kwargs: {} });
  });

  test.each([
    [{ ...REQUEST, type: "response" }, "expected request message"],
    [{ ...REQUEST, trace: 1, other: 2 }, "unknown request fields: ['trace', 'other']"],
    [{ type: "request", id: "1" }, "'endpoint'"],
    [{ ...REQUEST, endpoint: 7 }, "endpoint must be text"],
    [{ ...REQUEST, args: null }, "args must be a list"],
    [{ ...REQUEST, args: { a: 1 } }, "args must be a list"],
    [{ ...REQUEST, kwargs: null }, "kwargs must be a map"],
    [{ ...REQUEST, kwargs: [1] }, "kwargs must be a map"],
    [{ ...REQUEST, kwargs: new Uint8Array(2) }, "kwargs must be a map"],
    [{ ...REQUEST, id: { a: 1 } }, "id must be text of at most 256 characters"],
    [{ ...REQUEST, id: "x".repeat(257) }, "id must be text of at most 256 characters"],
  ])("is refused when malformed: %j", async (map, message) => {
    expect(await failureOf(() => parseRequest(map as Record<string, unknown>, "plain"))).toMatchObject({ code: "bad_request", message });
  });

  test("carries a deadline and meta in the secure dialect alone", async () => {
    const more = { ...REQUEST, deadline_ms: 50, meta: { trace: "t" } };
    expect(parseRequest(more, "secure")).toEqual(more);
    expect((await failureOf(() => parseRequest(more, "plain"))).message).toBe("unknown request fields: ['deadline_ms', 'meta']");
    const further = { ...more, stream: true, input: true };
    expect(parseRequest(further, "secure")).toEqual(further);
    expect((await failureOf(() => parseRequest({ ...further, more: 1 }, "secure"))).message).toBe("unknown request fields: ['more']");
  });

  test.each([
    [{ deadline_ms: -1 }, /deadline_ms/],
    [{ deadline_ms: "soon" }, /deadline_ms/],
    [{ deadline_ms: Number.NaN }, /deadline_ms/],
    [{ meta: [1] }, /meta/],
  ])("is refused with %j", async (fields, message) => {
    const error = await failureOf(() => parseRequest({ ...REQUEST, ...fields }, "secure"));
    expect(error).toMatchObject({ code: "bad_request", message: expect.stringMatching(message) });
  });

  test("with many unknown fields is refused in a short sentence", async () => {
    const flood = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`${"x".repeat(100)}${i}`, i]));
    const { message } = await failureOf(() => parseRequest({ ...REQUEST, ...flood }, "plain"));
    expect(message.length).toBeLessThan(500);
  });
});

describe("an id of a call", () => {
  test.each([
    ["text", "text"],
    [7, "7"],
    [2n ** 60n, "1152921504606846976"],
    [true, "true"],
    [null, ""],
    [undefined, ""],
  ])("%s becomes %s", (id, text) => expect(idText(id)).toBe(text));
});

describe("an answer", () => {
  test("that is good or bad is read as it was written", () => {
    for (const response of [responseOk("1", { a: 1 }), responseError("2", { code: "busy", message: "later" })]) {
      expect(parseResponse({ ...response })).toEqual(response);
    }
  });

  test("of a handler that returned nothing carries nil", () => {
    expect(responseOk("1", undefined)).toEqual({ type: "response", id: "1", ok: true, result: null, error: null });
  });

  test("carries of an error the code and the message, never the stack", () => {
    const error = Object.assign(new Error("boom"), { code: "internal_error" });
    expect(responseError("1", error).error).toEqual({ code: "internal_error", message: "boom" });
  });

  test.each([[{ id: "1" }], [{ id: "1", ok: false }], [{ id: "1", ok: false, error: "text" }], [{ id: "1", ok: 1, result: 2 }]])(
    "is refused when malformed: %j",
    async (map) => expect(await failureOf(() => parseResponse(map))).toMatchObject({ code: "bad_request" }),
  );

  test("whose error has no code or message gets them", () => {
    expect(parseResponse({ id: "1", ok: false, error: {} }).error).toEqual({ code: "internal_error", message: "" });
  });
});

describe("a payload", () => {
  test.each([[null], [1], ["text"], [[1, 2]], [new Uint8Array(3)], [new Date(0)]])("%j is no map", async (payload) => {
    expect(await failureOf(() => asMap(payload))).toMatchObject({ code: "bad_request", message: "payload must be a map" });
  });
});

describe("a hello", () => {
  test("is read field by field; what else stands in it is ignored", () => {
    expect(parseHello({ ...HELLO, later: "version" })).toEqual(HELLO);
  });

  test("names each address once, however often and in whatever spellings it stands there", () => {
    const listen = ["tcp://198.51.100.7:1", "tcp://[::ffff:c633:6407]:1", "198.51.100.7:1", "tcp://198.51.100.7:2"];
    expect(parseHello({ ...HELLO, listen }).listen).toEqual(["tcp://198.51.100.7:1", "tcp://198.51.100.7:2"]);
  });

  test.each([
    [{ listen: ["tcp://3325256711:1"] }, /not an IPv4 address/],
    [{ type: "request" }, /first message on a link must be hello/],
    [{ version: 1 }, /version 1 is not spoken here, 2 is/],
    [{ version: "x".repeat(1_000) }, /version x{20} is not spoken here/],
    [{ swarm: 5 }, /swarm/],
    [{ swarm: "x".repeat(256) }, /swarm/],
    [{ listen: "tcp://h:1" }, /listen/],
    [{ listen: Array.from({ length: 5 }, () => "tcp://h:1") }, /at most 4/],
    [{ listen: [1] }, /listen/],
    [{ features: Array.from({ length: 33 }, () => "f") }, /features/],
    [{ software: null }, /software/],
    [{ observed: undefined }, /observed/],
  ])("is refused with bad_hello for %j", async (fields, message) => {
    const error = await failureOf(() => parseHello({ ...HELLO, ...fields }));
    expect(error).toMatchObject({ code: "bad_hello", message: expect.stringMatching(message) });
  });
});

describe("a swarm", () => {
  test("lets in its own, and callers of none", () => {
    for (const [own, theirs] of [
      ["a", "a"],
      ["a", ""],
      ["", "a"],
    ] as const)
      expect(() => checkSwarm(own, theirs)).not.toThrow();
  });

  test("refuses another by name, and says how to join it", async () => {
    const error = await failureOf(() => checkSwarm("home", "away"));
    expect(error).toMatchObject({
      code: "wrong_swarm",
      message: expect.stringMatching(/"away".*"home"/),
      hint: expect.stringMatching(/--swarm away/),
    });
  });
});
