import { describe, expect, test } from "vitest";
import { Client, callOptions } from "../../src/index.ts";
import type { Connection } from "../../src/rpc/connection.ts";
import { closing, deferred, failureOf, passTime, serve, startAgent, until } from "../support/net/lifetime.ts";
import { rawListener } from "../support/net/one-shot-server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

describe("a client that was closed", () => {
  const CLOSED = { code: "connection_lost", message: expect.stringMatching(/this client was closed/), retryable: false, remote: false };

  test.each(["auto", "secure", "plain"] as const)("says so of calls made then, and of streams: %s", async (dialect) => {
    const server = await serve();
    const client = new Client("127.0.0.1", server.port, { dialect });
    await client.call("_synapse.ping");
    await client.close();
    for (const options of [callOptions({}), callOptions({ idempotent: true })]) {
      expect(await failureOf(client.call("_synapse.ping", options))).toMatchObject({ ...CLOSED, hint: expect.any(String) });
      expect(await failureOf(client.stream("_synapse.ping", options).next())).toMatchObject({ ...CLOSED, hint: expect.any(String) });
    }
  });

  test.each(["auto", "secure", "plain"] as const)("says so of calls under way, and repeats none: %s", async (dialect) => {
    let calls = 0;
    const begun = deferred();
    const server = await serve({}, (it) =>
      it.endpoint("forever", () => {
        calls += 1;
        begun.resolve();
        return new Promise(() => undefined);
      }),
    );
    server.abandonCalls();
    const client = new Client("127.0.0.1", server.port, { dialect });
    const lost = failureOf(client.call("forever", callOptions({ idempotent: true })));
    await begun.promise;
    await client.close();
    expect(await lost).toMatchObject(CLOSED);
    expect(calls).toBe(1);
  });

  test("gives up a call that waits to be repeated", async () => {
    const clock = new VirtualClock(1); // which stands still
    const { port, close } = await rawListener();
    await close();
    const client = new Client("127.0.0.1", port, { dialect: "secure", runtime: clock });
    const pauses: number[] = [];
    const { schedule } = clock;
    clock.schedule = (ms, task) => {
      pauses.push(ms);
      return schedule.call(clock, ms, task);
    };
    const lost = failureOf(client.call("x", callOptions({ idempotent: true, timeoutMs: 600_000 })));
    await until(() => pauses.some((ms) => ms <= 150));
    await client.close();
    expect(await lost).toMatchObject(CLOSED);
  });
});

describe("a call that ran out of time names the time that it was given:", () => {
  test("over a fresh link, and over one that is there", async () => {
    const server = await serve({}, (it) => it.endpoint("forever", () => new Promise(() => undefined)));
    server.abandonCalls();
    const client = closing(new Client("127.0.0.1", server.port, { dialect: "secure" }));
    for (let n = 0; n < 2; n++) {
      expect(await failureOf(client.call("forever", callOptions({ timeoutMs: 200 })))).toMatchObject({
        code: "timed_out",
        message: "forever was not answered within 200 ms",
        retryable: true,
        peer: expect.any(String),
      });
    }
  });

  test.each(["auto", "secure", "plain"] as const)("to somebody who never says a word: %s", async (dialect) => {
    const { port } = await rawListener();
    const client = closing(new Client("127.0.0.1", port, { dialect }));
    expect((await failureOf(client.call("x", callOptions({ timeoutMs: 200 })))).message).toMatch(/within 200 ms/);
  });

  test("of a node, and of a task", async () => {
    const [first, second] = [await startAgent({ name: "first" }), await startAgent({ name: "second" })];
    second.onTask((_task, _context, { signal }) => new Promise((resolve) => signal.addEventListener("abort", resolve)));
    const options = { timeoutMs: 200 };
    expect((await failureOf(first.call(second.contact, "_agent.ask", "x", callOptions(options)))).message).toMatch(/within 200 ms/);
    expect((await failureOf(first.ask(second.contact, "x", options))).message).toMatch(/within 200 ms/);
  });
});

