import { encode } from "@msgpack/msgpack";
import { describe, expect, test } from "vitest";
import { parseAddress, toHex } from "../../src/index.ts";
import type { CallContext } from "../../src/rpc/call-context.ts";
import { Connection } from "../../src/rpc/connection.ts";
import type { CallOptions } from "../../src/rpc/outgoing-calls.ts";
import { frame } from "../../src/transport/framing.ts";
import type { Link } from "../../src/transport/transport.ts";
import { deferred, failureOf, turn, until } from "../support/net/lifetime.ts";
import { hostOf, linked, listening, type Side, transportOf } from "../support/net/link-pair.ts";
import { RawPeer } from "../support/net/raw-peer.ts";
import { messageIn } from "../support/net/vectors.ts";

const PATIENT: CallOptions = { timeoutMs: 20_000 };

type Callable = Pick<Side, "connection">;
type Serving = Pick<Side, "registry">;

function ask(side: Callable, endpoint: string, value: unknown = null, options: CallOptions = PATIENT): Promise<unknown> {
  return side.connection.call({ endpoint, args: [value], kwargs: {} }, options);
}

/** An endpoint whose calls are answered when the test says so, in the order in which it says so. */
function held(side: Serving, name = "held") {
  const calls: { readonly value: unknown; readonly context: CallContext; readonly answer: (value: unknown) => void }[] = [];
  side.registry.register(name, {}, (args, context) => {
    const { promise, resolve } = deferred<unknown>();
    calls.push({ value: args[0], context, answer: resolve });
    return promise;
  });
  return calls;
}

test("Whoever answers a call before it is made has its link ended: it must not seem nearer than it is", async () => {
  const { dialler, accepter } = await linked("secure");
  expect(await ask(dialler, "echo", "as it should be")).toBe("as it should be");
  accepter.connection.send({ type: "response", id: "1", ok: true, result: "once more", error: null });
  expect(await ask(dialler, "echo", "still there")).toBe("still there");
  for (const id of ["3", "4", "5"]) accepter.connection.send({ type: "response", id, ok: true, result: "guessed", error: null });
  await until(() => !dialler.connection.isOpen);
  expect((await failureOf(() => ask(dialler, "echo"))).code).toBe("connection_lost");
});

