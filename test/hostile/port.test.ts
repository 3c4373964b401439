import { connect } from "node:net";
import { encode } from "@msgpack/msgpack";
import { describe, expect, test } from "vitest";
import { Client, type ServerOptions } from "../../src/index.ts";
import { frame } from "../../src/transport/framing.ts";
import { closing, deferred, type GlassServer, serve, until } from "../support/net/lifetime.ts";
import { RawPeer } from "../support/net/raw-peer.ts";
import { messageIn } from "../support/net/vectors.ts";
import { Random } from "../support/random.ts";

const SMALL_FRAMES: ServerOptions = { limits: { maxFrameBytes: 10_000 } };
const PING = { type: "request", id: "1", endpoint: "_synapse.ping", args: [], kwargs: {} };
const random = new Random(11);

function nested(levels: number): Uint8Array {
  return Uint8Array.from([...Array<number>(levels).fill(0x91), 0xc0]);
}

/** The server still serves both dialects, and holds nothing of those who are gone. */
async function expectUnharmed(server: GlassServer): Promise<void> {
  for (const dialect of ["plain", "secure"] as const) {
    const client = new Client("127.0.0.1", server.port, { dialect });
    expect(await client.call("_synapse.ping")).toBe("pong");
    await client.close();
  }
  await until(() => server.insides.core.acceptedCount === 0);
  expect(server.insides.core.pool.size).toBe(0);
}

const JUNK: readonly (readonly [string, Uint8Array])[] = [
  ["nothing at all", new Uint8Array(0)],
  ["one byte of a plain frame", Uint8Array.of(0)],
  ["one byte of TLS", Uint8Array.of(0x16)],
  ["half a frame", frame(encode(PING)).subarray(0, 20)],
  ["a header without a frame", Uint8Array.of(0, 0, 1, 0)],
  ["an oversized header", Uint8Array.of(0, 0xff, 0xff, 0xff)],
  ["a header beyond 16 MiB", Uint8Array.of(0x7f, 0xff, 0xff, 0xff)],
  ["an HTTP request", Buffer.from("GET / HTTP/1.1\r\nHost: x\r\n\r\n")],
  ["TLS of another kind", Buffer.from("160301000501000001ff", "hex")],
  ["TLS that turns to noise", Uint8Array.from([0x16, 3, 1, 0, 200, ...random.bytes(400)])],
  ["a million levels", frame(nested(9_000))],
  ["an array that claims four billion values", frame(Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff))],
  ["a map that claims four billion values", frame(Uint8Array.of(0xdf, 0xff, 0xff, 0xff, 0xff, 1, 2))],
  ["a map whose keys are maps", frame(Uint8Array.of(0x81, 0x81, 1, 2, 3))],
  ["a request whose id is a map", frame(encode({ ...PING, id: {} }))],
  ["a request of the prototype", frame(encode({ ...PING, endpoint: "__proto__" }))],
  ["empty frames", Uint8Array.from(Array<number>(400).fill(0))],
  ["answers to nobody", frame(encode({ type: "response", id: "1", ok: true, result: 1, error: null }))],
  ["a hello in plain", frame(encode({ type: "hello", version: 2, swarm: "", listen: [], features: [], software: "", observed: "" }))],
];

