import { encode } from "@msgpack/msgpack";
import { describe, expect, test } from "vitest";
import type { Timer } from "../../dht/index.ts";
import { Client, DEFAULT_LIMITS } from "../../src/index.ts";
import { frame } from "../../src/transport/framing.ts";
import { closing, deferred, type GlassServer, serve, turn, until } from "../support/net/lifetime.ts";
import { RawPeer } from "../support/net/raw-peer.ts";
import { messageIn } from "../support/net/vectors.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const HELLO = { type: "hello", version: 2, swarm: "", listen: [], features: [], software: "x", observed: "tcp://127.0.0.1:1" };
const PING = { type: "request", id: "p", endpoint: "_synapse.ping", args: [], kwargs: {} };

/** Remembers for how long tasks were put off. */
class RecordingClock extends VirtualClock {
  readonly delays: number[] = [];

  override schedule(delayMs: number, task: () => void): Timer {
    this.delays.push(delayMs);
    return super.schedule(delayMs, task);
  }
}

/** A proved peer whose hellos have been exchanged. */
async function greeted(server: GlassServer): Promise<RawPeer> {
  const peer = (await RawPeer.secure(server.port)).say(HELLO);
  expect(messageIn(await peer.frame())).toMatchObject({ type: "hello", version: 2 });
  return peer;
}

async function expectUnharmed(server: GlassServer): Promise<void> {
  const client = new Client("127.0.0.1", server.port, { dialect: "secure" });
  expect(await client.call("_synapse.ping")).toBe("pong");
  await client.close();
  await until(() => server.insides.core.acceptedCount === 0);
}

