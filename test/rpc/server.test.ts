import { describe, expect, expectTypeOf, onTestFinished, test } from "vitest";
import { type CallContext, Client, callOptions, kwargs, Server, toHex } from "../../src/index.ts";
import { closing, deferred, failureOf, GlassServer, serve, turn, until } from "../support/net/lifetime.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

describe("a server that is started", () => {
  test("takes calls until it is stopped, and can be started again", async () => {
    const server = await serve();
    const { port } = server;
    const call = (at: number) => closing(new Client("127.0.0.1", at)).call("_synapse.ping");
    expect(await call(port)).toBe("pong");
    expect(server.addresses).toEqual([`tcp://127.0.0.1:${port}`]);
    await server.stop();
    expect((await failureOf(call(port))).code).toBe("unreachable");
    await server.start();
    expect(await call(server.port)).toBe("pong");
  });

  test("cannot be started twice; stopping twice does no harm", async () => {
    const server = await serve();
    expect((await failureOf(server.start())).code).toBe("bad_options");
    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
  });

  test("on a port that is taken has not started, and can be tried again", async () => {
    const first = await serve();
    const second = new Server({ port: first.port });
    expect(await failureOf(second.start())).toMatchObject({ code: "bad_options", message: expect.stringMatching(/another program/) });
    await first.stop();
    await second.start();
    await second.stop();
  });

  test("announces what it is told to, as addresses", async () => {
    expect((await serve({ announce: ["agents.example.com:9", "tcp://[::1]:9"] })).addresses).toEqual([
      "tcp://agents.example.com:9",
      "tcp://[::1]:9",
    ]);
  });

  test.each<[string, readonly string[]]>([
    ["bad_address", ["nonsense"]],
    ["bad_address", ["h.example:0"]],
    ["bad_address", ["quic://h.example:9"]],
    ["bad_options", Array<string>(5).fill("h.example:9")],
  ])("refuses with %s to announce %j", (code, announce) => {
    expect(() => new Server({ announce })).toThrow(expect.objectContaining({ code }));
  });

  test("listens not at all where that was asked for", async () => {
    const server = await serve({ listen: false });
    expect([server.port, server.addresses]).toEqual([0, []]);
  });
});

describe("a server that is stopped", () => {
  test("lets calls under way end, and takes no others", async () => {
    const [begun, release] = [deferred(), deferred<string>()];
    const server = await serve({}, (it) =>
      it.endpoint("slow", () => {
        begun.resolve();
        return release.promise;
      }),
    );
    const client = closing(new Client("127.0.0.1", server.port));
    const answer = client.call("slow");
    await begun.promise;
    const stopped = server.stop();
    release.resolve("done");
    expect(await answer).toBe("done");
    await stopped;
    expect(["connection_lost", "unreachable"]).toContain((await failureOf(client.call("_synapse.ping"))).code);
    expect(server.insides.core.acceptedCount).toBe(0);
  });

  test("waits for calls that never end no longer than its grace allows", async () => {
    const clock = new VirtualClock(1);
    const begun = deferred();
    const server = await serve({ runtime: clock }, (it) => it.endpoint("never", () => begun.resolve() ?? new Promise(() => undefined)));
    const lost = failureOf(closing(new Client("127.0.0.1", server.port)).call("never"));
    await begun.promise;
    let isStopped = false;
    const stopped = server.stop().then(() => {
      isStopped = true;
    });
    let passed = 0;
    for (; !isStopped && passed < 20_000; passed += 100) {
      clock.advance(100);
      await turn();
    }
    await stopped;
    expect(passed).toBeGreaterThanOrEqual(5_000);
    expect(passed).toBeLessThan(10_000);
    expect((await lost).code).toBe("connection_lost");
  });
});

