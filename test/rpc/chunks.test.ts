import { describe, expect, test } from "vitest";
import { Client, callOptions } from "../../src/index.ts";
import { ChunkAssembler } from "../../src/rpc/chunk-assembler.ts";
import { CHUNK_BYTES } from "../../src/rpc/outbox.ts";
import { closing, deferred, failureOf, type GlassServer, serve, turn, until } from "../support/net/lifetime.ts";
import { RawPeer } from "../support/net/raw-peer.ts";
import { messageIn } from "../support/net/vectors.ts";
import { Random } from "../support/random.ts";

const MIB = 2 ** 20;
const HELLO = { type: "hello", version: 2, swarm: "", listen: [], features: ["chunk"], software: "x", observed: "y" };

const clientOf = (server: GlassServer): Client => closing(new Client("127.0.0.1", server.port, { dialect: "secure" }));

describe("a message in pieces", () => {
  test("comes together, whatever is sent between its pieces", () => {
    const random = new Random(1);
    const assembler = new ChunkAssembler(10_000, 100_000);
    const messages = Array.from({ length: 20 }, (_, of) => ({ of, bytes: random.bytes(1 + random.int(9_000)), at: 0 }));
    const whole = new Map<number, Uint8Array>();
    for (let open = messages; open.length > 0; open = open.filter(({ at, bytes }) => at < bytes.length)) {
      const message = random.pick(open);
      const data = message.bytes.subarray(message.at, message.at + 1 + random.int(2_000));
      message.at += data.length;
      const done = assembler.add({ of: message.of, data, ...(message.at === message.bytes.length && { last: true }) });
      if (done !== undefined) whole.set(message.of, done);
    }
    for (const { of, bytes } of messages) expect(Buffer.compare(whole.get(of) as Uint8Array, bytes)).toBe(0);
    for (let n = 0; n < 9; n++) assembler.add({ of: n, data: new Uint8Array(10_000) }); // nothing is left behind that would count
  });

  test("is refused when it is too long, when there are too many, and when it is none", async () => {
    const code = async (work: () => unknown) => (await failureOf(work)).code;
    const small = new ChunkAssembler(1_000, 5_000);
    small.add({ of: 1, data: new Uint8Array(600) });
    expect(await code(() => small.add({ of: 1, data: new Uint8Array(600) }))).toBe("frame_too_large");
    const full = new ChunkAssembler(1_000, 5_000);
    for (let of = 0; of < 5; of++) full.add({ of, data: new Uint8Array(1_000) });
    expect(await code(() => full.add({ of: 9, data: new Uint8Array(1) }))).toBe("busy");
    const many = new ChunkAssembler(1_000, 5_000);
    for (let of = 0; of < 512; of++) many.add({ of, data: new Uint8Array(0) });
    expect(await code(() => many.add({ of: 999, data: new Uint8Array(0) }))).toBe("busy");
    for (const map of [{}, { of: "1", data: new Uint8Array(1) }, { of: 1, data: "text" }])
      expect(await code(() => small.add(map))).toBe("bad_request");
  });

  test("that breaks the rules costs the link, not the server", async () => {
    const server = await serve();
    const peer = (await RawPeer.secure(server.port)).say(HELLO);
    await peer.frame();
    peer.say({ type: "chunk", of: 1, data: "no bytes" });
    expect(messageIn(await peer.frame())).toMatchObject({ ok: false, error: { code: "bad_request" } });
    await peer.rest();
    expect(await clientOf(server).call("_synapse.ping")).toBe("pong");
  });
});

describe("a long answer", () => {
  test("does not hold up short ones on the same link", async () => {
    const server = await serve({}, (it) => it.endpoint("large", () => new Uint8Array(3 * MIB)));
    const peer = (await RawPeer.secure(server.port)).say(HELLO);
    await peer.frame();
    const call = (id: string, endpoint: string) => ({ type: "request", id, endpoint, args: [], kwargs: {} });
    peer.say(call("1", "large"), call("2", "large"), call("3", "_synapse.ping"));
    const order: string[] = [];
    while (order.filter((what) => what.startsWith("last")).length < 2) {
      const message = messageIn(await peer.frame()) as { type: string; id?: string; of?: number; last?: boolean };
      order.push(message.type === "chunk" ? `${message.last ? "last" : "chunk"} ${message.of}` : `answer ${message.id}`);
    }
    expect(order.indexOf("answer 3")).toBeLessThan(12); // of about a hundred
    const [first = "", second = ""] = [...new Set(order.map((what) => what.split(" ")[1] as string))].filter((of) => of !== "3");
    expect(order.indexOf(`chunk ${second}`)).toBeLessThan(order.indexOf(`last ${first}`)); // they take turns
  });

  test("and long arguments arrive as they were, beside many short calls", async () => {
    const server = await serve({}, (it) => it.endpoint("echo", (value) => value));
    const client = clientOf(server);
    const random = new Random(2);
    const values = [CHUNK_BYTES - 60, CHUNK_BYTES, CHUNK_BYTES + 1, MIB, 3 * MIB].map((length) => random.bytes(length));
    const long = values.map((value) => client.call("echo", value));
    for (let n = 0; n < 50; n++) expect(await client.call("echo", n)).toBe(n);
    for (const [index, value] of values.entries()) expect(Buffer.compare((await long[index]) as Uint8Array, value)).toBe(0);
  });

  test("in a stream keeps its place: what follows waits for it", async () => {
    const server = await serve({}, (it) =>
      it.endpoint("mixed", function* () {
        for (let n = 0; n < 30; n++) yield n % 3 === 0 ? { n, data: new Uint8Array(300_000) } : { n };
      }),
    );
    const seen: number[] = [];
    for await (const item of clientOf(server).stream("mixed")) seen.push((item as { n: number }).n);
    expect(seen).toEqual(Array.from({ length: 30 }, (_, n) => n));
  });

  test("that nobody reads costs the link when too much waits", async () => {
    const server = await serve({ limits: { maxBufferedBytes: 8 * MIB } }, (it) => it.endpoint("large", () => new Uint8Array(3 * MIB)));
    const peer = (await RawPeer.secure(server.port)).say(HELLO);
    await peer.frame();
    peer.socket.pause();
    for (let id = 0; id < 40; id++) peer.say({ type: "request", id: String(id), endpoint: "large", args: [], kwargs: {} });
    await until(() => server.insides.core.acceptedCount === 0);
    expect(await clientOf(server).call("_synapse.ping")).toBe("pong");
  });

  test("leaves before the server that stops has gone", async () => {
    const release = deferred();
    const begun = deferred();
    const server = await serve({}, (it) =>
      it.endpoint("large", () => begun.resolve() ?? release.promise.then(() => new Uint8Array(3 * MIB))),
    );
    const answer = clientOf(server).call("large", callOptions({ timeoutMs: 60_000 }));
    await begun.promise;
    const stopped = server.stop();
    release.resolve();
    expect(await answer).toHaveLength(3 * MIB);
    await stopped;
    await turn();
  });
});