describe("at the port of a server", () => {
  test.each(JUNK)("%s, from one who then leaves, does no harm", async (_, bytes) => {
    const server = await serve(SMALL_FRAMES);
    const leaving = [await RawPeer.connect(server.port), await RawPeer.connect(server.port)];
    leaving[0]?.send(bytes).socket.end();
    leaving[1]?.send(bytes).socket.resetAndDestroy();
    for (const peer of leaving) await peer.gone;
    await expectUnharmed(server);
  });

  test.each(JUNK)("%s, from one who stays, does no harm to others", async (_, bytes) => {
    const server = await serve(SMALL_FRAMES);
    const staying = (await RawPeer.connect(server.port)).send(bytes);
    expect(await closing(new Client("127.0.0.1", server.port)).call("_synapse.ping")).toBe("pong");
    staying.socket.destroy();
  });

  test("200 streams of random bytes do no harm", async () => {
    const server = await serve(SMALL_FRAMES);
    for (let i = 0; i < 200; i++) {
      const noise = random.bytes(random.int(300));
      if (noise.length > 0 && i % 3 > 0) noise[0] = i % 3 === 1 ? 0 : 0x16;
      const peer = (await RawPeer.connect(server.port)).send(noise);
      peer.socket.end();
      await peer.gone;
    }
    await expectUnharmed(server);
  });

  test.each([
    ["too large a frame", Uint8Array.of(0, 0, 0x27, 0x11), /frame too large: 10001 > 10000/],
    ["too deep a message", frame(nested(100)), /nested deeper than 64 levels/],
    ["a lie about its size", frame(Uint8Array.of(0xdd, 0, 0, 0x10, 0)), /incomplete input/],
  ])("%s is answered with what is wrong with it", async (_, bytes, message) => {
    const server = await serve(SMALL_FRAMES);
    const peer = (await RawPeer.connect(server.port)).send(bytes);
    const answer = messageIn(await peer.frame());
    expect(answer).toMatchObject({ id: "", ok: false, error: { code: "bad_request", message: expect.stringMatching(message) } });
  });

  test("what follows an oversized header is dropped, and the connection is over", async () => {
    const server = await serve(SMALL_FRAMES);
    const peer = await RawPeer.connect(server.port, { allowHalfOpen: true });
    peer.send(Uint8Array.of(0, 0x80, 0, 0));
    expect(messageIn(await peer.frame())).toMatchObject({ ok: false });
    for (let i = 0; i < 4; i++) peer.send(new Uint8Array(2 ** 20), frame(encode(PING)));
    expect(await peer.rest()).toHaveLength(0);
    peer.socket.end();
    await peer.gone;
    await expectUnharmed(server);
  });

  test("more calls at once than a link may have are answered busy, the others served", async () => {
    const release = deferred<string>();
    const server = await serve({ limits: { maxCallsPerLink: 8 } }, (it) => it.endpoint("held", () => release.promise));
    const peer = await RawPeer.connect(server.port);
    peer.say(...Array.from({ length: 50 }, (_, id) => ({ ...PING, id: String(id), endpoint: "held" })));
    const busy = await Promise.all(Array.from({ length: 42 }, () => peer.frame()));
    for (const answer of busy) expect(messageIn(answer)).toMatchObject({ ok: false, error: { code: "busy" } });
    release.resolve("served");
    const served = await Promise.all(Array.from({ length: 8 }, () => peer.frame()));
    expect(served.map((answer) => messageIn(answer)["result"])).toEqual(Array(8).fill("served"));
  });

  test("one who asks and asks and never reads is cut off", async () => {
    const server = await serve({ limits: { maxBufferedBytes: 200_000 } }, (it) => it.endpoint("large", () => new Uint8Array(500_000)));
    const peer = await RawPeer.connect(server.port);
    peer.socket.pause();
    let isGone = false;
    peer.socket.on("error", () => {
      isGone = true;
    });
    peer.say(...Array.from({ length: 200 }, (_, id) => ({ ...PING, id: String(id), endpoint: "large" })));
    await until(() => isGone || server.insides.core.acceptedCount === 0);
    peer.socket.destroy();
    await expectUnharmed(server);
  });

  test("10,000 connections that send junk and break off leave nothing behind", async () => {
    const server = await serve(SMALL_FRAMES);
    const breakOff = (number: number) =>
      new Promise<void>((resolve) => {
        const [, bytes] = JUNK[number % JUNK.length] ?? ["", new Uint8Array(0)];
        const socket = connect(server.port, "127.0.0.1", () => socket.write(bytes, () => socket.resetAndDestroy()));
        socket.on("error", () => undefined);
        socket.on("close", () => resolve());
      });
    // In between an honest call, which is answered in its turn: so the kernel's queue of connections never overflows.
    for (let first = 0; first < 10_000; first += 400) {
      await Promise.all(Array.from({ length: 400 }, (_, i) => breakOff(first + i)));
      const honest = (await RawPeer.connect(server.port, { untracked: true })).say(PING);
      expect(messageIn(await honest.frame())).toMatchObject({ result: "pong" });
      honest.socket.resetAndDestroy();
    }
    await expectUnharmed(server);
  });
});
