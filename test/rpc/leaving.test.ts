import { describe, expect, test } from "vitest";
import { Client, callOptions, input } from "../../src/index.ts";
import { closing, deferred, failureOf, passTime, serve, startAgent, until } from "../support/net/lifetime.ts";
import { linked } from "../support/net/link-pair.ts";
import { oneShotServer, rawListener } from "../support/net/one-shot-server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const REQUEST = { endpoint: "echo", args: [1], kwargs: {} };
const OPTIONS = { timeoutMs: 60_000 };

describe("a side that leaves", () => {
  test("says so; the other makes no further calls, and closes when those under way have ended", async () => {
    const { dialler, accepter } = await linked("secure");
    const held = deferred<string>();
    accepter.registry.register("held", {}, () => held.promise);
    const answer = dialler.connection.call({ ...REQUEST, endpoint: "held" }, OPTIONS);
    await dialler.connection.call(REQUEST, OPTIONS);
    accepter.connection.closeWhenIdle();
    await until(() => !dialler.connection.isOpen);
    expect(await failureOf(dialler.connection.call(REQUEST, OPTIONS))).toMatchObject({ code: "connection_lost", remote: false });
    held.resolve("done");
    expect(await answer).toBe("done");
    await new Promise<void>((closed) => accepter.connection.whenClosed(() => closed()));
  });

  test("refuses what was asked before the other had heard, so that it is not lost", async () => {
    const { dialler, accepter } = await linked("secure");
    await dialler.connection.call(REQUEST, OPTIONS);
    dialler.connection.closeWhenIdle();
    const crossing = accepter.connection.call(REQUEST, OPTIONS); // sent while the goaway is on its way
    expect(await failureOf(crossing)).toMatchObject({ code: "busy", remote: true });
  });

  test("costs a node nothing that calls over its link at that moment: the call is made over another", async () => {
    const [first, second] = [await startAgent({ name: "first" }), await startAgent({ name: "second" })];
    first.endpoint("whoami", () => "first");
    second.endpoint("whoami", () => "second");
    const link = await first.insides.core.pool.connect(second.contact, OPTIONS);
    await link.call({ ...REQUEST, endpoint: "whoami" }, OPTIONS);
    link.closeWhenIdle();
    expect(await second.call(first.contact, "whoami")).toBe("first");
    expect(await first.call(second.contact, "whoami")).toBe("second");
  });
});

describe("a call that may be repeated", () => {
  test("is made again until there is somebody to answer", async () => {
    const clock = new VirtualClock(1);
    const { port, close } = await rawListener();
    await close();
    const client = closing(new Client("127.0.0.1", port, { dialect: "secure", runtime: clock }));
    const patient = client.call("late", callOptions({ idempotent: true, timeoutMs: 600_000 }));
    for (let n = 0; n < 3; n++) expect((await passTime(clock, failureOf(client.call("late")))).code).toBe("unreachable");
    await serve({ port }, (it) => it.endpoint("late", () => "better than never"));
    expect(await passTime(clock, patient)).toBe("better than never");
  });

  test("fails when its time is over", async () => {
    const clock = new VirtualClock(1);
    const { port, close } = await rawListener();
    await close();
    const client = closing(new Client("127.0.0.1", port, { dialect: "secure", runtime: clock }));
    const began = clock.now();
    const error = await passTime(clock, failureOf(client.call("x", callOptions({ idempotent: true, timeoutMs: 20_000 }))));
    expect(error.code).toBe("unreachable");
    expect(clock.now() - began).toBeGreaterThan(5_000);
    expect(clock.now() - began).toBeLessThanOrEqual(21_000);
  });

  test("is not, where it sends a stream: that cannot be read again", async () => {
    const { port } = await rawListener((peer) => peer.socket.destroy());
    const client = closing(new Client("127.0.0.1", port, { dialect: "secure" }));
    const call = client.call("x", input([1, 2]), callOptions({ idempotent: true, timeoutMs: 600_000 }));
    expect((await failureOf(call)).remote).toBe(false);
  });
});

test("A call that may not be repeated runs once at most", async () => {
  const { requests, port } = await oneShotServer(() => new Uint8Array(0));
  const client = closing(new Client("127.0.0.1", port, { dialect: "plain" }));
  expect((await failureOf(client.call("x"))).remote).toBe(false);
  expect(requests).toHaveLength(1);
});