describe.each(["plain", "secure"] as const)("over one link in the %s dialect", (dialect) => {
  test("calls are answered in whatever order they end, each caller with its own answer", async () => {
    const { dialler, accepter } = await linked(dialect);
    const calls = held(accepter);
    const values = Array.from({ length: 50 }, (_, i) => i);
    const ended: number[] = [];
    const asked = values.map(async (value) => {
      const answer = await ask(dialler, "held", value);
      ended.push(value);
      return answer;
    });
    await until(() => calls.length === values.length);
    for (const call of [...calls].reverse()) call.answer(`answer to ${call.value}`);
    expect(await Promise.all(asked)).toEqual(values.map((value) => `answer to ${value}`));
    expect(ended).toEqual([...values].reverse());
  });

  test("a slow call does not hold up a quick one", async () => {
    const { dialler, accepter } = await linked(dialect);
    const calls = held(accepter);
    const slow = ask(dialler, "held");
    expect(await ask(dialler, "echo", "quick")).toBe("quick");
    await until(() => calls.length === 1);
    calls[0]?.answer("slow");
    expect(await slow).toBe("slow");
  });

  test("a handler's error is the caller's, with its code, and marked as the other side's", async () => {
    const { dialler, accepter } = await linked(dialect);
    accepter.registry.register("fail", {}, () => {
      throw Object.assign(new Error("boom"), { code: "ENOENT" });
    });
    accepter.registry.register("reject", {}, () => Promise.reject("not even an error"));
    expect(await failureOf(ask(dialler, "fail"))).toMatchObject({ code: "internal_error", message: "boom", remote: true });
    expect(await failureOf(ask(dialler, "reject"))).toMatchObject({ code: "internal_error", message: "not even an error", remote: true });
  });

  test("a result that cannot be sent is its handler's error", async () => {
    const { dialler, accepter } = await linked(dialect);
    accepter.registry.register("function", {}, () => () => 1);
    accepter.registry.register("later", {}, async () => Symbol("x"));
    for (const endpoint of ["function", "later"]) {
      const error = await failureOf(ask(dialler, endpoint));
      expect(error).toMatchObject({ code: "internal_error", message: expect.stringMatching(/the result cannot be sent/) });
    }
    expect(await ask(dialler, "echo", 1)).toBe(1);
  });

  test("a result or an argument beyond the frame limit fails that call alone", async () => {
    const { dialler, accepter } = await linked(dialect, { limits: { maxFrameBytes: 50_000 } }, { limits: { maxFrameBytes: 10_000 } });
    accepter.registry.register("large", {}, () => "x".repeat(20_000));
    expect(await failureOf(ask(dialler, "large"))).toMatchObject({ code: "frame_too_large", remote: true });
    expect(await failureOf(ask(dialler, "echo", "x".repeat(60_000)))).toMatchObject({ code: "frame_too_large", remote: false });
    expect(await ask(dialler, "echo", 1)).toBe(1);
  });

  test("an aborted call ends at once, and its late answer troubles nobody", async () => {
    const { dialler, accepter } = await linked(dialect);
    const calls = held(accepter);
    const controller = new AbortController();
    const aborted = failureOf(ask(dialler, "held", 1, { ...PATIENT, signal: controller.signal }));
    await until(() => calls.length === 1);
    controller.abort(new Error("no longer wanted"));
    expect(await aborted).toMatchObject({ code: "aborted", remote: false, cause: { message: "no longer wanted" } });
    calls[0]?.answer("too late");
    expect(await ask(dialler, "echo", 2)).toBe(2);
    expect(dialler.connection.isOpen).toBe(true);
  });

  test("a call whose signal is aborted already is not sent", async () => {
    const { dialler, accepter } = await linked(dialect);
    const calls = held(accepter);
    expect(await failureOf(ask(dialler, "held", 1, { ...PATIENT, signal: AbortSignal.abort() }))).toMatchObject({ code: "aborted" });
    await ask(dialler, "echo");
    expect(calls).toEqual([]);
  });

  test("a signal that outlives its call keeps nothing of it", async () => {
    const { dialler } = await linked(dialect);
    const controller = new AbortController();
    let listeners = 0;
    const { signal } = controller;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    };
    for (let i = 0; i < 20; i++) await ask(dialler, "echo", i, { ...PATIENT, signal });
    expect(listeners).toBe(0);
  });

  test("calls under way fail with connection_lost when the other side vanishes, and later ones at once", async () => {
    const { dialler, accepter } = await linked(dialect);
    const calls = held(accepter);
    const lost = [failureOf(ask(dialler, "held")), failureOf(ask(dialler, "held"))];
    await until(() => calls.length === 2);
    accepter.connection.destroy();
    for (const error of await Promise.all(lost)) expect(error).toMatchObject({ code: "connection_lost", retryable: true, remote: false });
    expect(dialler.connection.isBusy).toBe(false);
    expect(await failureOf(ask(dialler, "echo"))).toMatchObject({ code: "connection_lost" });
  });

  test("closing waits for the calls under way, and takes no others", async () => {
    const { dialler, accepter } = await linked(dialect);
    const calls = held(accepter);
    const last = ask(dialler, "held");
    await until(() => calls.length === 1);
    dialler.connection.closeWhenIdle();
    expect(await failureOf(ask(dialler, "echo"))).toMatchObject({ code: "connection_lost" });
    const closed = deferred();
    dialler.connection.whenClosed(() => closed.resolve());
    calls[0]?.answer("the last word");
    expect(await last).toBe("the last word");
    await closed.promise;
  });
});

