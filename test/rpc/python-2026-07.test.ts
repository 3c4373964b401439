import { describe, expect, test } from "vitest";
import { toHex } from "../../src/index.ts";
import { type GlassAgent, startAgent } from "../support/net/lifetime.ts";
import { RawPeer } from "../support/net/raw-peer.ts";
import { bytesOf, messageIn, recorded, type SwarmExchange, swarmWire } from "../support/net/vectors.ts";

const SWARM = "myteam.example.com";
/** Endpoints of the newest Python version that are answered here, in its shapes. */
const ANSWERED = new Set([
  "_synapse.ping",
  "_synapse.info",
  "_synapse.methods",
  "_synapse.peers",
  "_node.info",
  "_node.capabilities",
  "_node.ask",
]);

/** An agent like the recorded reviewer, in a swarm with another. */
async function reviewer(): Promise<{ readonly agent: GlassAgent; readonly other: GlassAgent }> {
  const other = await startAgent({ name: "asker", swarm: SWARM });
  const agent = await startAgent(
    {
      name: "reviewer",
      role: "reviewer",
      description: "Reviews code",
      swarm: SWARM,
      capabilities: ["code-review"],
      bootstrap: [`127.0.0.1:${other.port}`],
    },
    (it) =>
      it
        .endpoint("sum", { description: "Add two numbers", params: ["a", "b"] }, (a: number, b: number) => a + b)
        .onTask((task, context) => ({ handled_by: "reviewer", task, context })),
  );
  return { agent, other };
}

async function replay(agent: GlassAgent, { request_hex }: SwarmExchange): Promise<Record<string, unknown>> {
  const peer = await RawPeer.connect(agent.port);
  return messageIn(await peer.send(bytesOf(request_hex)).frame());
}

function recordedOf(endpoint: string): SwarmExchange {
  const found = swarmWire.exchanges.find(({ to, request }) => to === "reviewer" && request.endpoint === endpoint);
  if (found === undefined) throw new Error(`no exchange of ${endpoint}`);
  return found;
}

/** Field names and the types of their values: what a strict reader looks at. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== "object" || value === null) return value === null ? "nil" : typeof value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, shapeOf(item)]),
  );
}

describe("to a node of the newest Python version, an agent answers", () => {
  test.each(["_synapse.ping", "_synapse.methods", "_node.info", "_node.capabilities", "_node.ask"])(
    "%s exactly as recorded",
    async (endpoint) => {
      const exchange = recordedOf(endpoint);
      const { agent } = await reviewer();
      expect(await replay(agent, exchange)).toEqual(recorded(exchange.response_hex));
    },
  );

  test("_synapse.info with the recorded fields, and its own id and port", async () => {
    const exchange = recordedOf("_synapse.info");
    const { agent } = await reviewer();
    const expected = recorded(exchange.response_hex);
    const own = { id: toHex(agent.id), port: agent.port };
    expect(await replay(agent, exchange)).toEqual({ ...expected, result: { ...(expected["result"] as object), ...own } });
  });

  test("_synapse.peers with exactly the fields that Python takes, and those it knows", async () => {
    const exchange = recordedOf("_synapse.peers");
    const { agent, other } = await reviewer();
    const { result } = await replay(agent, exchange);
    const [recordedPeer] = recorded(exchange.response_hex)["result"] as unknown[];
    const peers = result as Record<string, unknown>[];
    expect(peers.map(shapeOf)).toEqual([shapeOf(recordedPeer)]);
    expect(peers[0]).toMatchObject({
      id: toHex(other.id),
      address: "127.0.0.1",
      port: other.port,
      swarm: SWARM,
      team: "default",
      kind: "node",
    });
    // Seconds since 1970, as Python counts them: of this century, and no milliseconds.
    expect(peers[0]?.["last_seen"]).toSatisfy((at: number) => at > 1.7e9 && at < 1e11);
  });

  const others = swarmWire.exchanges
    .map((exchange, number) => ({ ...exchange, number }))
    .filter(({ request }) => !ANSWERED.has(request.endpoint));

  test.each(others)("exchange $number ($request.endpoint) with an error that Python can read", async (exchange) => {
    const agent = await startAgent({ name: "reviewer", swarm: SWARM });
    const answer = await replay(agent, exchange);
    expect(shapeOf(answer)).toEqual({
      error: { code: "string", message: "string" },
      id: "string",
      ok: "boolean",
      result: "nil",
      type: "string",
    });
    expect(answer).toMatchObject({
      id: recorded(exchange.request_hex)["id"],
      ok: false,
      error: { code: "bad_request", message: `Unregistered endpoint called: ${exchange.request.endpoint}` },
    });
  });

  test("all 32 exchanges are looked at", () => {
    expect(others.length + swarmWire.exchanges.filter(({ request }) => ANSWERED.has(request.endpoint)).length).toBe(32);
    expect(new Set(swarmWire.exchanges.map(({ request }) => request.endpoint).filter((name) => ANSWERED.has(name)))).toEqual(ANSWERED);
  });
});
