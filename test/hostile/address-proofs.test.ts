import { describe, expect, test } from "vitest";
import { Client } from "../../src/index.ts";
import { claimOf, encodeProofRequest, PROOF_BYTES, REQUEST_BYTES } from "../../src/transport/address-proof.ts";
import { type GlassAgent, startAgent, until } from "../support/net/lifetime.ts";
import { RawPeer } from "../support/net/raw-peer.ts";
import { Random } from "../support/random.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const random = new Random(12);

function requestTo(agent: GlassAgent): Uint8Array {
  const claim = claimOf(agent.id, agent.swarm, agent.addresses[0] as string);
  return encodeProofRequest({ nonce: random.bytes(32), claim });
}

/** Everything that comes back for some bytes until the other side closes. */
async function answerTo(agent: GlassAgent, ...chunks: readonly Uint8Array[]): Promise<Uint8Array> {
  const peer = await RawPeer.connect(agent.port);
  for (const chunk of chunks) {
    peer.send(chunk);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return peer.rest();
}

async function expectUnharmed(agent: GlassAgent): Promise<void> {
  const client = new Client("127.0.0.1", agent.port, { dialect: "secure" });
  expect(await client.call("_synapse.ping")).toBe("pong");
  await client.close();
  await until(() => agent.insides.core.acceptedCount === 0);
}

describe("Whoever asks a node to prove its address", () => {
  test("is answered once, with less than twice what it has sent, and closed", async () => {
    const agent = await startAgent({ name: "x" });
    const answer = await answerTo(agent, requestTo(agent));
    expect(answer).toHaveLength(PROOF_BYTES);
    expect(answer.length).toBeLessThan(2 * REQUEST_BYTES);
    await expectUnharmed(agent);
  });

  test("may do so byte by byte", async () => {
    const agent = await startAgent({ name: "x" });
    expect(await answerTo(agent, ...[...requestTo(agent)].map((byte) => Uint8Array.of(byte)))).toHaveLength(PROOF_BYTES);
  });

  test.each<[string, (agent: GlassAgent) => Uint8Array]>([
    ["that it is somebody else", () => encodeProofRequest({ nonce: random.bytes(32), claim: random.bytes(32) })],
    ["too much", (agent) => Buffer.concat([requestTo(agent), Uint8Array.of(0)])],
    ["twice at once", (agent) => Buffer.concat([requestTo(agent), requestTo(agent)])],
    ["a megabyte", (agent) => Buffer.concat([requestTo(agent), random.bytes(1_000_000)])],
  ])("%s is cut off without a word, and has nothing signed", async (_, make) => {
    const agent = await startAgent({ name: "x" });
    expect(await answerTo(agent, make(agent))).toHaveLength(0);
    await expectUnharmed(agent);
  });

  test("and stops half way is cut off when the time for handshakes is over, or when it leaves", async () => {
    const clock = new VirtualClock(1);
    const agent = await startAgent({ name: "x", runtime: clock });
    const [waiting, leaving] = [await RawPeer.connect(agent.port), await RawPeer.connect(agent.port)];
    for (const peer of [waiting, leaving]) peer.send(requestTo(agent).subarray(0, 50));
    leaving.socket.end();
    await leaving.gone;
    for (let n = 0; n < 20; n++) await new Promise((resolve) => setImmediate(resolve));
    clock.advance(10_000);
    expect(await waiting.gone).toBeDefined();
  });

  test("a thousand times at once gets as many signatures as are given in a second or two, and links are taken as ever", async () => {
    const clock = new VirtualClock(2); // no second passes
    const agent = await startAgent({ name: "x", runtime: clock });
    let proofs = 0;
    for (let n = 0; n < 10; n++) {
      const answers = await Promise.all(Array.from({ length: 100 }, () => answerTo(agent, requestTo(agent))));
      proofs += answers.filter(({ length }) => length === PROOF_BYTES).length;
    }
    expect(proofs).toBe(400);
    clock.advance(1_000);
    expect(await answerTo(agent, requestTo(agent))).toHaveLength(PROOF_BYTES);
  });

  test("finds a node that names no address silent", async () => {
    const agent = await startAgent({ name: "x" });
    const request = requestTo(agent);
    agent.insides.core.namesAddresses = false;
    expect(await answerTo(agent, request)).toHaveLength(0);
  });
});