describe("over one link in the secure dialect", () => {
  test("either side may call the other, both at once", async () => {
    const { dialler, accepter } = await linked("secure");
    const [from, to] = [held(dialler), held(accepter)];
    const answers = [ask(dialler, "held", "to"), ask(accepter, "held", "fro")];
    await until(() => from.length === 1 && to.length === 1);
    expect([to[0]?.value, from[0]?.value]).toEqual(["to", "fro"]);
    to[0]?.answer(1);
    from[0]?.answer(2);
    expect(await Promise.all(answers)).toEqual([1, 2]);
  });

  test("a handler may call back the caller whose call it works on", async () => {
    const { dialler, accepter } = await linked("secure");
    dialler.registry.register("price", {}, () => 21);
    accepter.registry.register("total", {}, async () => 2 * ((await ask(accepter, "price")) as number));
    expect(await ask(dialler, "total")).toBe(42);
  });

  test("a handler knows who calls, from where, and what came along", async () => {
    const { dialler, accepter } = await linked("secure", { swarm: "s", listen: ["tcp://127.0.0.1:7"] }, { swarm: "s" });
    const calls = held(accepter);
    const asked = ask(dialler, "held", null, { ...PATIENT, meta: { trace: "abc" } });
    await until(() => calls.length === 1);
    const context = calls[0]?.context;
    expect(context?.peerId).toEqual(dialler.identity.nodeId);
    expect(context?.peerContact).toMatchObject({ key: toHex(dialler.identity.nodeId), addresses: ["tcp://127.0.0.1:7"] });
    expect(context?.remoteAddress).toMatch(/^tcp:\/\/127\.0\.0\.1:\d+$/);
    expect([context?.meta, context?.endpoint]).toEqual([{ trace: "abc" }, "held"]);
    calls[0]?.answer(null);
    await asked;
  });

  test("an aborted call is cancelled over there", async () => {
    const { dialler, accepter } = await linked("secure");
    const calls = held(accepter);
    const controller = new AbortController();
    void failureOf(ask(dialler, "held", 1, { ...PATIENT, signal: controller.signal }));
    const other = ask(dialler, "held", 2);
    await until(() => calls.length === 2);
    const signals = calls.map(({ context }) => context.signal);
    controller.abort();
    await until(() => signals[0]?.aborted === true);
    expect(signals[1]?.aborted).toBe(false);
    for (const call of calls) call.answer("done");
    expect(await other).toBe("done");
  });

  test("a handler is told when its caller vanishes", async () => {
    const { dialler, accepter } = await linked("secure");
    const calls = held(accepter);
    void failureOf(ask(dialler, "held"));
    await until(() => calls.length === 1);
    const signal = calls[0]?.context.signal;
    expect(signal?.aborted).toBe(false);
    dialler.connection.destroy();
    await until(() => signal?.aborted === true);
    expect(accepter.connection.isBusy).toBe(false);
    calls[0]?.answer("into the void");
  });

  test("a call to the one who dialled fails with connection_lost when that one vanishes", async () => {
    const { dialler, accepter } = await linked("secure");
    const calls = held(dialler);
    const lost = failureOf(ask(accepter, "held"));
    await until(() => calls.length === 1);
    dialler.connection.destroy();
    expect(await lost).toMatchObject({ code: "connection_lost", retryable: true });
  });

  test("hello tells each side of the other", async () => {
    const { dialler, accepter } = await linked("secure", { swarm: "s" }, { swarm: "s", listen: ["tcp://192.0.2.1:1"] });
    const [theirs, ours] = await Promise.all([dialler.connection.ready, accepter.connection.ready]);
    expect(theirs).toMatchObject({ version: 2, swarm: "s", listen: ["tcp://192.0.2.1:1"], software: "test" });
    expect(ours).toMatchObject({ listen: [], observed: accepter.link.remoteAddress.length > 0 ? expect.any(String) : "" });
    expect(dialler.connection.peerContact?.addresses).toEqual(["tcp://192.0.2.1:1"]);
    expect(accepter.connection.peerContact).toBeUndefined(); // it cannot be dialled: a client, no member
  });

  test("another swarm is refused on both sides, before any call is answered", async () => {
    const { dialler, accepter } = await linked("secure", { swarm: "home" }, { swarm: "away" });
    const calls = held(accepter);
    const errors = [failureOf(ask(dialler, "held")), failureOf(dialler.connection.ready), failureOf(accepter.connection.ready)];
    for (const error of await Promise.all(errors)) expect(error.code).toBe("wrong_swarm");
    await turn();
    expect(calls).toEqual([]);
  });
});

describe("over one link in the plain dialect", () => {
  const REQUEST = frame(encode({ id: "7", endpoint: "held" }));

  test("a caller that has sent its request and closed its half still gets the answer", async () => {
    const { accepter, peer } = await rawlyLinked();
    const calls = held(accepter);
    peer.send(REQUEST).socket.end();
    await until(() => calls.length === 1);
    await turn();
    calls[0]?.answer("for you");
    expect(messageIn(await peer.frame())).toMatchObject({ id: "7", result: "for you" });
    await peer.gone;
  });

  test("a handler is told when its caller breaks off", async () => {
    const { accepter, peer } = await rawlyLinked();
    const calls = held(accepter);
    peer.send(REQUEST);
    await until(() => calls.length === 1);
    const signal = calls[0]?.context.signal;
    peer.socket.resetAndDestroy();
    await until(() => signal?.aborted === true);
    expect(accepter.connection.isBusy).toBe(false);
  });
});

/** A bare socket on one side, a connection on the other. */
async function rawlyLinked() {
  const arrived = deferred<Link>();
  const address = await listening(transportOf(), (link) => arrived.resolve(link));
  const peer = (await RawPeer.connect(parseAddress(address).port)).send(frame(encode({ id: "0", endpoint: "_none" })));
  const host = hostOf();
  const accepter = { registry: host.registry, connection: new Connection(host, await arrived.promise) };
  await peer.frame();
  return { accepter, peer };
}
