import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CallContext } from "../../src/rpc/call-context.ts";
import { type EndpointOptions, EndpointRegistry } from "../../src/rpc/registry.ts";
import { check } from "../support/check.ts";
import { failureOf } from "../support/net/lifetime.ts";

const CONTEXT: CallContext = {
  endpoint: "f",
  peerId: undefined,
  peerContact: undefined,
  remoteAddress: "tcp://127.0.0.1:1",
  meta: {},
  input: (async function* () {})(),
  leftMs: undefined,
  isAnswered: false,
  signal: new AbortController().signal,
};

/** Calls an endpoint that gives back the arguments it gets. */
function call(
  options: EndpointOptions,
  args: readonly unknown[] = [],
  kwargs: Readonly<Record<string, unknown>> = {},
  context = CONTEXT,
): unknown {
  const registry = new EndpointRegistry();
  registry.register("f", options, (bound) => [...bound]);
  return registry.dispatch({ type: "request", id: "1", endpoint: "f", args, kwargs }, context);
}

describe("an endpoint that names its parameters", () => {
  const options = { params: ["a", "b", "c?"] };

  test("gets them in place, however the caller divides them into positions and names", () => {
    check([fc.tuple(fc.integer(), fc.integer(), fc.integer()), fc.nat(3), fc.boolean()], (values, given, isReversed) => {
      const named = ["a", "b", "c"].map((name, i) => [name, values[i]] as const).slice(given);
      const kwargs = Object.fromEntries(isReversed ? named.reverse() : named);
      expect(call(options, values.slice(0, given), kwargs)).toEqual(values);
    });
  });

  test("gets undefined for one that may be missing and is", () => {
    expect(call(options, [1, 2])).toEqual([1, 2]);
    expect(call({ params: ["a?", "b?"] }, [], { b: 2 })).toEqual([undefined, 2]);
  });

  test.each([
    [[1], {}, "f() is missing its argument 'b'"],
    [[], { b: 2 }, "f() is missing its argument 'a'"],
    [[1, 2], { z: 3 }, "f() got an unexpected argument 'z'"],
    [[1, 2], { b: 3 }, "f() got two values for its argument 'b'"],
    [[1, 2, 3, 4], {}, "f() takes 3 arguments but 4 were given"],
  ])(
    "tells the caller of %j %j which argument is wrong, and that it is the caller's fault unless that is of the seed",
    async (args, kwargs, message) => {
      expect(await failureOf(() => call(options, args, kwargs))).toMatchObject({ code: "internal_error", message });
      const known = { ...CONTEXT, peerId: new Uint8Array(32) };
      expect(await failureOf(() => call(options, args, kwargs, known))).toMatchObject({ code: "bad_request", message });
    },
  );

  test("does not take the names that every object has for parameters", async () => {
    for (const name of ["constructor", "toString", "length"]) {
      expect((await failureOf(() => call(options, [1, 2], { [name]: 1 }))).message).toContain(`'${name}'`);
    }
  });

  test("names an endless unknown argument by its beginning", async () => {
    expect((await failureOf(() => call(options, [], { ["x".repeat(10_000)]: 1 }))).message.length).toBeLessThan(200);
  });
});

describe("an endpoint that names none", () => {
  test("gets positions as they come, and names as one last object", () => {
    expect(call({}, [1, 2])).toEqual([1, 2]);
    expect(call({}, [1], { a: 2 })).toEqual([1, { a: 2 }]);
  });
});

describe("a registry", () => {
  test("says what is not registered in the words of the seed, cut short", async () => {
    const registry = new EndpointRegistry();
    const request = (endpoint: string) => ({ type: "request", id: "1", endpoint, args: [], kwargs: {} }) as const;
    expect(await failureOf(() => registry.dispatch(request("nope"), CONTEXT))).toMatchObject({
      code: "bad_request",
      message: "Unregistered endpoint called: nope",
    });
    expect((await failureOf(() => registry.dispatch(request("x".repeat(9_999)), CONTEXT))).message.length).toBeLessThan(200);
    for (const name of ["constructor", "__proto__", ""]) {
      expect(await failureOf(() => registry.dispatch(request(name), CONTEXT))).toMatchObject({ code: "bad_request" });
    }
  });

  test("refuses a name that is taken, and one that is empty", async () => {
    const registry = new EndpointRegistry();
    registry.register("f", {}, () => 1);
    expect(await failureOf(() => registry.register("f", {}, () => 2))).toMatchObject({
      code: "bad_options",
      message: expect.stringMatching(/f is registered/),
    });
    expect(await failureOf(() => registry.register("", {}, () => 2))).toMatchObject({ code: "bad_options" });
  });

  test("lists in the order of registration, published unless told otherwise", () => {
    const registry = new EndpointRegistry();
    registry.register("b", { description: "second letter" }, () => 1);
    registry.register("a", { publish: false }, () => 1);
    expect(registry.list().map(({ name, publish, description }) => [name, publish, description])).toEqual([
      ["b", true, "second letter"],
      ["a", false, ""],
    ]);
  });
});
