import { encode } from "@msgpack/msgpack";
import { describe, expect, test } from "vitest";
import { Client, callOptions, kwargs } from "../../src/index.ts";
import { frame } from "../../src/transport/framing.ts";
import { closing, deferred, failureOf, type GlassServer, serve, turn, until } from "../support/net/lifetime.ts";
import { oneShotServer, rawListener } from "../support/net/one-shot-server.ts";
import { messageIn } from "../support/net/vectors.ts";

const TLS_HELLO = 0x16;

function clientOf(port: number, options: ConstructorParameters<typeof Client>[2] = {}): Client {
  return closing(new Client("127.0.0.1", port, options));
}

/** A Python server as far as a client can tell: what is no request it answers with an error, and it closes after one answer. */
function pythonServer(result: unknown = "from Python") {
  return oneShotServer((request) => frame(encode({ id: messageIn(request)["id"], ok: true, result, error: null, type: "response" })));
}

/** What a Python server does with a TLS hello: its first bytes are the length of a frame that is too large. */
const PYTHON_REFUSAL = frame(
  encode({ id: "", ok: false, result: null, error: { code: "bad_request", message: "frame too large" }, type: "response" }),
);

async function pythonServerThatSeesBytes() {
  const firstBytes: number[] = [];
  const { port, close } = await rawListener(async (peer) => {
    peer.socket.once("data", (chunk: Buffer) => {
      firstBytes.push(chunk[0] ?? -1);
      if (chunk[0] === TLS_HELLO) peer.socket.end(PYTHON_REFUSAL);
    });
    const request = await peer.frame().catch(() => undefined);
    if (request === undefined) return;
    peer.socket.end(frame(encode({ id: messageIn(request)["id"], ok: true, result: "plain", error: null, type: "response" })));
  });
  return { port, firstBytes, close };
}

describe("the dialect of a client", () => {
  test.each(["auto", "secure"] as const)("%s: TLS to a server that speaks it", async (dialect) => {
    const server = await serve({ plaintext: "off" }, (it) => it.endpoint("whom", () => "secure"));
    expect(await clientOf(server.port, { dialect }).call("whom")).toBe("secure");
  });

  test("plain: no TLS, even to a server that speaks it", async () => {
    const turnedAway: string[] = [];
    const server = await serve({ plaintext: "off", log: (line) => turnedAway.push(line) });
    expect(await failureOf(clientOf(server.port, { dialect: "plain" }).call("_synapse.ping"))).toMatchObject({
      code: "forbidden",
      remote: true,
    });
    expect(turnedAway).toEqual([expect.stringMatching(/plain dialect is accepted from nobody/)]);
  });

  test("auto: plain to one of this machine that speaks no TLS, which is tried once and not again", async () => {
    const { port, firstBytes } = await pythonServerThatSeesBytes();
    const client = clientOf(port);
    expect([await client.call("a"), await client.call("b")]).toEqual(["plain", "plain"]);
    expect(firstBytes).toEqual([TLS_HELLO, 0, 0]);
  });

  test("auto: plain for all of several first calls made at once", async () => {
    const { port } = await pythonServerThatSeesBytes();
    const client = clientOf(port);
    expect(await Promise.all([client.call("a"), client.call("b"), client.call("c")])).toEqual(["plain", "plain", "plain"]);
  });

  test("auto: TLS again when plain has failed for want of a connection", async () => {
    const python = await pythonServerThatSeesBytes();
    const client = clientOf(python.port);
    expect(await client.call("a")).toBe("plain");
    await python.close();
    expect(await failureOf(client.call("b"))).toMatchObject({ code: "unreachable" });
    await serve({ port: python.port, plaintext: "off" }, (it) => it.endpoint("c", () => "secure"));
    expect(await client.call("c")).toBe("secure");
  });

  test("auto: plain still when a plain call has failed for another reason", async () => {
    const { port, firstBytes } = await pythonServerThatSeesBytes();
    const client = clientOf(port);
    await client.call("a");
    expect((await failureOf(client.call("b", callOptions({ signal: AbortSignal.abort() })))).code).toBe("aborted");
    await client.call("c");
    expect(firstBytes).toEqual([TLS_HELLO, 0, 0]);
  });

  test("auto: plain as well where TLS is met with a broken connection", async () => {
    const { port } = await rawListener(async (peer) => {
      peer.socket.once("data", (chunk: Buffer) => {
        if (chunk[0] === TLS_HELLO) peer.socket.resetAndDestroy();
      });
      const request = await peer.frame().catch(() => undefined);
      if (request) peer.socket.end(frame(encode({ id: messageIn(request)["id"], ok: true, result: 1, error: null, type: "response" })));
    });
    expect(await clientOf(port).call("a")).toBe(1);
  });

  test("secure: never plain", async () => {
    const { port, firstBytes } = await pythonServerThatSeesBytes();
    expect(await failureOf(clientOf(port, { dialect: "secure" }).call("a"))).toMatchObject({ code: "not_synapse" });
    expect(firstBytes).toEqual([TLS_HELLO]);
  });

  test("auto: nobody listening is not taken for Python", async () => {
    const { port } = await serve().then(stopped);
    expect(await failureOf(clientOf(port).call("a"))).toMatchObject({ code: "unreachable", retryable: true });
  });
});

