import { encode } from "@msgpack/msgpack";
import { describe, expect, test } from "vitest";
import { Client, callOptions, input, SynapseError } from "../../src/index.ts";
import { peek } from "../../src/rpc/msgpack-peek.ts";
import { frame } from "../../src/transport/framing.ts";
import { closing, failureOf, serve, turn } from "../support/net/lifetime.ts";
import { listening, transportOf } from "../support/net/link-pair.ts";
import { RawPeer } from "../support/net/raw-peer.ts";
import { Random } from "../support/random.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const HELLO = { type: "hello", version: 2, swarm: "", listen: [], features: ["stream", "input"], software: "", observed: "" };
/** A map whose one key no decoder here takes, as others may send it. */
const POISON = Uint8Array.from([0x81, 0xa9, ...new TextEncoder().encode("__proto__"), 0x01]);

/** A message that cannot be understood for what stands in its last field. */
function poisoned(fields: Readonly<Record<string, unknown>>, last: string): Uint8Array {
  const map = encode({ ...fields, [last]: null });
  return Buffer.concat([map.subarray(0, -1), POISON]);
}

async function toServer(prepare: Parameters<typeof serve>[1]) {
  const server = await serve({}, prepare);
  return { server, client: closing(new Client("127.0.0.1", server.port, { dialect: "secure" })) };
}

/** A client of somebody who answers every message with these bytes. */
async function toStranger(answers: (id: string) => readonly Uint8Array[]) {
  const address = await listening(transportOf(), (link) => {
    link.open({
      onMessage: (bytes) => {
        const subject = peek(bytes);
        if (subject?.type === "request") for (const answer of answers(subject.id)) link.send(answer);
      },
      onFault: () => undefined,
      onEnd: () => link.close(),
      onClose: () => undefined,
    });
    link.send(encode(HELLO));
  });
  return closing(new Client(address, { dialect: "secure" }));
}

describe("Of a message that cannot be understood, whoever waits for it is told", () => {
  test("a request: under its own id", async () => {
    const { server } = await toServer((it) => it.endpoint("echo", (value) => value));
    const peer = (await RawPeer.secure(server.port)).say(HELLO);
    await peer.frame();
    peer.send(frame(poisoned({ type: "request", id: "x", endpoint: "echo", args: [] }, "kwargs")));
    expect(await peer.message()).toMatchObject({ id: "x", refused: true, error: { code: "bad_request" } });
    peer.say({ type: "request", id: "y", endpoint: "echo", args: [], kwargs: {}, meta: [1] });
    expect(await peer.message()).toMatchObject({ id: "y", error: { code: "bad_request", message: "meta must be a map" } });
  });

  test("an answer, and an item: the call ends at once", async () => {
    const stranger = await toStranger((id) => [poisoned({ type: "response", id, ok: true, error: null }, "result")]);
    expect(await failureOf(stranger.call("any"))).toMatchObject({ code: "bad_answer", remote: false });
    const streamer = await toStranger((id) => [encode({ type: "item", id, value: 1 }), poisoned({ type: "item", id }, "value")]);
    const seen: unknown[] = [];
    const read = async () => {
      for await (const item of streamer.stream("any")) seen.push(item);
    };
    expect(await failureOf(read())).toMatchObject({ code: "bad_answer" });
    expect(seen).toEqual([1]);
  });

  test("an item that a caller sends: the call is answered, and its handler told", async () => {
    const { server } = await toServer((it) => {
      it.endpoint("drain", { context: true }, async ({ input: items }) => {
        for await (const _ of items);
      });
    });
    const peer = (await RawPeer.secure(server.port)).say(HELLO);
    await peer.frame();
    peer.say({ type: "request", id: "u", endpoint: "drain", args: [], kwargs: {}, input: true });
    peer.send(frame(poisoned({ type: "item", id: "u", input: true }, "value")));
    expect(await peer.message()).toMatchObject({ id: "u", error: { code: "bad_request" } });
  });

  test("and we send none such: a field named __proto__ is refused before it leaves", async () => {
    const bad = JSON.parse('{"__proto__":1}') as unknown;
    const { client } = await toServer((it) => {
      it.endpoint("echo", (value) => value);
      it.endpoint("give", () => bad);
      it.endpoint("items", function* () {
        yield* [1, bad, 2];
      });
    });
    expect(await failureOf(client.call("echo", bad))).toMatchObject({ code: "bad_request" });
    expect(await failureOf(client.call("give"))).toMatchObject({ code: "internal_error" });
    const read = async () => {
      for await (const _ of client.stream("items"));
    };
    expect(await failureOf(read())).toMatchObject({ code: "internal_error", message: expect.stringContaining("__proto__") });
  });
});

