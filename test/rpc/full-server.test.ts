import { describe, expect, test } from "vitest";
import { Client, type ClientOptions, Node } from "../../src/index.ts";
import { closing, failureOf, type GlassServer, serve, startAgent, until } from "../support/net/lifetime.ts";
import { RawPeer } from "../support/net/raw-peer.ts";

/** Beyond the limit, as many are told why at the same time. */
const MAX_TURNED_AWAY = 64;
const BUSY = { code: "busy", remote: true, retryable: true };

function clientOf(server: { readonly port: number }, dialect: ClientOptions["dialect"] = "secure"): Client {
  return closing(new Client("127.0.0.1", server.port, { dialect }));
}

/** A server with room for one link, and the client that has it. */
async function fullServer(): Promise<{ readonly server: GlassServer; readonly first: Client }> {
  const server = await serve({ limits: { maxConnections: 1 } });
  const first = clientOf(server);
  await first.call("_synapse.ping");
  return { server, first };
}

describe("a server that has as many links as it may", () => {
  test.each(["auto", "secure", "plain"] as const)("is busy to whoever calls it: %s", async (dialect) => {
    const { server, first } = await fullServer();
    const second = clientOf(server, dialect);
    for (let i = 0; i < 3; i++) expect(await failureOf(second.call("_synapse.ping"))).toMatchObject(BUSY);
    expect(await first.call("_synapse.ping")).toBe("pong");
    expect(server.insides.core.acceptedCount).toBe(1);
  });

  test.each(["auto", "secure", "plain"] as const)("takes calls again when there is room: %s", async (dialect) => {
    const { server, first } = await fullServer();
    const second = clientOf(server, dialect);
    const calls = Array.from({ length: 20 }, () => failureOf(second.call("_synapse.ping")));
    for (const error of await Promise.all(calls)) expect(error).toMatchObject(BUSY);
    await first.close();
    await until(() => server.insides.core.acceptedCount === 0);
    expect(await second.call("_synapse.ping")).toBe("pong");
  });

  test("is busy to a node, by address and by contact", async () => {
    const agent = await startAgent({ name: "full", limits: { maxConnections: 1 } });
    const { contact } = agent;
    await clientOf(agent).call("_synapse.ping");
    const node = new Node({ listen: false });
    await node.start();
    expect(await failureOf(node.call(contact, "_synapse.ping"))).toMatchObject(BUSY);
    expect(await failureOf(node.call(`127.0.0.1:${agent.port}`, "_synapse.ping"))).toMatchObject(BUSY);
    await node.stop();
  });

  test("says so to a bounded number at once; the others are cut off", async () => {
    const { server } = await fullServer();
    for (let i = 0; i < MAX_TURNED_AWAY; i++) await RawPeer.connect(server.port);
    const over = await RawPeer.connect(server.port);
    expect(await over.rest()).toHaveLength(0);
    expect(server.insides.core.acceptedCount).toBe(1);
  });

  test("keeps no place for those that it has turned away", async () => {
    const { server, first } = await fullServer();
    const lingering = await RawPeer.connect(server.port, { allowHalfOpen: true });
    lingering.say({ type: "request", id: "1", endpoint: "_synapse.ping" });
    await lingering.frame();
    await first.close();
    await until(() => server.insides.core.acceptedCount === 0);
    expect(await clientOf(server).call("_synapse.ping")).toBe("pong");
  });
});

test("Callers that have left in the middle of a call fill no server: of those that send no more, the oldest give way", async () => {
  const begun: string[] = [];
  const server = await serve({}, (it) => {
    it.endpoint("held", (name: string) => {
      begun.push(name);
      return new Promise(() => undefined);
    });
  });
  server.abandonCalls();
  const leave = async (name: string) => {
    const peer = await RawPeer.connect(server.port, { allowHalfOpen: true });
    peer.say({ type: "request", id: "1", endpoint: "held", args: [name], kwargs: {} });
    peer.socket.end();
    return peer;
  };
  const first = await leave("first");
  await until(() => begun.length === 1);
  for (let n = 0; n < 300; n++) await leave(String(n));
  await until(() => begun.length === 301);
  await first.gone;
  await until(() => server.insides.core.acceptedCount <= 256);
  expect(server.insides.core.acceptedCount).toBeGreaterThan(200);
});