describe("a client", () => {
  test("shares one link among all calls made at once", async () => {
    const server = await serve({}, (it) => it.endpoint("echo", (value: unknown) => value));
    const client = clientOf(server.port);
    const values = Array.from({ length: 100 }, (_, i) => i);
    expect(await Promise.all(values.map((value) => client.call("echo", value)))).toEqual(values);
    expect(server.insides.core.acceptedCount).toBe(1);
  });

  test("connects again when the server was restarted", async () => {
    const first = await serve();
    const { port } = first;
    const client = clientOf(port, { dialect: "secure" });
    expect(await client.call("_synapse.ping")).toBe("pong");
    await first.stop();
    await serve({ port });
    await until(() => first.insides.core.acceptedCount === 0);
    expect(await client.call("_synapse.ping").catch(() => client.call("_synapse.ping"))).toBe("pong");
  });

  test("passes arguments by position and by name", async () => {
    const server = await serve({}, (it) => it.endpoint("minus", { params: ["a", "b"] }, (a: number, b: number) => a - b));
    const client = clientOf(server.port);
    expect(await client.call("minus", 5, kwargs({ b: 3 }))).toBe(2);
    expect(await client.call("minus", kwargs({ b: 5, a: 3 }), callOptions({ timeoutMs: 5_000 }))).toBe(-2);
  });

  test.each(["secure", "plain"] as const)("gives up a call when its signal says so, while it is worked on: %s", async (dialect) => {
    const begun = deferred();
    const server = await serve({}, (it) => it.endpoint("forever", () => begun.resolve() ?? new Promise(() => undefined)));
    const controller = new AbortController();
    const aborted = failureOf(clientOf(server.port, { dialect }).call("forever", callOptions({ signal: controller.signal })));
    await begun.promise;
    controller.abort();
    expect((await aborted).code).toBe("aborted");
    server.abandonCalls();
  });

  test.each(["auto", "secure", "plain"] as const)(
    "gives up a call when its signal says so, while it is being connected: %s",
    async (dialect) => {
      const { port, accepted } = await rawListener();
      const controller = new AbortController();
      const aborted = failureOf(clientOf(port, { dialect }).call("x", callOptions({ signal: controller.signal })));
      await until(() => accepted.length === 1);
      controller.abort();
      expect((await aborted).code).toBe("aborted");
    },
  );

  test.each(["auto", "secure", "plain"] as const)("does not connect for a signal that is aborted already: %s", async (dialect) => {
    const { port, accepted } = await rawListener();
    expect((await failureOf(clientOf(port, { dialect }).call("x", callOptions({ signal: AbortSignal.abort() })))).code).toBe("aborted");
    await turn();
    expect(accepted).toEqual([]);
  });

  test("one caller's abort while connecting is nothing to the others", async () => {
    const server = await serve();
    const client = clientOf(server.port);
    const controller = new AbortController();
    const aborted = failureOf(client.call("_synapse.ping", callOptions({ signal: controller.signal })));
    const other = client.call("_synapse.ping");
    controller.abort();
    expect((await aborted).code).toBe("aborted");
    expect(await other).toBe("pong");
  });

  test.each(["secure", "plain"] as const)("leaves nothing open once it is closed, however soon after a call: %s", async (dialect) => {
    const server = await serve();
    const client = new Client("127.0.0.1", server.port, { dialect });
    expect(await client.call("_synapse.ping")).toBe("pong");
    await client.close();
    await until(() => server.insides.core.acceptedCount === 0);
  });

  test("fails calls under way when it is closed", async () => {
    const begun = deferred();
    const server = await serve({}, (it) => it.endpoint("forever", () => begun.resolve() ?? new Promise(() => undefined)));
    const client = clientOf(server.port);
    const lost = failureOf(client.call("forever"));
    await begun.promise;
    await client.close();
    expect((await lost).code).toBe("connection_lost");
    server.abandonCalls();
  });

  test("fails calls that are still being connected when it is closed", async () => {
    const { port, accepted } = await rawListener();
    const client = clientOf(port);
    const lost = failureOf(client.call("x"));
    await until(() => accepted.length === 1);
    await client.close();
    expect(await lost).toMatchObject({ code: "connection_lost", message: expect.stringMatching(/this client was closed/) });
    await accepted[0]?.rest();
  });

  test.each([
    [["127.0.0.1", 8], "tcp://127.0.0.1:8"],
    [["127.0.0.1:8"], "tcp://127.0.0.1:8"],
    [["tcp://localhost:8"], "tcp://localhost:8"],
    [["localhost"], "tcp://localhost:9999"],
    [["::1", 8], "tcp://[::1]:8"],
    [["::1"], "tcp://[::1]:9999"],
    [["[::1]:8"], "tcp://[::1]:8"],
  ] as const)("of %j calls %s", (where, address) => {
    const [host, port] = where;
    expect(closing(new Client(host, port)).address).toBe(address);
  });

  test("of another swarm is refused; of none it may call endpoints", async () => {
    const server: GlassServer = await serve();
    expect(await clientOf(server.port, { swarm: "any" }).call("_synapse.ping")).toBe("pong");
    expect(await pythonServer().then(({ port }) => clientOf(port, { dialect: "plain" }).call("x"))).toBe("from Python");
  });
});

async function stopped(server: GlassServer): Promise<{ readonly port: number }> {
  const { port } = server;
  await server.stop();
  return { port };
}