test("A stream that is left while its host is being dialled is over at once", async () => {
  const { port, accepted } = await rawListener();
  const client = closing(new Client("127.0.0.1", port, { dialect: "secure", runtime: new VirtualClock(1) }));
  const stream = client.stream("x");
  const first = stream.next();
  await until(() => accepted.length === 1);
  expect(await stream.return?.()).toEqual({ done: true, value: undefined });
  expect(await first).toEqual({ done: true, value: undefined });
  expect(await stream.next()).toEqual({ done: true, value: undefined });
});

test("A stream that is left before its first item has come ends its handler", async () => {
  const ended = deferred();
  const begun = deferred();
  const server = await serve({}, (it) =>
    it.endpoint("slow", { context: true }, async function* ({ signal }) {
      begun.resolve();
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
      ended.resolve();
      yield 1;
    }),
  );
  const stream = closing(new Client("127.0.0.1", server.port, { dialect: "secure" })).stream("slow");
  const first = stream.next();
  await begun.promise;
  await stream.return?.();
  await ended.promise;
  expect(await first).toEqual({ done: true, value: undefined });
});

describe("a stream that has not begun", () => {
  test("is opened over another link where the one it was asked over leaves", async () => {
    const [first, second] = [await startAgent({ name: "first" }), await startAgent({ name: "second" })];
    for (const agent of [first, second])
      agent.endpoint("count", function* () {
        yield* [1, 2];
      });
    const options = { timeoutMs: 60_000 };
    const link = await first.insides.core.pool.connect(second.contact, options);
    await link.call({ endpoint: "_synapse.ping", args: [], kwargs: {} }, options);
    link.closeWhenIdle();
    expect(await itemsOf(second.stream(first.contact, "count"))).toEqual([1, 2]); // sent while the goaway is on its way
    expect(await itemsOf(first.stream(second.contact, "count"))).toEqual([1, 2]);
  });

  test("is opened again until there is somebody to answer, if it may be", async () => {
    const clock = new VirtualClock(1);
    const { port, close } = await rawListener();
    await close();
    const client = closing(new Client("127.0.0.1", port, { dialect: "secure", runtime: clock }));
    const patient = itemsOf(client.stream("late", callOptions({ idempotent: true, timeoutMs: 600_000 })));
    for (let n = 0; n < 3; n++) expect((await passTime(clock, failureOf(client.stream("late").next()))).code).toBe("unreachable");
    await serve({ port }, (it) =>
      it.endpoint("late", function* () {
        yield* [1, 2, 3];
      }),
    );
    expect(await passTime(clock, patient)).toEqual([1, 2, 3]);
  });

  test("is opened again when its link was lost before the first item, and not after it", async () => {
    const runs: number[] = [];
    const links = new Set<Connection>();
    const read = deferred();
    const server = await serve({}, (it) =>
      it.endpoint("frail", async function* (items: number) {
        runs.push(items);
        for (let n = 0; n < items; n++) yield n;
        if (items > 0) await read.promise;
        if (runs.length % 2 === 1) for (const link of links) link.destroy();
        yield "end";
      }),
    );
    const { core } = server.insides;
    core.onReady = (link) => void links.add(link);
    const client = closing(new Client("127.0.0.1", server.port, { dialect: "secure" }));
    const idempotent = callOptions({ idempotent: true });
    expect(await itemsOf(client.stream("frail", 0, idempotent))).toEqual(["end"]);
    const stream = client.stream("frail", 2, idempotent);
    expect([await stream.next(), await stream.next()].map(({ value }) => value)).toEqual([0, 1]);
    read.resolve();
    expect((await failureOf(stream.next())).code).toBe("connection_lost");
    expect(await itemsOf(client.stream("frail", 0))).toEqual(["end"]);
    expect((await failureOf(itemsOf(client.stream("frail", 0)))).code).toBe("connection_lost");
    expect(runs).toEqual([0, 0, 2, 0, 0]);
  });
});

async function itemsOf(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  return items;
}
