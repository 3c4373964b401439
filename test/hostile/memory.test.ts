import { encode } from "@msgpack/msgpack";
import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS, type Limits } from "../../src/index.ts";
import { frame } from "../../src/transport/framing.ts";
import { type GlassServer, serve, turn, until } from "../support/net/lifetime.ts";
import { RawPeer } from "../support/net/raw-peer.ts";

const MIB = 2 ** 20;
const HELLO = { type: "hello", version: 2, swarm: "", listen: [], features: ["chunk"], software: "", observed: "" };

async function greeted(server: GlassServer): Promise<RawPeer> {
  const peer = (await RawPeer.secure(server.port)).say(HELLO);
  await peer.frame();
  return peer;
}

const request = (endpoint: string, fields: object = {}) => ({ type: "request", id: "1", endpoint, args: [], kwargs: {}, ...fields });
/** A list whose values take a byte each on the wire, and a hundred times as much here. */
const hollow = (count: number) => Array.from({ length: count }, () => ({}));
const held = ({ insides }: GlassServer) => insides.core.incomingBudget.bytes;

async function stuck(limits: Partial<Limits> = {}) {
  const server = await serve({ limits }, (it) => {
    it.endpoint("stuck", () => new Promise(() => undefined));
    it.endpoint("block", () => new Uint8Array(3 * MIB));
  });
  server.abandonCalls();
  return server;
}

