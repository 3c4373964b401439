import { encode } from "@msgpack/msgpack";
import { describe, expect, test } from "vitest";
import { Client } from "../../src/index.ts";
import { frame } from "../../src/transport/framing.ts";
import { mutated } from "../fuzz/mutate.ts";
import { type GlassAgent, startAgent, turn, until } from "../support/net/lifetime.ts";
import { seedAgent } from "../support/net/python-agent.ts";
import { RawPeer } from "../support/net/raw-peer.ts";
import { bytesOf, seedWire, swarmWire } from "../support/net/vectors.ts";
import { Random } from "../support/random.ts";
import { recordOf, SWARM } from "../support/records.ts";

const PLAIN_CASES = 1_200;
const SECURE_CASES = 1_000;
async function expectUnharmed(agent: GlassAgent, swarm?: string): Promise<void> {
  const { core, overlay } = agent.insides;
  for (const dialect of ["plain", "secure"] as const) {
    const client = new Client("127.0.0.1", agent.port, { dialect, ...(swarm !== undefined && { swarm }) });
    expect(await client.call("_synapse.ping")).toBe("pong");
    await client.close();
  }
  await until(() => core.acceptedCount === 0);
  expect([core.pool.size, overlay.membership.table.size]).toEqual([0, 0]);
}

describe("recorded conversations with a few bytes changed", () => {
  test(`${PLAIN_CASES} of them in plain do no harm`, async () => {
    const random = new Random(20_260_101);
    const agent = await seedAgent();
    const streams = [...seedWire.server, ...seedWire.client, ...swarmWire.exchanges].map(({ request_hex }) => bytesOf(request_hex));
    const cases = Array.from({ length: PLAIN_CASES }, () => mutated(random.pick(streams), streams, random)).values();
    const worker = async () => {
      for (const bytes of cases) {
        const peer = await RawPeer.connect(agent.port, { untracked: true });
        peer.send(bytes).socket.end();
        await peer.gone; // whatever it was, the server lets go of one who has left
      }
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    await expectUnharmed(agent);
  });

  test(`${SECURE_CASES} of them from proved peers do no harm`, async () => {
    const random = new Random(20_260_102);
    const agent = await startAgent({ name: "target", swarm: SWARM });
    const record = recordOf({ issued: Date.now() }).bytes;
    const key = new Uint8Array(32).fill(7);
    const request = (endpoint: string, args: readonly unknown[]) => ({
      type: "request",
      id: "7",
      endpoint,
      args,
      kwargs: {},
      deadline_ms: 900,
    });
    const hello = { type: "hello", version: 2, swarm: SWARM, listen: [], features: [], software: "x", observed: "tcp://127.0.0.1:1" };
    const messages = [
      hello,
      request("_synapse.find_node", [key]),
      request("_synapse.find_records", [key, 20, "after"]),
      request("_synapse.store", [key, record]),
      request("_agent.ask", ["task", { a: 1 }]),
      request("_synapse.peers", []),
      { type: "cancel", id: "7" },
      { type: "response", id: "1", ok: true, result: { contacts: [[key, ["tcp://127.0.0.1:1"]]] }, error: null },
    ].map((message) => encode(message));
    for (let done = 0; done < SECURE_CASES; ) {
      const peer = (await RawPeer.secure(agent.port)).say(hello);
      peer.socket.resume();
      // A change that breaks the framing ends the link; others follow on the next.
      for (let onThis = 0; onThis < 50 && !peer.socket.destroyed; onThis++, done++) {
        const changed = mutated(random.pick(messages), messages, random);
        peer.send(random.int(20) === 0 ? mutated(frame(changed), messages, random) : frame(changed));
        if (onThis % 10 === 0) await turn();
      }
      peer.socket.end();
      await peer.gone;
    }
    await expectUnharmed(agent, SWARM);
    expect(agent.insides.overlay.store.size).toBe(0);
  });
});
