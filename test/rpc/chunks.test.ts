import { describe, expect, test } from "vitest";
import { Client, callOptions } from "../../src/index.ts";
import { Budget } from "../../src/rpc/budget.ts";
import { ChunkAssembler } from "../../src/rpc/chunk-assembler.ts";
import { CHUNK_BYTES } from "../../src/rpc/outbox.ts";
import { closing, deferred, failureOf, type GlassServer, serve, turn, until } from "../support/net/lifetime.ts";
import { RawPeer } from "../support/net/raw-peer.ts";
import { messageIn } from "../support/net/vectors.ts";
import { Random } from "../support/random.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const MIB = 2 ** 20;
const HELLO = { type: "hello", version: 2, swarm: "", listen: [], features: ["chunk"], software: "x", observed: "y" };

function assemblerOf(maxMessageBytes: number, most: number) {
  const clock = new VirtualClock(1);
  const budget = new Budget(most, "maxBufferedBytes");
  const overdue: unknown[] = [];
  const onOverdue = (error: unknown) => overdue.push(error);
  const assembler = new ChunkAssembler({ maxMessageBytes, frameTimeoutMs: 30_000, budget, runtime: clock, onOverdue });
  return { assembler, budget, clock, overdue };
}

const clientOf = (server: GlassServer): Client => closing(new Client("127.0.0.1", server.port, { dialect: "secure" }));

describe("a message in pieces", () => {
  test("comes together, whatever is sent between its pieces", () => {
    const random = new Random(1);
    const { assembler, budget } = assemblerOf(10_000, 100_000);
    const messages = Array.from({ length: 20 }, (_, of) => ({ of, bytes: random.bytes(1 + random.int(9_000)), at: 0 }));
    const whole = new Map<number, Uint8Array>();
    for (let open = messages; open.length > 0; open = open.filter(({ at, bytes }) => at < bytes.length)) {
      const message = random.pick(open);
      const data = message.bytes.subarray(message.at, message.at + 1 + random.int(2_000));
      message.at += data.length;
      const done = assembler.add({ of: message.of, data, ...(message.at === message.bytes.length && { last: true }) }, data.length);
      if (done !== undefined) whole.set(message.of, done);
    }
    for (const { of, bytes } of messages) expect(Buffer.compare(whole.get(of) as Uint8Array, bytes)).toBe(0);
    expect(budget.bytes).toBe(0);
  });

  test("is refused when it is too long, when there are too many, and when it is none", async () => {
    const code = async (work: () => unknown) => (await failureOf(work)).code;
    const piece = (of: number, length: number) => ({ of, data: new Uint8Array(length) });
    const small = assemblerOf(1_000, 5_000).assembler;
    small.add(piece(1, 600), 600);
    expect(await code(() => small.add(piece(1, 600), 600))).toBe("frame_too_large");
    const full = assemblerOf(1_000, 5_000).assembler;
    for (let of = 0; of < 5; of++) full.add(piece(of, 1_000), 1_000);
    expect(await code(() => full.add(piece(9, 1), 1))).toBe("busy");
    const many = assemblerOf(1_000, 5_000).assembler;
    for (let of = 0; of < 512; of++) many.add(piece(of, 1), 1);
    expect(await code(() => many.add(piece(999, 1), 1))).toBe("busy");
    for (const map of [{}, { of: "1", data: new Uint8Array(1) }, { of: 1, data: "text" }, piece(1, 0)])
      expect(await code(() => small.add(map, 1))).toBe("bad_request");
  });

  test("has to be complete in its time: that of a frame for each megabyte", async () => {
    const { assembler, clock, overdue } = assemblerOf(4 * MIB, 16 * MIB);
    assembler.add({ of: 1, data: new Uint8Array(2.5 * MIB) }, 2.5 * MIB);
    clock.advance(3 * 30_000 - 1);
    expect(overdue).toEqual([]);
    clock.advance(1);
    expect(overdue).toMatchObject([{ code: "timed_out", limit: "frameTimeoutMs" }]);
  });

  test("that is given up, or dropped with its link, is counted no more", () => {
    const { assembler, budget } = assemblerOf(1_000, 5_000);
    for (let of = 0; of < 5; of++) assembler.add({ of, data: new Uint8Array(900) }, 950);
    expect(budget.bytes).toBe(5 * 950);
    assembler.drop();
    expect(budget.bytes).toBe(0);
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
