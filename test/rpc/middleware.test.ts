import { describe, expect, test } from "vitest";
import { Client, callOptions, currentCall, SynapseError, toHex } from "../../src/index.ts";
import { closing, deferred, failureOf, type GlassServer, serve, turn } from "../support/net/lifetime.ts";

const clientOf = (server: GlassServer): Client => closing(new Client("127.0.0.1", server.port, { dialect: "secure" }));

describe("middleware", () => {
  test("stands around calls in the order in which it was added", async () => {
    const log: string[] = [];
    const server = await serve({}, (it) => {
      for (const name of ["outer", "inner"])
        it.use(async ({ endpoint }, next) => {
          log.push(`${name} before ${endpoint}`);
          const result = await next();
          log.push(`${name} after ${endpoint}`);
          return result;
        });
      it.endpoint("x", () => void log.push("handler"));
    });
    await clientOf(server).call("x");
    expect(log).toEqual(["outer before x", "inner before x", "handler", "inner after x", "outer after x"]);
  });

  test("may refuse, by whom and what travels along, answer itself, or change the answer", async () => {
    const server = await serve({}, (it) =>
      it
        .use(({ endpoint, meta, peerId }, next) => {
          if (endpoint === "cached") return "from the cache";
          if (meta["token"] !== "secret") throw new SynapseError("not_allowed", `who are you, ${peerId && toHex(peerId).length}?`);
          return next();
        })
        .endpoint("cached", () => expect.unreachable())
        .endpoint("x", () => "done"),
    );
    const client = clientOf(server);
    expect(await client.call("cached")).toBe("from the cache");
    expect(await failureOf(client.call("x"))).toMatchObject({ code: "not_allowed", message: "who are you, 64?", remote: true });
    expect(await client.call("x", callOptions({ meta: { token: "secret" } }))).toBe("done");
  });

  test("leaves the overlay's own endpoints alone, and stands around streams", async () => {
    const seen: string[] = [];
    const server = await serve({}, (it) =>
      it
        .use(({ endpoint }, next) => {
          seen.push(endpoint);
          return next();
        })
        .endpoint("tokens", function* () {
          yield* [1, 2, 3];
        }),
    );
    const client = clientOf(server);
    expect(await client.call("_synapse.ping")).toBe("pong");
    const items: unknown[] = [];
    for await (const item of client.stream("tokens")) items.push(item);
    expect([items, seen]).toEqual([[1, 2, 3], ["tokens"]]);
  });
});

describe("the current call", () => {
  test("is known wherever its handler has got to, each its own", async () => {
    const inside = async () => {
      await turn();
      return currentCall()?.meta["n"];
    };
    const server = await serve({}, (it) =>
      it
        .endpoint("x", async () => [currentCall()?.endpoint, await inside(), await Promise.all([inside(), inside()])])
        .endpoint("tokens", async function* () {
          for (let i = 0; i < 3; i++) yield await inside();
        }),
    );
    const client = clientOf(server);
    const answers = await Promise.all([1, 2, 3].map((n) => client.call("x", callOptions({ meta: { n } }))));
    expect(answers).toEqual([1, 2, 3].map((n) => ["x", n, [n, n]]));
    const items: unknown[] = [];
    for await (const item of client.stream("tokens", callOptions({ meta: { n: 9 } }))) items.push(item);
    expect(items).toEqual([9, 9, 9]);
    expect(currentCall()).toBeUndefined();
  });

  test("lends its deadline to the calls that its handler makes, as what is left of it", async () => {
    const left: (number | undefined)[] = [];
    const last = await serve({}, (it) => it.endpoint("last", { context: true }, ({ leftMs }) => void left.push(leftMs)));
    const first = await serve({}, (it) =>
      it.endpoint("first", { context: true }, async ({ leftMs }) => {
        left.push(leftMs);
        await clientOf(last).call("last");
        await clientOf(last).call("last", callOptions({ timeoutMs: 50_000, detached: true }));
      }),
    );
    await clientOf(first).call("first", callOptions({ timeoutMs: 5_000 }));
    const [atFirst = 0, atLast = 0, detached = 0] = left;
    expect(atFirst).toBeLessThanOrEqual(5_000);
    expect(atLast).toBeLessThanOrEqual(atFirst);
    expect(atLast).toBeGreaterThan(0);
    expect(detached).toBeGreaterThan(5_000);
  });

  test("takes the calls that its handler has made with it when its caller gives up", async () => {
    const aborted = deferred();
    const begun = deferred();
    const last = await serve({}, (it) =>
      it.endpoint("last", { context: true }, ({ signal }) => {
        begun.resolve();
        return new Promise((resolve) =>
          signal.addEventListener("abort", () => {
            aborted.resolve();
            resolve(1);
          }),
        );
      }),
    );
    const first = await serve({}, (it) => it.endpoint("first", () => clientOf(last).call("last")));
    const abort = new AbortController();
    const call = failureOf(clientOf(first).call("first", callOptions({ signal: abort.signal })));
    await begun.promise;
    abort.abort();
    expect((await call).code).toBe("aborted");
    await aborted.promise;
  });
});
