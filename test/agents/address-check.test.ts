import { connect, createServer } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Failed, OverlayResponse } from "../../dht/index.ts";
import { type Contact, makeContact } from "../../routing/index.ts";
import type { RpcCore } from "../../src/rpc/core.ts";
import { type GlassAgent, startAgent, until } from "../support/net/lifetime.ts";

/** A newcomer that joins through a root; both as `prepare` makes them. */
async function pair(prepareRoot?: (agent: GlassAgent) => unknown, prepareNewcomer?: (agent: GlassAgent) => unknown) {
  const root = await startAgent({ name: "x" }, prepareRoot);
  const newcomer = await startAgent({ name: "x", bootstrap: root.addresses }, prepareNewcomer);
  await until(() => root.insides.overlay.membership.table.has(newcomer.contact));
  return { root, newcomer };
}

/** Before it is started, too. */
function coreOf(agent: GlassAgent): RpcCore {
  return (agent as unknown as { core: RpcCore }).core;
}

/** Takes the exchange from an agent: it neither asks nor answers, and says so or not. */
function olden(agent: GlassAgent): void {
  Object.defineProperty(coreOf(agent).transport, "prove", { value: undefined });
}

/** One that claims to know the exchange and never answers. */
function silent(agent: GlassAgent): void {
  Object.defineProperty(coreOf(agent).transport, "answerProof", { value: () => undefined });
}

function links({ insides: { core } }: GlassAgent): number {
  return core.pool.size + core.acceptedCount;
}

describe("Whoever is called", () => {
  test("enters the caller in its table with one link between them, which the caller has dialled", async () => {
    const { root, newcomer } = await pair();
    expect([root.insides.core.pool.size, links(root), links(newcomer)]).toEqual([0, 1, 1]);
    expect(root.insides.overlay.membership.table.known(newcomer.contact)?.addresses).toEqual(newcomer.addresses);
    expect(newcomer.insides.overlay.membership.table.has(root.contact)).toBe(true);
  });

  test.each<[string, ((agent: GlassAgent) => unknown) | undefined, ((agent: GlassAgent) => unknown) | undefined]>([
    ["it cannot ask for a proof", olden, undefined],
    ["the caller gives none", undefined, silent],
  ])("dials it back where %s", async (_, root, newcomer) => {
    const scene = await pair(root, newcomer);
    expect(scene.root.insides.overlay.membership.table.known(scene.newcomer.contact)?.addresses).toEqual(scene.newcomer.addresses);
  });

  test("says how it has found out, for what that took tells how far away the other is", async () => {
    const [node, olds, other] = await Promise.all([startAgent({ name: "x" }), startAgent({ name: "x" }, olden), startAgent({ name: "x" })]);
    const how = ({ insides: { overlay } }: GlassAgent) =>
      new Promise<string>((resolve) => overlay.peers.verify(other.contact, 5_000, (_, heard) => resolve(heard)));
    expect(await how(node)).toBe("proved");
    expect(await how(olds)).toBe("dialled");
    await node.call(other.addresses[0] as string, "_synapse.ping");
    expect(await how(node)).toBe("linked");
  });

  test("does not enter a caller that is not where it says", async () => {
    const root = await startAgent({ name: "x" });
    const victim = await startAgent({ name: "x" });
    const liar = await startAgent({ name: "x", announce: victim.addresses, bootstrap: root.addresses });
    for (let n = 0; n < 200; n++) await new Promise((resolve) => setImmediate(resolve));
    expect(root.insides.overlay.membership.table.has(liar.contact)).toBe(false);
    expect(root.insides.overlay.membership.table.has(victim.contact)).toBe(false);
  });

  test("a caller learns from a proof that it can be reached", async () => {
    let dialledIn = 0;
    const root = await startAgent({ name: "x" });
    const newcomer = await startAgent({ name: "x" });
    newcomer.insides.core.onDialledIn = () => {
      dialledIn += 1;
    };
    await newcomer.join(root.addresses);
    await until(() => root.insides.overlay.membership.table.has(newcomer.contact));
    expect(dialledIn).toBeGreaterThan(0);
  });
});

describe("A node whose handshakes are passed on by somebody at another address", () => {
  /** Somebody in front of a node, who passes on what he does not understand, at the address given. */
  async function inFrontOf({ addresses: [address = ""] }: Pick<GlassAgent, "addresses">): Promise<string> {
    const server = createServer((socket) => {
      const behind = connect({ port: Number(address.split(":").at(-1)), host: "127.0.0.1" });
      for (const each of [socket, behind]) {
        each.on("error", () => undefined);
        onTestFinished(() => void each.destroy());
      }
      socket.pipe(behind).pipe(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    return `tcp://127.0.0.1:${(server.address() as { port: number }).port}`;
  }

  async function scene(announce?: readonly string[]) {
    const [asker, node] = [await startAgent({ name: "x" }), await startAgent({ name: "x", ...(announce && { announce }) })];
    const front = await inFrontOf({ addresses: [`tcp://127.0.0.1:${node.insides.core.port}`] });
    const named = makeContact(node.id, [front]);
    const { membership, peers } = asker.insides.overlay;
    const verified = () => new Promise<Contact | Failed>((resolve) => peers.verify(named, 5_000, resolve));
    const asked = () =>
      new Promise<[OverlayResponse | Failed, Contact | undefined]>((resolve) =>
        peers.request(named, { kind: "ping" }, 5_000, (...outcome) => resolve(outcome as [OverlayResponse, Contact | undefined])),
      );
    return { asker, node, front, named, membership, verified, asked };
  }

  test("is found out to be where it says, and called there from then on", async () => {
    const { asker, node, verified } = await scene();
    expect(await verified()).toMatchObject({ key: node.contact.key, addresses: node.addresses });
    await until(() => asker.insides.core.pool.size === 0);
  });

  test("does not enter a table by answering there, but where it says", async () => {
    const { asker, node, named, membership, asked } = await scene();
    const [answer, reached] = await asked();
    expect([answer, reached]).toEqual([{ kind: "ping" }, undefined]);
    membership.answered(named, reached);
    await until(() => membership.table.has(node.contact));
    expect(membership.table.known(node.contact)?.addresses).toEqual(node.addresses);
    await until(() => asker.insides.core.pool.size === 0);
  });

  test("is known by that address where it is at none that it names: somebody may be in front of it for good reason", async () => {
    const { front, verified } = await scene(["tcp://127.0.0.1:1"]);
    expect(await verified()).toMatchObject({ addresses: [front, "tcp://127.0.0.1:1"] });
  });
});