describe("a background task", () => {
  test("runs at the start and then again after each pause, whether it fails or not", async () => {
    const clock = new VirtualClock(1);
    const lines: string[] = [];
    const runs: number[] = [];
    await serve({ runtime: clock, log: (line) => lines.push(line) }, (it) =>
      it.background("count", { everyMs: 1_000 }, () => {
        runs.push(clock.now());
        throw new Error(`run ${runs.length}`);
      }),
    );
    for (let second = 0; second < 5; second++) {
      await turn();
      clock.advance(1_000);
    }
    await turn();
    expect(runs).toEqual([0, 1_000, 2_000, 3_000, 4_000, 5_000]);
    expect(lines.slice(0, 2)).toEqual(["background task count failed: run 1", "background task count failed: run 2"]);
  });

  test("never runs twice at once: the pause begins at its end", async () => {
    const clock = new VirtualClock(1);
    let [running, most, runs] = [0, 0, 0];
    let end = deferred();
    await serve({ runtime: clock }, (it) =>
      it.background("slow", { everyMs: 10 }, async () => {
        running += 1;
        runs += 1;
        most = Math.max(most, running);
        await end.promise;
        running -= 1;
      }),
    );
    onTestFinished(() => end.resolve());
    for (let i = 0; i < 3; i++) {
      clock.advance(1_000);
      await turn();
      const ended = end;
      end = deferred();
      ended.resolve();
      await turn();
    }
    expect([most, runs]).toEqual([1, 3]);
  });

  test("ends with the server: its signal is aborted, no pause is waited for, and stop() waits for it", async () => {
    const clock = new VirtualClock(1);
    const ended: string[] = [];
    const server = await serve({ runtime: clock }, (it) => {
      it.background("pausing", { everyMs: 1_000_000 }, () => ended.push("pausing"));
      it.background("working", { everyMs: 1 }, async (signal) => {
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        await turn();
        ended.push("working");
      });
    });
    await until(() => ended.length === 1);
    await server.stop();
    expect(ended).toEqual(["pausing", "working"]);
  });

  test.each([0, -1, Number.NaN])("every %d ms is refused", async (everyMs) => {
    expect((await failureOf(() => new Server().background("x", { everyMs }, () => 1))).code).toBe("bad_options");
  });
});

describe("run()", () => {
  test("prints what is offered, serves until the process is told to end, and leaves no listeners behind", async () => {
    const server = new GlassServer({ port: 0 })
      .endpoint("sum", { description: "Add two numbers" }, (a: number, b: number) => a + b)
      .endpoint("admin", { publish: false }, () => 1)
      .background("tidy", { everyMs: 60_000 }, () => undefined);
    const before = { SIGINT: process.listeners("SIGINT"), SIGTERM: process.listeners("SIGTERM") };
    const lines: string[] = [];
    const ended = server.run((line) => lines.push(line));
    await until(() => process.listenerCount("SIGTERM") > before.SIGTERM.length);
    expect(lines).toEqual([
      `listening on tcp://127.0.0.1:${server.port}`,
      "  endpoint sum – Add two numbers",
      "  endpoint admin (private)",
      "  task     tidy, every 60 s",
    ]);
    expect(await closing(new Client("127.0.0.1", server.port)).call("sum", 1, 2)).toBe(3);
    // What the signal would do, without the signal: others in this process listen for it too.
    const added = process.listeners("SIGTERM").filter((listener) => !before.SIGTERM.includes(listener));
    for (const listener of added) listener("SIGTERM");
    await ended;
    expect(process.listeners("SIGINT")).toEqual(before.SIGINT);
  });
});

describe("an endpoint", () => {
  test("cannot be registered without a handler, or twice", async () => {
    const server = new Server();
    expect((await failureOf(() => server.endpoint("x", {} as never, undefined as never))).code).toBe("bad_options");
    server.endpoint("x", () => 1);
    expect((await failureOf(() => server.endpoint("x", () => 2))).code).toBe("bad_options");
    expect((await failureOf(() => server.endpoint("_synapse.ping", () => 2))).code).toBe("bad_options");
  });

  test("gets the context of the call before its arguments where it asks for it", async () => {
    const server = await serve({}, (it) =>
      it
        .endpoint("who", { context: true }, (context, greeting: string, name: string) => {
          expectTypeOf(context).toEqualTypeOf<CallContext>();
          return `${greeting} ${name} of ${context.meta["team"]}: ${context.peerId && toHex(context.peerId).length}`;
        })
        .endpoint("named", { context: true, params: ["a", "b?"] }, ({ endpoint }, a: number, b = 2) => [endpoint, a, b])
        .endpoint("plain", { context: false }, (...args: unknown[]) => args),
    );
    const client = closing(new Client("127.0.0.1", server.port, { dialect: "secure" }));
    expect(await client.call("who", "hello", "ada", callOptions({ meta: { team: "blue" } }))).toBe("hello ada of blue: 64");
    expect(await client.call("named", kwargs({ a: 1 }))).toEqual(["named", 1, 2]);
    expect(await client.call("plain", 1, 2)).toEqual([1, 2]);
  });

  test("is listed with its description unless it is private", async () => {
    const server = await serve({}, (it) =>
      it
        .endpoint("b", { description: "second" }, () => 1)
        .endpoint("a", () => 1)
        .endpoint("hidden", { publish: false }, () => 1),
    );
    expect(await closing(new Client("127.0.0.1", server.port)).call("_synapse.methods")).toEqual([
      { name: "b", publish: true, description: "second" },
      { name: "a", publish: true, description: "" },
    ]);
  });
});
