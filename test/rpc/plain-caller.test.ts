import { encode } from "@msgpack/msgpack";
import { describe, expect, onTestFinished, test } from "vitest";
import { PlainCaller } from "../../src/rpc/plain-caller.ts";
import { frame } from "../../src/transport/framing.ts";
import { failureOf, serve, until } from "../support/net/lifetime.ts";
import { hostOf, transportOf } from "../support/net/link-pair.ts";
import { oneShotServer, rawListener } from "../support/net/one-shot-server.ts";
import type { RawPeer } from "../support/net/raw-peer.ts";
import { messageIn } from "../support/net/vectors.ts";

const PATIENT = { timeoutMs: 20_000 };

function callerOf(port: number): PlainCaller {
  const caller = new PlainCaller(hostOf(), transportOf(), `tcp://127.0.0.1:${port}`);
  onTestFinished(() => caller.close());
  return caller;
}

function answerTo(request: Uint8Array, result: unknown): Uint8Array {
  return frame(encode({ id: messageIn(request)["id"], ok: true, result, error: null, type: "response" }));
}

function argumentOf(request: Uint8Array): unknown {
  return (messageIn(request)["args"] as unknown[])[0];
}

describe("to a server that answers once and closes", () => {
  test("every call gets a connection of its own, is made once, and gets its own answer", async () => {
    const server = await oneShotServer((request) => answerTo(request, argumentOf(request)));
    const caller = callerOf(server.port);
    for (let i = 0; i < 10; i++) expect(await caller.call({ endpoint: "echo", args: [i], kwargs: {} }, PATIENT)).toBe(i);
    const values = Array.from({ length: 20 }, (_, i) => 100 + i);
    expect(await Promise.all(values.map((value) => caller.call({ endpoint: "echo", args: [value], kwargs: {} }, PATIENT)))).toEqual(values);
    const echoed = server.requests.filter((request) => messageIn(request)["endpoint"] === "echo").map(argumentOf);
    expect(echoed.sort((a, b) => Number(a) - Number(b))).toEqual([...Array(10).keys(), ...values]);
  });

  test("a call into a connection that closes without an answer fails with connection_lost", async () => {
    const { port } = await rawListener((peer) => peer.frame().then(() => peer.socket.end()));
    expect(await failureOf(callerOf(port).call({ endpoint: "x", args: [], kwargs: {} }, PATIENT))).toMatchObject({
      code: "connection_lost",
      retryable: true,
    });
  });

  test("an error without an id is that of the one call under way", async () => {
    const refusal = { id: "", ok: false, result: null, error: { code: "bad_request", message: "no" }, type: "response" };
    const server = await oneShotServer(() => frame(encode(refusal)));
    expect(await failureOf(callerOf(server.port).call({ endpoint: "x", args: [], kwargs: {} }, PATIENT))).toMatchObject({
      code: "bad_request",
      remote: true,
    });
  });

  test("an answer that is none fails the call at once", async () => {
    for (const nonsense of [encode("text"), Uint8Array.of(0xc1), encode({ id: "1" }), encode({ type: "request", endpoint: "x" })]) {
      const server = await oneShotServer(() => frame(nonsense));
      expect((await failureOf(callerOf(server.port).call({ endpoint: "x", args: [], kwargs: {} }, PATIENT))).code).toBe("bad_request");
    }
  });

  test("an answer that is too long is not read", async () => {
    const server = await oneShotServer(() => Uint8Array.of(0x00, 0xff, 0xff, 0xff, 1, 2, 3));
    expect(await failureOf(callerOf(server.port).call({ endpoint: "x", args: [], kwargs: {} }, PATIENT))).toMatchObject({
      code: "frame_too_large",
      remote: false,
    });
  });
});

describe("to a server that keeps the connection open", () => {
  test("calls share one connection once a ping has shown that it does", async () => {
    const { caller, server } = await knownToLast();
    const values = Array.from({ length: 50 }, (_, i) => i);
    expect(await Promise.all(values.map((value) => caller.call({ endpoint: "echo", args: [value], kwargs: {} }, PATIENT)))).toEqual(values);
    expect(server.insides.core.acceptedCount).toBe(1);
  });

  test("which it has to show again when the connection was lost", async () => {
    const pings: number[] = [];
    const peers: RawPeer[] = [];
    const { port } = await rawListener(async (peer) => {
      const place = peers.push(peer) - 1;
      for (;;) {
        const request = await peer.frame().catch(() => undefined);
        if (request === undefined) return;
        if (messageIn(request)["endpoint"] === "_synapse.ping") pings.push(place);
        peer.send(answerTo(request, place));
      }
    });
    const caller = callerOf(port);
    expect(await caller.call({ endpoint: "where", args: [], kwargs: {} }, PATIENT)).toBe(0);
    await until(() => pings.length === 1);
    await untilShared(caller, peers);
    peers[0]?.socket.resetAndDestroy();
    await peers[0]?.gone;
    // The call that runs into the broken connection may fail; none is made twice behind the caller's back.
    const where = await caller
      .call({ endpoint: "where", args: [], kwargs: {} }, PATIENT)
      .catch(() => caller.call({ endpoint: "where", args: [], kwargs: {} }, PATIENT));
    expect(where).toBe(peers.length - 1);
    await until(() => pings.length === 2);
  });

  test("a server without a ping has answered all the same", async () => {
    const peers: RawPeer[] = [];
    const { port } = await rawListener(async (peer) => {
      peers.push(peer);
      for (;;) {
        const request = await peer.frame().catch(() => undefined);
        if (request === undefined) return;
        const { id, endpoint } = messageIn(request);
        if (endpoint !== "_synapse.ping") peer.send(answerTo(request, "fine"));
        else peer.send(frame(encode({ id, ok: false, result: null, error: { code: "bad_request", message: "what?" }, type: "response" })));
      }
    });
    const caller = callerOf(port);
    await caller.call({ endpoint: "x", args: [], kwargs: {} }, PATIENT);
    await untilShared(caller, peers);
    expect(await caller.call({ endpoint: "x", args: [], kwargs: {} }, PATIENT)).toBe("fine");
  });
});

async function knownToLast() {
  const server = await serve({}, (it) =>
    it.endpoint("echo", (value: unknown) => value).endpoint("links", () => it.insides.core.acceptedCount),
  );
  const caller = callerOf(server.port);
  const links = () => caller.call({ endpoint: "links", args: [], kwargs: {} }, PATIENT);
  await links(); // on a connection of its own, on which the ping follows
  while ((await links()) !== 1); // others have theirs until the ping is answered
  return { caller, server };
}

/** Calls until a call needs no new connection. */
async function untilShared(caller: PlainCaller, peers: readonly RawPeer[]): Promise<void> {
  for (let before = -1; before !== peers.length; ) {
    before = peers.length;
    await caller.call({ endpoint: "x", args: [], kwargs: {} }, PATIENT);
  }
}

test.each([
  ["a web server", "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"],
  ["a shell server", "SSH-2.0-OpenSSH_9.2p1\r\n"],
])("%s is no server of ours, and that is said", async (_, greeting) => {
  const { port } = await rawListener((peer) => peer.socket.end(greeting));
  const error = await failureOf(callerOf(port).call({ endpoint: "echo", args: [1], kwargs: {} }, PATIENT));
  expect(error).toMatchObject({ code: "not_synapse", hint: expect.stringContaining("check the port") });
});
