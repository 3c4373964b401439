import { describe, expect, onTestFinished, test } from "vitest";
import { Client, callOptions, DEFAULT_PORT, Node, Server } from "../../src/index.ts";
import { closing, failureOf, serve, startAgent } from "../support/net/lifetime.ts";

const NOT_TIMES = [Number.NaN, "500", -5, null, {}] as never[];
const NOT_SIGNALS = [5, "now", null, { aborted: false }] as never[];

describe("the options of a call", () => {
  test.each(NOT_TIMES)("have no time of %j", (timeoutMs) => {
    expect(() => callOptions({ timeoutMs })).toThrow(
      expect.objectContaining({ code: "bad_options", message: expect.stringContaining("timeoutMs") }),
    );
    expect(() => new Client("127.0.0.1:1", { timeoutMs })).toThrow(expect.objectContaining({ code: "bad_options" }));
  });

  test.each(NOT_SIGNALS)("have no signal of %j", (signal) => {
    expect(() => callOptions({ signal })).toThrow(
      expect.objectContaining({ code: "bad_options", message: expect.stringContaining("signal") }),
    );
  });

  test("have no meta but a map", () => {
    expect(() => callOptions({ meta: 5 as never })).toThrow(expect.objectContaining({ code: "bad_options" }));
  });

  test("that are undefined leave the default, or what was given before", async () => {
    const server = await serve({}, (it) => it.endpoint("left", { context: true }, ({ leftMs, meta }) => [leftMs, meta["a"]]));
    const client = closing(new Client("127.0.0.1", server.port, { timeoutMs: 5_000 }));
    const none = callOptions({ timeoutMs: undefined, signal: undefined, meta: undefined });
    const [left] = (await client.call("left", none)) as number[];
    expect(left).toBeGreaterThan(1_000);
    expect(left).toBeLessThanOrEqual(5_000);
    const [less, a] = (await client.call("left", callOptions({ timeoutMs: 800, meta: { a: 1 } }), none)) as number[];
    expect(less).toBeLessThanOrEqual(800);
    expect(a).toBe(1);
    expect(closing(new Client("127.0.0.1:1", { timeoutMs: undefined }))).toBeInstanceOf(Client);
  });

  test("are bounded by what timers can count", () => {
    for (const timeoutMs of [2 ** 31, 1e300, Number.POSITIVE_INFINITY])
      expect(callOptions({ timeoutMs }).values.timeoutMs).toBe(2 ** 31 - 1);
    expect(callOptions({ timeoutMs: 0 }).values.timeoutMs).toBe(0);
  });
});

describe("what a node is asked", () => {
  test.each(NOT_TIMES)("has no time of %j", async (timeoutMs) => {
    const agent = await startAgent({ name: "a" });
    for (const work of [
      () => agent.find("x", { timeoutMs }),
      () => agent.ask("x", "task", { timeoutMs }),
      () => agent.ask(agent.contact, "task", { timeoutMs }),
    ])
      expect(await failureOf(work())).toMatchObject({ code: "bad_options", message: expect.stringContaining("timeoutMs") });
  });

  test.each(NOT_SIGNALS)("has no signal of %j", async (signal) => {
    const agent = await startAgent({ name: "a" });
    for (const work of [
      () => agent.find("x", { signal }),
      () => agent.ask("x", "task", { signal }),
      () => agent.ask(agent.contact, "task", { signal }),
      () => agent.lookup(agent.id, signal),
      () => agent.join([], { signal }),
      () => new Node().start({ signal }),
    ])
      expect(await failureOf(work())).toMatchObject({ code: "bad_options", message: expect.stringContaining("signal") });
  });

  test("takes undefined for what was not given", async () => {
    const agent = await startAgent({ name: "a" });
    const none = { timeoutMs: undefined, signal: undefined };
    expect((await agent.find("x", none)).matches).toEqual([]);
    expect((await failureOf(agent.ask("x", "task", none))).code).toBe("not_found");
  });
});

describe("the options of a server", () => {
  test.each([70_000, -1, 1.5, Number.NaN, "80"] as never[])("have no port of %j", (port) => {
    for (const make of [() => new Server({ port }), () => new Node({ port })])
      expect(make).toThrow(expect.objectContaining({ code: "bad_options", message: expect.stringContaining("port") }));
  });

  test("that are undefined leave the default", async () => {
    const node = new Node({ port: undefined });
    onTestFinished(() => node.stop());
    await node.start();
    expect(node.port).toBeGreaterThan(0);
    expect(node.port).not.toBe(DEFAULT_PORT);
  });

  test.each(["_synapse.mine", "_agent.ask", "_node.info"])("have no endpoint %s: its beginning is the protocol's", async (name) => {
    const error = await failureOf(() => new Server().endpoint(name, { description: "d" }, () => 1));
    expect(error).toMatchObject({ code: "bad_options", message: expect.stringContaining(name), hint: expect.any(String) });
    expect((await failureOf(() => new Server().endpoint(name, () => 1))).code).toBe("bad_options");
  });

  test("have one that only looks like those", () => {
    expect(new Server().endpoint("_mine", () => 1).endpoint("_agents.list", () => 2)).toBeInstanceOf(Server);
  });
});

describe("a client", () => {
  test.each([70_000, -1, 1.5, Number.NaN])("has no port of %j", (port) => {
    expect(() => new Client("127.0.0.1", port)).toThrow(expect.objectContaining({ code: "bad_options" }));
  });
});
