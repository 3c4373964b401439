import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { encode } from "@msgpack/msgpack";
import { describe, expect, test } from "vitest";
import { Identity } from "../../src/identity.ts";
import { DEFAULT_LIMITS, type PlaintextPolicy, type SynapseError } from "../../src/index.ts";
import { encodeRefusal } from "../../src/rpc/refusal.ts";
import { frame } from "../../src/transport/framing.ts";
import { OutBuffer } from "../../src/transport/out-buffer.ts";
import { acceptSocket } from "../../src/transport/tcp-accept.ts";
import { secureContextOf } from "../../src/transport/tls.ts";
import type { Link } from "../../src/transport/transport.ts";
import { turn } from "../support/net/lifetime.ts";
import { messageIn } from "../support/net/vectors.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const PING = frame(encode({ type: "request", id: "1", endpoint: "_synapse.ping", args: [], kwargs: {} }));

/** A socket that comes from wherever the test says, and keeps what is written to it. */
class FakeSocket extends Duplex {
  readonly remoteAddress: string;
  readonly remotePort = 4_000;
  readonly written: Buffer[] = [];

  constructor(remoteAddress: string) {
    super({ allowHalfOpen: true });
    this.remoteAddress = remoteAddress;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    this.written.push(chunk);
    done();
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }
}

const secureContext = secureContextOf(Identity.generate());

async function arrive(remoteAddress: string, plaintext: PlaintextPolicy, ...chunks: readonly Uint8Array[]) {
  const socket = new FakeSocket(remoteAddress);
  const clock = new VirtualClock(1);
  const links: Link[] = [];
  const refusals: SynapseError[] = [];
  acceptSocket({
    socket: socket as unknown as Socket,
    secureContext,
    runtime: clock,
    limits: DEFAULT_LIMITS,
    plaintext,
    encodeRefusal,
    outBuffer: new OutBuffer(DEFAULT_LIMITS.maxBufferedBytesInAll),
    refusal: undefined,
    answerProof: () => undefined,
    onLink: (link) => links.push(link),
    onRefused: (_, error) => refusals.push(error),
  });
  for (const chunk of chunks) socket.push(chunk);
  await turn();
  return { socket, clock, links, refusals };
}

describe("a caller in the plain dialect", () => {
  test.each<[string, PlaintextPolicy]>([
    ["127.0.0.1", "loopback"],
    ["127.8.8.8", "loopback"],
    ["::1", "loopback"],
    ["::ffff:127.0.0.1", "loopback"],
    ["192.0.2.7", "any"],
    ["2001:db8::1", "any"],
  ])("from %s is taken where the policy is %s", async (host, policy) => {
    const { links, refusals } = await arrive(host, policy, PING);
    expect(links).toHaveLength(1);
    expect(links[0]).toMatchObject({ dialect: "plain", peerId: undefined, dialled: false });
    expect(refusals).toEqual([]);
  });

  test.each<[string, PlaintextPolicy, RegExp]>([
    ["192.0.2.7", "loopback", /from this machine only/],
    ["::ffff:192.0.2.7", "loopback", /from this machine only/],
    ["2001:db8::1", "loopback", /from this machine only/],
    ["", "loopback", /from this machine only/],
    ["127.0.0.1", "off", /from nobody/],
    ["192.0.2.7", "off", /from nobody/],
  ])("from %s is turned away where the policy is %s, in words that it understands", async (host, policy, who) => {
    const { socket, links, refusals } = await arrive(host, policy, PING);
    expect(links).toEqual([]);
    const answer = messageIn(Buffer.concat(socket.written));
    expect(answer).toMatchObject({ type: "response", id: "", ok: false, result: null, error: { code: "forbidden" } });
    const { message } = answer["error"] as { message: string };
    expect(message).toMatch(who);
    expect(message).toMatch(/use TLS/);
    expect(message).toMatch(/plaintext "any"/); // what the operator would have to set
    expect(refusals.map(({ code }) => code)).toEqual(["forbidden"]);
    expect(socket.writableEnded).toBe(true);
  });

  test("that was turned away and stays on is cut off when the time for handshakes is over", async () => {
    const { socket, clock } = await arrive("192.0.2.7", "loopback", PING);
    expect(socket.destroyed).toBe(false);
    clock.advance(DEFAULT_LIMITS.handshakeTimeoutMs);
    expect(socket.destroyed).toBe(true);
  });
});

describe("a first byte of no dialect", () => {
  test.each(["GET / HTTP/1.1\r\n", "SSH-2.0-x\r\n", "\u0002\u0000\u0000\u0000", "\n"])("%j is told what this port speaks", async (text) => {
    const { socket, links, refusals } = await arrive("127.0.0.1", "any", Buffer.from(text));
    expect(links).toEqual([]);
    expect(messageIn(Buffer.concat(socket.written))).toMatchObject({ id: "", ok: false, error: { code: "bad_request" } });
    expect(refusals[0]?.message).toMatch(/this port speaks Synapse/);
  });

  test("that never comes is not waited for longer than a handshake may take", async () => {
    const { socket, clock, refusals } = await arrive("127.0.0.1", "any");
    clock.advance(DEFAULT_LIMITS.handshakeTimeoutMs - 1);
    expect(socket.destroyed).toBe(false);
    clock.advance(1);
    expect(socket.destroyed).toBe(true);
    expect(refusals.map(({ code }) => code)).toEqual(["timed_out"]);
  });
});

describe("a plain frame", () => {
  test.each([1, 3, 4, 10])("of which %d bytes come and no more is a fault after the time of a frame", async (bytes) => {
    const { socket, clock, links } = await arrive("127.0.0.1", "any", PING.subarray(0, bytes));
    const faults: SynapseError[] = [];
    links[0]?.open({
      onMessage: () => expect.unreachable(),
      onFault: (error) => faults.push(error),
      onEnd: () => undefined,
      onClose: () => undefined,
    });
    await turn();
    clock.advance(DEFAULT_LIMITS.frameTimeoutMs - 1);
    expect(faults).toEqual([]);
    socket.push(PING.subarray(bytes, bytes + 1)); // a byte now and then buys no time
    await turn();
    clock.advance(1);
    expect(faults).toMatchObject([{ code: "timed_out" }]);
  });

  test("that is whole starts the time of the next anew", async () => {
    const { socket, clock, links } = await arrive("127.0.0.1", "any", PING.subarray(0, 9));
    const heard: string[] = [];
    links[0]?.open({
      onMessage: () => heard.push("message"),
      onFault: () => heard.push("fault"),
      onEnd: () => undefined,
      onClose: () => undefined,
    });
    for (let i = 0; i < 5; i++) {
      clock.advance(0.75 * DEFAULT_LIMITS.frameTimeoutMs);
      socket.push(Buffer.concat([PING.subarray(9), PING.subarray(0, 9)])); // the end of one and the beginning of the next
      await turn();
    }
    expect(heard).toEqual(["message", "message", "message", "message", "message"]);
  });
});
