import { encode } from "@msgpack/msgpack";
import { describe, expect, test } from "vitest";
import { Client, DEFAULT_LIMITS, type Limits } from "../../src/index.ts";
import { frame } from "../../src/transport/framing.ts";
import { closing, failureOf, type GlassServer, serve, until } from "../support/net/lifetime.ts";
import { listening, transportOf } from "../support/net/link-pair.ts";
import { RawPeer } from "../support/net/raw-peer.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const HELLO = { type: "hello", version: 2, swarm: "", listen: [], features: [], software: "", observed: "" };
const ping = { type: "request", id: "1", endpoint: "_synapse.ping", args: [] as unknown[], kwargs: {} };
const held = (id: string) => ({ ...ping, id, endpoint: "held" });

interface Case {
  readonly limits: Partial<Limits>;
  provoke(server: GlassServer, clock: VirtualClock): Promise<unknown>;
}

/** Sends bytes to a server, and waits for the end of the link, or for as many answers. */
const answered = async ({ port }: GlassServer, message: unknown) => (await RawPeer.connect(port)).say(message).frame();

/** Holds open as many links as there may be, and asks for another. */
async function oneMore({ port }: GlassServer) {
  await (await RawPeer.connect(port)).say(ping).frame();
  await (await RawPeer.connect(port)).say(ping).frame();
}

/** Asks for large answers and reads none of them. */
async function stopReading(server: GlassServer) {
  const lazy = await Promise.all(Array.from({ length: 4 }, () => RawPeer.connect(server.port)));
  for (const peer of lazy) peer.socket.pause();
  for (let n = 0; n < 40; n++) for (const peer of lazy) if (!peer.socket.destroyed) peer.say({ ...ping, id: String(n), endpoint: "block" });
  await until(() => server.limitCounts.maxBufferedBytes + server.limitCounts.maxBufferedBytesInAll > 0);
}

/** Calls somebody who says hello, and then nothing. */
async function callTheSilent({ insides }: GlassServer, clock: VirtualClock) {
  const address = await listening(transportOf(), (link) => {
    link.open({ onMessage: () => undefined, onFault: () => undefined, onEnd: () => link.close(), onClose: () => undefined });
    link.send(encode(HELLO));
  });
  const connection = await insides.core.pool.connectAddress(address, { timeoutMs: 1_000_000 });
  const lost = failureOf(connection.call({ endpoint: "any", args: [], kwargs: {} }, { timeoutMs: 1_000_000 }));
  clock.advance(DEFAULT_LIMITS.keepAliveMs);
  clock.advance(DEFAULT_LIMITS.keepAliveTimeoutMs);
  expect(await lost).toMatchObject({ code: "connection_lost" });
}

/** All but `maxConnectionsPerHost`, for which links of this machine do not count: see test/transport/limits.test.ts. */
const CASES: { readonly [limit in keyof Omit<Limits, "maxConnectionsPerHost">]: Case } = {
  maxFrameBytes: { limits: { maxFrameBytes: 200 }, provoke: (server) => answered(server, { ...ping, args: ["x".repeat(300)] }) },
  maxDepth: { limits: { maxDepth: 5 }, provoke: (server) => answered(server, { ...ping, args: [[[[[[]]]]]] }) },
  maxValues: { limits: { maxValues: 30 }, provoke: (server) => answered(server, { ...ping, args: Array(31).fill(0) }) },
  maxConnections: { limits: { maxConnections: 1 }, provoke: oneMore },
  maxCallsPerLink: {
    limits: { maxCallsPerLink: 1 },
    provoke: async ({ port }) => (await RawPeer.connect(port)).say(held("1"), held("2")).frame(),
  },
  maxBufferedBytes: { limits: { maxBufferedBytes: 1_000_000 }, provoke: stopReading },
  maxBufferedBytesInAll: { limits: { maxBufferedBytesInAll: 1_000_000 }, provoke: stopReading },
  handshakeTimeoutMs: {
    limits: { handshakeTimeoutMs: 50 },
    provoke: async ({ port }, clock) => {
      const peer = await RawPeer.secure(port);
      await peer.frame(); // its hello: it waits for ours
      clock.advance(51);
      await peer.gone;
    },
  },
  frameTimeoutMs: {
    limits: { frameTimeoutMs: 50 },
    provoke: async (server, clock) => {
      const peer = await RawPeer.connect(server.port);
      peer.send(Buffer.concat([frame(encode(ping)), frame(encode(ping)).subarray(0, 9)]));
      await peer.frame(); // it has seen the part of a second one, then
      clock.advance(51);
      await peer.gone;
    },
  },
  stallTimeoutMs: {
    limits: { stallTimeoutMs: 500 },
    provoke: async (server, clock) => {
      const lazy = await RawPeer.secure(server.port);
      lazy.say({ ...HELLO, features: ["stream"] });
      await lazy.frame();
      lazy.socket.pause();
      lazy.say({ ...ping, endpoint: "blocks", stream: true }, { type: "credit", id: "1", items: 500 });
      await until(() => {
        clock.advance(10);
        return server.limitCounts.stallTimeoutMs > 0;
      });
    },
  },
  keepAliveMs: { limits: {}, provoke: callTheSilent },
  keepAliveTimeoutMs: { limits: {}, provoke: callTheSilent },
  idleTimeoutMs: {
    limits: { idleTimeoutMs: 500 },
    provoke: async ({ port }, clock) => {
      const peer = await RawPeer.connect(port);
      await peer.say(ping).frame();
      clock.advance(501);
      await peer.gone;
    },
  },
};

describe("A limit that is met is counted, and the server serves on", () => {
  test.each(Object.entries(CASES) as [keyof Limits, Case][])("%s", async (limit, { limits, provoke }) => {
    const clock = new VirtualClock(1);
    const server = await serve({ limits, runtime: clock }, (it) => {
      it.endpoint("held", () => new Promise(() => undefined));
      it.endpoint("block", () => new Uint8Array(900_000));
      it.endpoint("blocks", function* () {
        for (;;) yield new Uint8Array(60_000);
      });
    });
    server.abandonCalls();
    expect(Object.values(server.limitCounts).every((count) => count === 0)).toBe(true);
    await provoke(server, clock);
    expect(server.limitCounts[limit]).toBeGreaterThan(0);
    if (limit === "maxConnections") return; // it is full
    const client = closing(new Client("127.0.0.1", server.port, { dialect: "plain" }));
    expect(await client.call("_synapse.ping")).toBe("pong");
  });
});
