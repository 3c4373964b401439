import { describe, expect, expectTypeOf, onTestFinished, test } from "vitest";
import { z } from "zod";
import { Client, callOptions, input, type RemoteAnswer, type RemoteStream, Server, type Service } from "../../src/index.ts";
import { closing, failureOf } from "../support/net/lifetime.ts";

function sampleServer() {
  return new Server({ port: 0 })
    .endpoint("sum", (a: number, b: number) => a + b)
    .endpoint("join", (first: string, second?: string, third?: string) => [first, second, third].filter((text) => text !== undefined))
    .endpoint("all", (...texts: string[]) => texts.length)
    .endpoint("never", () => new Promise<number>(() => undefined))
    .endpoint("meta", { context: true }, ({ meta }) => meta["trace"] as string)
    .endpoint("total", { context: true }, async ({ input }, start: number) => {
      let total = start;
      for await (const n of input) total += n as number;
      return total;
    })
    .endpoint("defaults", { input: z.object({ a: z.string(), n: z.number().default(1) }) }, ({ a, n }) => {
      expectTypeOf(n).toEqualTypeOf<number>();
      return a.repeat(n);
    })
    .endpoint("twice", { input: z.string().transform(Number) }, (n) => n * 2)
    .endpoint("whose", { input: z.string().transform(Number), context: true }, ({ endpoint }, n) => `${endpoint} ${n + 1}`)
    .endpoint("shown", { output: z.number().transform(String) }, (n: number) => n)
    .endpoint("shownEach", { output: z.number().transform(String) }, function* (n: number) {
      yield n;
      yield n + 1;
    })
    .endpoint("lines", function* (until: number) {
      for (let n = 0; n < until; n++) yield `line ${n}`;
    })
    .endpoint("list", () => [1, 2])
    .endpoint("mapped", () => new Map([["a", 1]]).values())
    .endpoint("throws", () => {
      throw new Error("always");
    });
}

type Sample = ReturnType<typeof sampleServer>;

async function service(): Promise<Service<Sample>> {
  const server = sampleServer();
  onTestFinished(() => server.stop());
  await server.start();
  return closing(new Client("127.0.0.1", server.port, { dialect: "secure" })).service<Sample>();
}

describe("behind the arguments of a typed call", () => {
  test("may stand its options: a deadline, a signal, what travels along", async () => {
    const it = await service();
    expect(await failureOf(it.never(callOptions({ timeoutMs: 50 })))).toMatchObject({ code: "timed_out" });
    expect((await failureOf(it.never(callOptions({ signal: AbortSignal.abort() })))).code).toBe("aborted");
    expect(await it.meta(callOptions({ meta: { trace: "t1" } }))).toBe("t1");
    expect(await it.sum(1, 2, callOptions({ timeoutMs: 5_000 }))).toBe(3);
    const lines: string[] = [];
    for await (const line of it.lines(1, callOptions({ timeoutMs: 5_000 }))) lines.push(line);
    expect(lines).toEqual(["line 0"]);
    // @ts-expect-error: an argument is missing
    void it.sum(1, callOptions({ timeoutMs: 5_000 }));
    // @ts-expect-error: options come last
    void it.sum(callOptions({ timeoutMs: 5_000 }), 1, 2);
  });

  test("also behind those that may be left out, and any number of them", async () => {
    const it = await service();
    const brief = callOptions({ timeoutMs: 5_000 });
    expect(await it.join("a", brief)).toEqual(["a"]);
    expect(await it.join("a", "b", brief)).toEqual(["a", "b"]);
    expect(await it.join("a", "b", "c", brief)).toEqual(["a", "b", "c"]);
    expect(await it.all("a", "b", brief)).toBe(2);
    // @ts-expect-error: not a text
    void it.join("a", 1, brief);
  });

  test("may stand what the caller streams, where the handler can read it", async () => {
    const it = await service();
    expect(await it.total(10, input([1, 2]), callOptions({ timeoutMs: 5_000 }))).toBe(13);
    // @ts-expect-error: a handler without a context reads none
    void it.sum(1, 2, input([1, 2]));
  });
});

describe("the types of a schema", () => {
  test("are its input for the caller, and its output for the handler", async () => {
    const it = await service();
    expectTypeOf(it.defaults).parameter(0).toEqualTypeOf<{ a: string; n?: number | undefined }>();
    expectTypeOf(it.twice).parameter(0).toEqualTypeOf<string>();
    expect(await it.defaults({ a: "x" })).toBe("x");
    expect(await it.twice("21")).toBe(42);
    expect(await it.whose("1", callOptions({ timeoutMs: 5_000 }))).toBe("whose 2");
    // @ts-expect-error: the handler gets a number, the caller sends a text
    expect((await failureOf(it.twice(21))).code).toBe("bad_request");
  });

  test("of what is answered are the other way round", async () => {
    const it = await service();
    expectTypeOf(it.shown(1)).toEqualTypeOf<RemoteAnswer<string>>();
    expectTypeOf(it.shownEach(1)).toEqualTypeOf<RemoteStream<string>>();
    expect(await it.shown(1)).toBe("1");
    expect(await it.shownEach(1)).toEqual(["1", "2"]);
    const server = new Server();
    // @ts-expect-error: not what the schema takes
    server.endpoint("wrong", { output: z.number() }, () => "a text");
    // @ts-expect-error: not what the schema takes
    server.endpoint("wrongToo", { output: z.number(), context: true }, async () => "a text");
  });

  test("leave a handler free that has none", () => {
    const server = new Server().endpoint("free", { description: "d", params: ["a"] }, (a: string) => a).endpoint("any", (a) => a);
    type It = Service<typeof server>;
    expectTypeOf<It["free"]>().returns.toEqualTypeOf<RemoteAnswer<string>>();
    expectTypeOf<It["any"]>().returns.resolves.toBeAny();
  });
});

describe("what an endpoint returns is typed as what comes:", () => {
  test("a generator is a stream, whether it waits or not; a list is a value", async () => {
    const it = await service();
    expectTypeOf(it.lines(1)).toEqualTypeOf<RemoteStream<string>>();
    expectTypeOf(it.mapped()).toEqualTypeOf<RemoteStream<number>>();
    expectTypeOf(it.list()).toEqualTypeOf<RemoteAnswer<number[]>>();
    expectTypeOf(it.throws()).toEqualTypeOf<RemoteAnswer<never>>();
    const lines: string[] = [];
    for await (const line of it.lines(2)) lines.push(line);
    expect(lines).toEqual(["line 0", "line 1"]);
    const all = await it.lines(2);
    expectTypeOf(all).toEqualTypeOf<string[]>();
    expect(all).toEqual(lines);
    expect(await it.mapped()).toEqual([1]);
  });
});
