import { connect, createServer, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { Identity } from "../../src/index.ts";
import { claimOf, encodeProofRequest, isProof, readProofRequest, signProof } from "../../src/transport/address-proof.ts";
import type { TcpTransport } from "../../src/transport/tcp.ts";
import { failureOf } from "../support/net/lifetime.ts";
import { transportOf } from "../support/net/link-pair.ts";
import { Random } from "../support/random.ts";

const SWARM = "meadow";
const random = new Random(5);

interface Station {
  readonly identity: Identity;
  readonly address: string;
  readonly provedTo: string[];
}

/** A node that claims to be where it listens, or elsewhere, or says nothing of itself. */
async function station(claimed?: readonly string[] | "nothing", swarm = SWARM): Promise<Station> {
  const identity = Identity.generate();
  const provedTo: string[] = [];
  let own: readonly string[] = [];
  const describeSelf = () => ({ swarm, listen: claimed === undefined || claimed === "nothing" ? own : claimed });
  const onProved = (remoteAddress: string) => provedTo.push(remoteAddress);
  const transport = transportOf({ identity, ...(claimed !== "nothing" && { describeSelf }), onProved });
  const listener = await transport.listen({ host: "127.0.0.1", port: 0 }, () => expect.unreachable());
  onTestFinished(() => listener.close());
  own = listener.addresses;
  return { identity, address: `tcp://127.0.0.1:${listener.port}`, provedTo };
}

function asker(swarm = SWARM): TcpTransport {
  return transportOf({ describeSelf: () => ({ swarm, listen: [] }) });
}

/** Whoever listens there does as `serve` says; gives the address. */
async function stranger(serve: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `tcp://127.0.0.1:${(server.address() as { port: number }).port}`;
}

const prove = (to: Pick<Station, "identity" | "address">, from = asker(), timeoutMs = 5_000) =>
  from.prove(to.address, { expectedId: to.identity.nodeId, timeoutMs });

describe("A proof of address", () => {
  test("is given by a node that is where it says, which is told who has asked", async () => {
    const node = await station();
    await prove(node);
    expect(node.provedTo).toEqual([expect.stringMatching(/^tcp:\/\/127\.0\.0\.1:\d+$/)]);
  });

  test.each<[string, () => Promise<Pick<Station, "identity" | "address">>]>([
    ["another node is there", async () => ({ ...(await station()), identity: Identity.generate() })],
    ["it names another address", () => station(["tcp://192.0.2.7:9999"])],
    ["it names none", () => station([])],
    ["it is of another swarm", () => station(undefined, "forest")],
    ["it knows no such thing", () => station("nothing")],
  ])("is not given where %s", async (_, make) => {
    const to = await make();
    expect(await failureOf(prove(to))).toMatchObject({ code: "not_synapse" });
  });

  test("is not had from the true node by one who passes the question on", async () => {
    const node = await station();
    const port = Number(node.address.split(":").at(-1));
    const address = await stranger((socket) => {
      const behind = connect({ port, host: "127.0.0.1" });
      behind.on("error", () => undefined);
      socket.pipe(behind).pipe(socket);
    });
    expect(await failureOf(prove({ ...node, address }))).toMatchObject({ code: "not_synapse" });
    expect(node.provedTo).toEqual([]);
  });

  test.each<[string, (request: Uint8Array, identity: Identity) => Uint8Array | "silence"]>([
    ["answers with noise", () => random.bytes(96)],
    ["answers with what it was asked", (request) => request],
    ["answers too much", (request, identity) => Buffer.concat([proofBy(identity, request), Uint8Array.of(0)])],
    ["answers without end", () => random.bytes(100_000)],
    ["signs with a key of its own", (request) => proofBy(Identity.generate(), request)],
    [
      "repeats an earlier proof",
      (_, identity) => proofBy(identity, encodeProofRequest({ nonce: new Uint8Array(32), claim: new Uint8Array(32) })),
    ],
    ["closes without a word", () => "silence"],
  ])("is not taken from one who %s", async (_, answer) => {
    const identity = Identity.generate();
    const address = await stranger((socket) =>
      socket.once("data", (request) => {
        const bytes = answer(request, identity);
        if (bytes === "silence") socket.destroy();
        else socket.end(bytes);
      }),
    );
    expect(await failureOf(prove({ identity, address }))).toMatchObject({ code: "not_synapse" });
  });

  test("is waited for no longer than it may take", async () => {
    const address = await stranger(() => undefined);
    expect(await failureOf(prove({ identity: Identity.generate(), address }, asker(), 50))).toMatchObject({ code: "unreachable" });
  });

  test("is not to be had where nobody listens, or from the one who has given up", async () => {
    const to = { identity: Identity.generate(), address: "tcp://127.0.0.1:1" };
    expect(await failureOf(prove(to))).toMatchObject({ code: "unreachable" });
    const options = { expectedId: to.identity.nodeId, timeoutMs: 5_000, signal: AbortSignal.abort() };
    expect(await failureOf(asker().prove(to.address, options))).toMatchObject({ code: "aborted" });
  });

  test("holds for one nonce, one claim and one node", () => {
    const [node, other] = [Identity.generate(), Identity.generate()];
    const request = { nonce: random.bytes(32), claim: claimOf(node.nodeId, SWARM, "tcp://192.0.2.1:1") };
    const proof = signProof(node, request);
    expect(isProof(proof, request, node.nodeId)).toBe(true);
    expect(isProof(proof, { ...request, nonce: random.bytes(32) }, node.nodeId)).toBe(false);
    expect(isProof(proof, { ...request, claim: claimOf(node.nodeId, SWARM, "tcp://192.0.2.1:2") }, node.nodeId)).toBe(false);
    expect(isProof(proof, request, other.nodeId)).toBe(false);
    for (let n = 0; n < proof.length; n++) {
      const forged = Uint8Array.from(proof, (byte, at) => (at === n ? byte ^ 1 : byte));
      expect(isProof(forged, request, node.nodeId)).toBe(false);
    }
  });

  test("is of no more use as a signature of anything else: what is signed begins with its own name", () => {
    const request = { nonce: random.bytes(32), claim: random.bytes(32) };
    let signed: Uint8Array | undefined;
    const identity = { publicKey: new Uint8Array(32), sign: (message: Uint8Array) => (signed = message) } as unknown as Identity;
    signProof(identity, request);
    expect(Buffer.from(signed as Uint8Array).toString("latin1")).toMatch(/^synapse address proof v1\0/);
    expect(signed).toHaveLength("synapse address proof v1\0".length + 64);
  });

  test("claims differ by node, swarm and address, however these are put together", () => {
    const [a, b] = [Identity.generate().nodeId, Identity.generate().nodeId];
    const claims = [
      claimOf(a, "x", "tcp://h:1"),
      claimOf(b, "x", "tcp://h:1"),
      claimOf(a, "xt", "cp://h:1"),
      claimOf(a, "x", "tcp://h:11"),
    ];
    expect(new Set(claims.map((claim) => Buffer.from(claim).toString("hex"))).size).toBe(4);
  });
});

function proofBy(identity: Identity, bytes: Uint8Array): Uint8Array {
  const request = readProofRequest(bytes);
  if (request === undefined) throw new Error("that was no request");
  return signProof(identity, request);
}