describe("What is no stream", () => {
  test("ends the call that was to be answered with it, and nothing else", async () => {
    const shared = new ReadableStream({ start: (it) => it.enqueue(1) });
    const { client } = await toServer((it) => it.endpoint("shared", () => shared));
    const first = client.stream("shared");
    expect(await first.next()).toMatchObject({ value: 1 });
    expect(await failureOf(client.call("shared"))).toMatchObject({ code: "internal_error" });
    expect(await failureOf(client.stream("shared").next())).toMatchObject({ code: "internal_error" });
    expect(await client.call("_synapse.ping")).toBe("pong");
  });

  test("cannot be sent by a caller: a text is one value", async () => {
    const { client } = await toServer((it) => it.endpoint("sum", () => 1));
    expect(await failureOf(client.call("sum", input("hello")))).toMatchObject({
      code: "bad_request",
      hint: expect.stringContaining("list"),
    });
    expect(await client.call("_synapse.ping")).toBe("pong");
  });

  test("a synchronous generator's promises are awaited", async () => {
    const { client } = await toServer((it) => {
      it.endpoint("soon", function* () {
        yield Promise.resolve(1);
        yield 2;
      });
    });
    expect(await client.call("soon")).toEqual([1, 2]);
  });
});

describe("A call is made again only where it surely has not run", () => {
  test("a handler that says busy has run, though its link is leaving", async () => {
    let runs = 0;
    const begun: (() => void)[] = [];
    const { server, client } = await toServer((it) => {
      it.endpoint("pay", async () => {
        runs += 1;
        await new Promise<void>((resolve) => begun.push(resolve));
        throw new SynapseError("busy", "the bank is closed");
      });
    });
    const paid = failureOf(client.call("pay"));
    while (begun.length === 0) await new Promise((turn) => setImmediate(turn));
    const stopped = server.stop();
    const other = await serve({ port: server.port || 0 }, (it) => {
      it.endpoint("pay", () => {
        runs += 1;
      });
    }).catch(() => undefined);
    begun[0]?.();
    expect(await paid).toMatchObject({ code: "busy", message: "the bank is closed" });
    await stopped;
    await other?.stop();
    expect(runs).toBe(1);
  });

  test("a server that stops refuses what was just sent, and loses nothing", async () => {
    const { server } = await toServer((it) => it.endpoint("echo", (value) => value));
    const clients = Array.from({ length: 20 }, () => closing(new Client("127.0.0.1", server.port, { dialect: "secure" })));
    await Promise.all(clients.map((client) => client.call("echo", 0)));
    const codes = new Set<string>();
    const random = new Random(1);
    const goOn = async (client: Client) => {
      for (let n = 0; codes.size === 0 || n % 20 !== 0; n++) {
        for (let turns = random.int(4); turns > 0; turns--) await turn();
        await client.call("echo", n).catch((error: SynapseError) => codes.add(error.code));
      }
    };
    const going = clients.map(goOn);
    await turn();
    await server.stop();
    codes.add("unreachable");
    await Promise.all(going);
    expect([...codes].filter((code) => code !== "busy" && code !== "unreachable")).toEqual([]);
  });
});

test("What a handler leaves running is no part of the call any more: it has a deadline of its own", async () => {
  const { server, client } = await toServer((it) => it.endpoint("echo", (value) => value));
  const left: Promise<unknown>[] = [];
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const own = closing(new Client("127.0.0.1", server.port, { dialect: "secure" }));
  const clock = new VirtualClock(1);
  const second = await serve({ runtime: clock }, (it) => {
    it.endpoint("begin", () => {
      left.push(gate.then(() => own.call("echo", "later")));
      return "begun";
    });
  });
  second.abandonCalls();
  const caller = closing(new Client("127.0.0.1", second.port, { dialect: "secure" }));
  expect(await caller.call("begin", callOptions({ timeoutMs: 300 }))).toBe("begun");
  clock.advance(301); // of the time that the caller gave, nothing is left
  release();
  expect(await left[0]).toBe("later");
  expect(await client.call("echo", 1)).toBe(1);
});
