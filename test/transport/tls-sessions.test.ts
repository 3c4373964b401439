import { describe, expect, onTestFinished, test } from "vitest";
import { sameId } from "../../routing/index.ts";
import { Identity } from "../../src/index.ts";
import type { Link } from "../../src/transport/transport.ts";
import { failureOf, until } from "../support/net/lifetime.ts";
import { transportOf } from "../support/net/link-pair.ts";

const DIAL = { dialect: "secure", timeoutMs: 10_000 } as const;

interface Host {
  readonly identity: Identity;
  readonly accepted: Link[];
  readonly address: string;
  stop(): Promise<void>;
}

async function host(identity = Identity.generate(), port = 0): Promise<Host> {
  const accepted: Link[] = [];
  const listener = await transportOf({ identity }).listen({ host: "127.0.0.1", port }, (link) => {
    accepted.push(link);
    link.open({ onMessage: (bytes) => link.send(bytes), onFault: () => undefined, onEnd: () => undefined, onClose: () => undefined });
  });
  onTestFinished(() => listener.close());
  return { identity, accepted, address: `tcp://127.0.0.1:${listener.port}`, stop: () => listener.close() };
}

/** Dials, says something so that the ticket has come, and closes. Gives the link, and whether its session was an earlier one. */
async function visit(transport: ReturnType<typeof transportOf>, to: Host, expectedId?: Uint8Array) {
  const link = await transport.dial(to.address, { ...DIAL, expectedId });
  let heard = 0;
  link.open({
    onMessage: () => {
      heard += 1;
    },
    onFault: () => undefined,
    onEnd: () => undefined,
    onClose: () => undefined,
  });
  link.send(Uint8Array.of(0x01));
  await until(() => heard === 1);
  const isResumed = (link as unknown as { socket: { isSessionReused(): boolean } }).socket.isSessionReused();
  link.destroy();
  return { link, isResumed };
}

describe("a link to somebody called before", () => {
  test("resumes the session, and both know each other as before", async () => {
    const [from, to] = [Identity.generate(), await host()];
    const transport = transportOf({ identity: from });
    const visits = [await visit(transport, to), await visit(transport, to), await visit(transport, to, to.identity.nodeId)];
    expect(visits.map(({ isResumed }) => isResumed)).toEqual([false, true, true]);
    for (const { link } of visits) expect(link.peerId).toEqual(to.identity.nodeId);
    await until(() => to.accepted.length === 3);
    for (const { peerId } of to.accepted) expect(peerId).toEqual(from.nodeId);
  });

  test("takes nobody else who listens there now for that one", async () => {
    const before = await host();
    const transport = transportOf();
    await visit(transport, before);
    await before.stop();
    const after = await host(Identity.generate(), Number(before.address.split(":").at(-1)));
    const error = await failureOf(transport.dial(after.address, { ...DIAL, expectedId: before.identity.nodeId }));
    expect(error.code).toBe("wrong_peer");
    const { link, isResumed } = await visit(transport, after);
    expect(isResumed).toBe(false);
    expect(sameId(link.peerId as Uint8Array, after.identity.nodeId)).toBe(true);
  });

  test("by the name of a host begins anew: the name may lead to somebody else by then", async () => {
    const to = await host();
    const named = { ...to, address: to.address.replace("127.0.0.1", "localhost") };
    const transport = transportOf();
    const visits = [await visit(transport, named), await visit(transport, named)];
    expect(visits.map(({ isResumed }) => isResumed)).toEqual([false, false]);
  });

  test("of whom another is expected offers no ticket", async () => {
    const to = await host();
    const transport = transportOf();
    await visit(transport, to);
    expect((await failureOf(transport.dial(to.address, { ...DIAL, expectedId: Identity.generate().nodeId }))).code).toBe("wrong_peer");
  });

  test("by somebody else proves its own id: tickets are nobody's pass", async () => {
    const to = await host();
    for (let n = 0; n < 3; n++) {
      const identity = Identity.generate();
      await visit(transportOf({ identity }), to);
      await until(() => to.accepted.length === n + 1);
      expect(to.accepted[n]?.peerId).toEqual(identity.nodeId);
    }
  });
});
