import { describe, expect, test } from "vitest";
import { Client, callOptions, input, SynapseError } from "../../src/index.ts";
import { FIRST_CREDIT } from "../../src/rpc/stream-reader.ts";
import { closing, deferred, failureOf, type GlassServer, serve, turn, until } from "../support/net/lifetime.ts";

async function clientOf(server: GlassServer, dialect: "secure" | "plain" = "secure"): Promise<Client> {
  return closing(new Client("127.0.0.1", server.port, { dialect }));
}

async function read(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

async function* numbers(until: number): AsyncGenerator<number> {
  for (let n = 0; n < until; n++) yield n;
}

const ENDPOINTS = (server: GlassServer) =>
  server
    .endpoint("count", (until: number) => numbers(until))
    .endpoint("generate", function* (until: number) {
      yield* Array.from({ length: until }, (_, n) => n);
    })
    .endpoint("later", async (until: number) => numbers(until))
    .endpoint("list", () => [1, 2, 3])
    .endpoint("one", () => "one")
    .endpoint("breaks", async function* () {
      yield 1;
      throw new SynapseError("out_of_ideas", "nothing comes to mind");
    })
    .endpoint("sum", { context: true }, async ({ input: items }) => {
      let sum = 0;
      for await (const item of items ?? []) sum += item as number;
      return sum;
    })
    .endpoint("double", { context: true }, async function* ({ input: items }) {
      for await (const item of items ?? []) yield 2 * (item as number);
    });

describe("a stream of answers", () => {
  test.each(["count", "generate", "later"])("of %s comes item by item, in order", async (endpoint) => {
    const client = await clientOf(await serve({}, ENDPOINTS));
    for (const length of [0, 1, FIRST_CREDIT, 2_000]) {
      expect(await read(client.stream(endpoint, length))).toEqual(Array.from({ length }, (_, n) => n));
    }
  });

  test("runs beside others and beside calls on one link", async () => {
    const server = await serve({}, ENDPOINTS);
    const client = await clientOf(server);
    const streams = Array.from({ length: 20 }, (_, n) => read(client.stream("count", 10 * n)));
    expect(await client.call("one")).toBe("one");
    expect((await Promise.all(streams)).map(({ length }) => length)).toEqual(Array.from({ length: 20 }, (_, n) => 10 * n));
    expect(server.insides.core.acceptedCount).toBe(1);
  });

  test("gives the items of an answer that comes in one piece", async () => {
    const client = await clientOf(await serve({}, ENDPOINTS));
    expect(await read(client.stream("list"))).toEqual([1, 2, 3]);
    expect(await read(client.stream("one"))).toEqual(["one"]);
  });

  test("is a list for who calls it as one answer, in either dialect, or streams it in plain", async () => {
    const server = await serve({}, ENDPOINTS);
    for (const dialect of ["secure", "plain"] as const)
      expect(await (await clientOf(server, dialect)).call("count", 5)).toEqual([0, 1, 2, 3, 4]);
    expect(await read((await clientOf(server, "plain")).stream("count", 5))).toEqual([0, 1, 2, 3, 4]);
  });

  test("without end is refused to who wants a list", async () => {
    const server = await serve({}, ENDPOINTS);
    const error = await failureOf((await clientOf(server)).call("count", 1e9));
    expect(error).toMatchObject({ code: "too_many", remote: true });
  });

  test("that breaks gives what came before, and then the error of the handler", async () => {
    const client = await clientOf(await serve({}, ENDPOINTS));
    const stream = client.stream("breaks");
    expect(await stream.next()).toEqual({ done: false, value: 1 });
    expect(await failureOf(stream.next())).toMatchObject({ code: "out_of_ideas", message: "nothing comes to mind", remote: true });
    expect((await stream.next()).done).toBe(true);
  });

  test("with an item that cannot be sent says so", async () => {
    const server = await serve({}, (it) =>
      it.endpoint("odd", function* () {
        yield () => 1;
      }),
    );
    expect(await failureOf(read((await clientOf(server)).stream("odd")))).toMatchObject({ code: "internal_error" });
  });

  test("whose loop is left ends the handler: its signal is aborted, its finally runs", async () => {
    const ended = deferred<string>();
    const aborted = deferred();
    const server = await serve({}, (it) =>
      it.endpoint("tokens", { context: true }, async function* ({ signal }) {
        signal.addEventListener("abort", () => aborted.resolve());
        try {
          for (let n = 0; ; n++) yield n;
        } finally {
          ended.resolve("closed");
        }
      }),
    );
    const client = await clientOf(server);
    for await (const item of client.stream("tokens")) if (item === 100) break;
    expect(await ended.promise).toBe("closed");
    await aborted.promise;
    expect(await client.call("_synapse.ping")).toBe("pong");
  });

  test("is ended by its caller's signal, and by the end of the link", async () => {
    const server = await serve({}, (it) =>
      it.endpoint("silent", async function* () {
        await new Promise(() => undefined);
        yield 1;
      }),
    );
    const client = await clientOf(server);
    const abort = new AbortController();
    const stream = client.stream("silent", callOptions({ signal: abort.signal }));
    const first = failureOf(stream.next());
    await until(() => server.insides.core.acceptedCount === 1);
    await turn();
    abort.abort();
    expect((await first).code).toBe("aborted");
    const other = client.stream("silent");
    const lost = failureOf(other.next());
    for (let n = 0; n < 10; n++) await turn();
    await client.close();
    expect((await lost).code).toBe("connection_lost");
    server.abandonCalls();
  });

  test("whose reader is slow holds up its writer, not memory", async () => {
    let made = 0;
    const server = await serve({}, (it) =>
      it.endpoint("blocks", async function* () {
        for (;;) {
          made += 1;
          yield new Uint8Array(100_000);
        }
      }),
    );
    const stream = (await clientOf(server)).stream("blocks");
    for (let n = 0; n < 50; n++) await stream.next();
    for (let n = 0; n < 200; n++) await turn();
    expect(made).toBeLessThan(50 + 3 * FIRST_CREDIT);
    await stream.return?.();
  });
});

describe("a stream to the callee", () => {
  test("is read by the handler, and answered once", async () => {
    const client = await clientOf(await serve({}, ENDPOINTS));
    for (const [length, sum] of [
      [0, 0],
      [1, 0],
      [1_000, 499_500],
    ] as const)
      expect(await client.call("sum", input(numbers(length)))).toBe(sum);
    expect(await client.call("sum", input([1, 2, 3]))).toBe(6);
    expect(await client.call("sum")).toBe(0);
  });

  test("goes both ways at once", async () => {
    const client = await clientOf(await serve({}, ENDPOINTS));
    const back = client.stream("double", input(numbers(500)));
    expect(await read(back)).toEqual(Array.from({ length: 500 }, (_, n) => 2 * n));
  });

  test("that the handler does not read waits, and is closed when it has answered", async () => {
    const answer = deferred();
    const server = await serve({}, (it) => it.endpoint("ignores", () => answer.promise));
    let made = 0;
    let closed = 0;
    async function* source() {
      try {
        for (;;) yield made++;
      } finally {
        closed += 1;
      }
    }
    const call = (await clientOf(server)).call("ignores", input(source()));
    await until(() => made >= FIRST_CREDIT);
    for (let n = 0; n < 50; n++) await turn();
    expect(made).toBe(FIRST_CREDIT);
    answer.resolve();
    await call;
    await turn();
    expect(closed).toBe(1);
  });

  test("that breaks fails the call here and ends the handler's reading there", async () => {
    const seen = deferred<SynapseError>();
    const server = await serve({}, (it) =>
      it.endpoint("watches", { context: true }, async ({ input: items }) => {
        seen.resolve(await failureOf(read(items ?? ([] as never))));
      }),
    );
    async function* source() {
      yield 1;
      throw new SynapseError("no_more", "the microphone is off");
    }
    expect((await failureOf((await clientOf(server)).call("watches", input(source())))).code).toBe("no_more");
    expect((await seen.promise).code).toBe("aborted");
  });

  test("is refused in plain, where it cannot be carried", async () => {
    const error = await failureOf((await clientOf(await serve({}, ENDPOINTS), "plain")).call("sum", input([1])));
    expect(error).toMatchObject({ code: "bad_request", remote: false });
  });

  test("unread on many calls is bounded: what is too much is busy, and the link serves on", async () => {
    const server = await serve({ limits: { maxBufferedBytes: 300_000 } }, (it) => it.endpoint("holds", () => new Promise(() => undefined)));
    server.abandonCalls();
    const client = await clientOf(server);
    const block = new Uint8Array(50_000);
    const calls = Array.from({ length: 10 }, () =>
      failureOf(client.call("holds", input([block, block, block]), callOptions({ timeoutMs: 60_000 }))),
    );
    expect((await Promise.race(calls)).code).toBe("busy");
    expect(await client.call("_synapse.ping")).toBe("pong");
  });
});