describe("a peer that has proved its id", () => {
  test.each<[string, unknown]>([
    ["a request", PING],
    ["an answer", { type: "response", id: "1", ok: true, result: 1, error: null }],
    ["a hello of another version", { ...HELLO, version: 3 }],
    ["a hello with a thousand addresses", { ...HELLO, listen: Array(1_000).fill("tcp://h:1") }],
    ["a hello with an address that is none", { ...HELLO, listen: ["nonsense"] }],
    ["a hello with an address at which nobody can be dialled", { ...HELLO, listen: ["tcp://127.0.0.1:0"] }],
    ["a hello of endless names", { ...HELLO, software: "x".repeat(10_000) }],
    ["a list", [1, 2]],
    ["nil", null],
  ])("and begins with %s is told so behind the hello, and left", async (_, first) => {
    const server = await serve({}, (it) => it.endpoint("never", () => expect.unreachable()));
    const peer = (await RawPeer.secure(server.port)).say(first, { ...PING, endpoint: "never" });
    expect(messageIn(await peer.frame())).toMatchObject({ type: "hello" });
    expect(messageIn(await peer.frame())).toMatchObject({ type: "response", id: "", error: { code: expect.stringMatching(/^bad_/) } });
    expect(await peer.rest()).toHaveLength(0);
    await expectUnharmed(server);
  });

  test("and has not said hello is refused a frame longer than a hello can be, on sight of its header", async () => {
    const server = await serve({});
    const peer = (await RawPeer.secure(server.port)).send(Uint8Array.of(0, 0, 0x40, 1));
    await peer.frame();
    expect(messageIn(await peer.frame())).toMatchObject({ type: "response", id: "", error: { code: "frame_too_large" } });
    expect(await peer.rest()).toHaveLength(0);
    expect(server.limitCounts.maxFrameBytes).toBe(1);
    await expectUnharmed(server);
  });

  test("may say anything behind its hello at once, as long as it likes", async () => {
    const server = await serve({}, (it) => it.endpoint("length", (text: string) => text.length));
    const long = { ...PING, endpoint: "length", args: ["x".repeat(1_000_000)] };
    const peer = (await RawPeer.secure(server.port)).send(Buffer.concat([HELLO, long].map((message) => frame(encode(message)))));
    await peer.frame();
    expect(messageIn(await peer.frame())).toMatchObject({ result: 1_000_000 });
  });

  test("and names addresses of schemes that are not spoken here is answered", async () => {
    const server = await serve({});
    const peer = (await RawPeer.secure(server.port)).say({ ...HELLO, swarm: "x", listen: ["quic://h:1", "ws://h/path"] }, PING);
    expect(messageIn(await peer.frame())).toMatchObject({ type: "hello" });
    expect(messageIn(await peer.frame())).toMatchObject({ ok: true, result: "pong" });
  });

  test("of another swarm is told so, and left", async () => {
    const server = await serve({});
    const peer = (await RawPeer.secure(server.port)).say({ ...HELLO, swarm: "x".repeat(300) });
    await peer.frame();
    expect(messageIn(await peer.frame())).toMatchObject({ type: "response", error: { code: "bad_hello" } });
    expect(await peer.rest()).toHaveLength(0);
  });

  test("and says nothing is left when the time for hello is over", async () => {
    const clock = new VirtualClock(1);
    const server = await serve({ runtime: clock });
    const peer = await RawPeer.secure(server.port);
    await peer.frame();
    await until(() => server.insides.core.acceptedCount === 1);
    clock.advance(DEFAULT_LIMITS.handshakeTimeoutMs);
    expect(await peer.rest()).toHaveLength(0);
  });

  test("may say hello once: a second is an error, and calls go on", async () => {
    const server = await serve();
    const peer = (await greeted(server)).say({ ...HELLO, listen: ["tcp://192.0.2.1:1"] }, PING);
    expect(messageIn(await peer.frame())).toMatchObject({ type: "response", id: "", ok: false, error: { code: "bad_request" } });
    expect(messageIn(await peer.frame())).toMatchObject({ id: "p", result: "pong" });
  });

  test("that answers calls which nobody made is not listened to", async () => {
    const server = await serve();
    const ids = ["0", "", "p", "-7", "constructor", "__proto__"];
    const good = ids.map((id) => ({ type: "response", id, ok: true, result: "gift", error: null }));
    const bad = ids.map((id) => ({ type: "response", id, ok: false, result: null, error: { code: "x", message: "y" } }));
    const cancelled = ids.map((id) => ({ type: "cancel", id }));
    const peer = (await greeted(server)).say(...good, ...bad, ...cancelled, PING);
    expect(messageIn(await peer.frame())).toMatchObject({ id: "p", result: "pong" });
    peer.socket.destroy();
    await expectUnharmed(server);
  });

  test.each(["1", "999999999999"])("that answers a call which may yet be made, %s, is left", async (id) => {
    const server = await serve();
    const peer = (await greeted(server)).say({ type: "response", id, ok: true, result: "gift", error: null }, PING);
    await expect(peer.frame()).rejects.toThrow();
    await expectUnharmed(server);
  });

  test.each([
    [{ type: "item", id: {} }],
    [{ type: "end", id: ["1"] }],
    [{ type: "credit", id: "1", more: 2 ** 31 }],
    [{ type: "credit", id: "1", items: 0 }],
    [{ type: "credit", id: "1", items: -1 }],
    [{ type: "credit", id: "1", items: Number.NaN }],
    [{ type: "no such thing" }],
    [{ type: 7 }],
    [{ type: "cancel", id: {} }],
    [{ type: "response", id: "1" }],
    [{ type: "response", id: "1", ok: false, error: "no map" }],
    [{ ...PING, deadline_ms: "never" }],
    [{ ...PING, deadline_ms: -5 }],
    [{ ...PING, meta: 5 }],
    [{ ...PING, args: {} }],
    [{ ...PING, unknown: 1 }],
  ])("and says %j is told that this is not understood, and served on", async (message) => {
    const server = await serve();
    const peer = (await greeted(server)).say(message, PING);
    expect(messageIn(await peer.frame())).toMatchObject({ type: "response", ok: false, error: { code: "bad_request" } });
    expect(messageIn(await peer.frame())).toMatchObject({ id: "p", result: "pong" });
  });

  test.each([0, 1e308, Number.POSITIVE_INFINITY, 2 ** 53])(
    "may name a deadline of %d ms, and no timer is set beyond what timers count",
    async (deadline_ms) => {
      const clock = new RecordingClock(1);
      const server = await serve({ runtime: clock }, (it) => {
        it.insides.core.registry.register("look", {}, (_, { signal }) => signal.aborted);
      });
      const peer = (await greeted(server)).say({ ...PING, endpoint: "look", deadline_ms });
      expect(messageIn(await peer.frame())).toMatchObject({ id: "p", result: false });
      expect(Math.max(...clock.delays)).toBeLessThan(2 ** 31);
      peer.socket.destroy();
    },
  );

  test("cannot cancel the calls of another", async () => {
    const begun = deferred<AbortSignal>();
    const release = deferred<string>();
    const server = await serve({}, (it) => {
      it.insides.core.registry.register("held", {}, (_, context) => {
        begun.resolve(context.signal);
        return release.promise;
      });
    });
    const answer = closing(new Client("127.0.0.1", server.port)).call("held");
    const signal = await begun.promise;
    const peer = (await greeted(server)).say(...Array.from({ length: 100 }, (_, id) => ({ type: "cancel", id: String(id) })), PING);
    await peer.frame();
    await turn();
    expect(signal.aborted).toBe(false);
    release.resolve("mine");
    expect(await answer).toBe("mine");
  });

  test("that gives a thousand calls the same id gets a thousand answers", async () => {
    const server = await serve({ limits: { maxCallsPerLink: 2_000 } });
    const peer = (await greeted(server)).say(...Array<unknown>(1_000).fill(PING));
    for (let i = 0; i < 1_000; i++) expect(messageIn(await peer.frame())).toMatchObject({ id: "p", result: "pong" });
    peer.socket.destroy();
    await expectUnharmed(server);
  });
});