describe("What others make a server hold is counted at what it takes, and has a bound", () => {
  test("values in one message", async () => {
    const server = await stuck();
    const peer = await RawPeer.connect(server.port);
    peer.say(request("nobody knows this", { args: hollow(DEFAULT_LIMITS.maxValues + 1) }));
    expect(await peer.message()).toMatchObject({ error: { code: "bad_request", message: expect.stringContaining("values") } });
    expect(server.limitCounts.maxValues).toBe(1);
  });

  test("items that no handler reads", async () => {
    const server = await stuck();
    const peer = await greeted(server);
    peer.say(request("stuck", { input: true }));
    for (let n = 0; n < 4; n++) peer.say({ type: "item", id: "1", input: true, value: hollow(100_000) });
    expect(await peer.message()).toMatchObject({ type: "response", id: "1", error: { code: "busy" } });
    expect(held(server)).toBeLessThanOrEqual(DEFAULT_LIMITS.maxBufferedBytes);
  });

  test("arguments of calls under way, and nothing is left of those that have ended", async () => {
    const server = await stuck();
    const peer = await greeted(server);
    for (let n = 0; n < 5; n++) peer.say(request("stuck", { id: String(n), args: [new Uint8Array(3.9 * MIB)] }));
    expect(await peer.message()).toMatchObject({ id: "4", error: { code: "busy" } });
    expect(held(server)).toBeGreaterThan(15 * MIB);
    const free = await serve({}, (it) => it.endpoint("length", (bytes: Uint8Array) => bytes.length));
    const other = await greeted(free);
    for (let n = 0; n < 9; n++) {
      other.say(request("length", { id: String(n), args: [new Uint8Array(3.9 * MIB)] }));
      await other.frame();
    }
    expect(held(free)).toBe(0);
  });

  test("pieces of messages, with what is around them, over all links together", async () => {
    const server = await stuck({ maxBufferedBytesInAll: 3 * MIB });
    const peers = await Promise.all(Array.from({ length: 4 }, () => greeted(server)));
    for (const [of, peer] of peers.entries()) for (let n = 0; n < 15; n++) peer.say({ type: "chunk", of, data: new Uint8Array(60_000) });
    await Promise.race(peers.map(({ gone }) => gone));
    expect(held(server)).toBeLessThanOrEqual(3 * MIB);
    for (const peer of peers) peer.socket.destroy();
    await until(() => held(server) === 0);
  });

  test("pieces of one byte, and none of them holds on to what it came with", async () => {
    const server = await stuck({ maxBufferedBytes: MIB });
    const peer = await greeted(server);
    for (let n = 0; n < 5_000; n++) peer.say({ type: "chunk", of: 1, data: Uint8Array.of(1) });
    await peer.gone;
    expect(server.limitCounts.maxBufferedBytes).toBe(1);
  });

  test("parts of frames, over all links together", async () => {
    const server = await stuck({ maxBufferedBytesInAll: 4 * MIB });
    const peers = await Promise.all(Array.from({ length: 3 }, () => greeted(server)));
    for (const peer of peers) peer.send(frame(new Uint8Array(4 * MIB)).subarray(0, 3 * MIB));
    const answer = await Promise.race(peers.map((peer) => peer.message()));
    expect(answer).toMatchObject({ type: "response", id: "", error: { code: "busy" } });
    await Promise.race(peers.map(({ gone }) => gone));
    expect(server.limitCounts.maxBufferedBytesInAll).toBeGreaterThan(0);
    expect(held(server)).toBeLessThanOrEqual(4 * MIB);
    for (const peer of peers) peer.socket.destroy();
    await until(() => held(server) === 0);
  });

  test("part of a frame, until it is whole", async () => {
    const server = await stuck();
    const peer = await greeted(server);
    const bytes = frame(encode(request("_synapse.ping", { meta: { padding: new Uint8Array(3 * MIB) } })));
    peer.send(bytes.subarray(0, 2 * MIB));
    await until(() => held(server) >= 2 * MIB);
    peer.send(bytes.subarray(2 * MIB));
    await peer.frame();
    expect(held(server)).toBe(0);
  });

  test("part of a frame, on one link", async () => {
    const server = await stuck({ maxBufferedBytes: MIB });
    const peer = (await greeted(server)).send(frame(new Uint8Array(4 * MIB)).subarray(0, 2 * MIB));
    expect(await peer.message()).toMatchObject({ error: { code: "busy" } });
    expect(server.limitCounts.maxBufferedBytes).toBe(1);
  });

  test("short frames get through where there is no room, though they come in part", async () => {
    const server = await stuck({ maxBufferedBytesInAll: 1 });
    const peer = await greeted(server);
    const bytes = frame(encode(request("nobody knows this", { meta: { padding: new Uint8Array(8_000) } })));
    peer.send(bytes.subarray(0, 7_000));
    await turn();
    peer.send(bytes.subarray(7_000));
    expect(await peer.message()).toMatchObject({ id: "1", ok: false });
  });

  test("pieces of nothing are none", async () => {
    const server = await stuck();
    const peer = await greeted(server);
    peer.say({ type: "chunk", of: 1, data: new Uint8Array(0) });
    expect(await peer.message()).toMatchObject({ error: { code: "bad_request" } });
  });

  test("answers in pieces that nobody reads, over all links together", async () => {
    const server = await stuck({ maxBufferedBytesInAll: 4 * MIB });
    const peers = await Promise.all(Array.from({ length: 8 }, () => greeted(server)));
    for (const peer of peers) peer.socket.pause();
    for (const peer of peers) for (let n = 0; n < 4; n++) peer.say(request("block", { id: String(n) }));
    await until(() => server.limitCounts.maxBufferedBytesInAll > 0);
    expect(server.insides.core.outgoingBudget.bytes).toBeLessThanOrEqual(4 * MIB);
    for (const peer of peers) peer.socket.destroy();
    await until(() => server.insides.core.outgoingBudget.bytes === 0);
  });
});

test("A long list that does not fit its JSON Schema is refused at its first fault, not at a hundred thousand", async () => {
  const server = await serve({}, (it) => {
    it.endpoint("add", { input: { type: "array", items: { type: "object", required: ["a", "b", "c", "d", "e"] } } }, () => 1);
  });
  const peer = await RawPeer.connect(server.port);
  peer.say(request("add", { args: [hollow(200_000)] }));
  const answer = (await peer.message()) as { readonly error: { readonly message: string } };
  expect(answer).toMatchObject({ error: { code: "bad_request", message: expect.stringContaining("input.0.a: is missing") } });
  expect(answer.error.message.split(";")).toHaveLength(1);
});
