import { describe, expect, onTestFinished, test } from "vitest";
import { DEFAULT_LIMITS, parseAddress } from "../../src/index.ts";
import { frame } from "../../src/transport/framing.ts";
import type { Link, LinkReceiver } from "../../src/transport/transport.ts";
import { deferred, failureOf, turn, until } from "../support/net/lifetime.ts";
import { listening, transportOf } from "../support/net/link-pair.ts";
import { rawListener } from "../support/net/one-shot-server.ts";
import { RawPeer } from "../support/net/raw-peer.ts";
import { messageIn } from "../support/net/vectors.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const DIAL = { dialect: "secure", timeoutMs: 10_000 } as const;

describe("dialling", () => {
  test("a port where nobody listens fails with unreachable, and may be tried again", async () => {
    const listener = await transportOf().listen({ host: "127.0.0.1", port: 0 }, () => undefined);
    await listener.close();
    const error = await failureOf(transportOf().dial(`127.0.0.1:${listener.port}`, DIAL));
    expect(error).toMatchObject({ code: "unreachable", retryable: true, message: expect.stringMatching(/nobody listens there/) });
  });

  test("one who accepts and never speaks fails with unreachable when the time is over, and lets go of the socket", async () => {
    const clock = new VirtualClock(1);
    const { port, accepted } = await rawListener();
    const error = failureOf(transportOf({ runtime: clock }).dial(`127.0.0.1:${port}`, DIAL));
    await until(() => accepted.length === 1);
    clock.advance(9_999);
    await turn();
    clock.advance(1);
    expect(await error).toMatchObject({ code: "unreachable", message: expect.stringMatching(/did not answer within 10000 ms/) });
    accepted[0]?.socket.end();
    await accepted[0]?.gone;
  });

  test.each(["plain", "secure"] as const)("with an aborted signal is not begun: %s", async (dialect) => {
    const { port, accepted } = await rawListener();
    expect(await failureOf(transportOf().dial(`127.0.0.1:${port}`, { ...DIAL, dialect, signal: AbortSignal.abort() }))).toMatchObject({
      code: "aborted",
    });
    await turn();
    expect(accepted).toEqual([]);
  });

  test("can be aborted within the handshake, and lets go of the socket", async () => {
    const controller = new AbortController();
    const { port, accepted } = await rawListener();
    const error = failureOf(transportOf().dial(`127.0.0.1:${port}`, { ...DIAL, signal: controller.signal }));
    await until(() => accepted.length === 1);
    controller.abort();
    expect((await error).code).toBe("aborted");
    accepted[0]?.socket.end();
    await accepted[0]?.gone;
  });

  test("what is no address fails with bad_address", async () => {
    expect((await failureOf(transportOf().dial("nowhere", DIAL))).code).toBe("bad_address");
  });
});

describe("listening", () => {
  test("where another program listens fails with a hint", async () => {
    const address = await listening(transportOf());
    const port = Number(address.split(":").at(-1));
    const error = await failureOf(transportOf().listen({ host: "127.0.0.1", port }, () => undefined));
    expect(error).toMatchObject({
      code: "bad_options",
      message: expect.stringMatching(/another program listens there/),
      hint: expect.stringMatching(/0 for any/),
    });
  });

  test("tells the address at which others can dial", async () => {
    const listener = await transportOf().listen({ host: "127.0.0.1", port: 0 }, () => undefined);
    onTestFinished(() => listener.close());
    expect(listener.addresses).toEqual([`tcp://127.0.0.1:${listener.port}`]);
    const everywhere = await transportOf().listen({ host: "0.0.0.0", port: 0 }, () => undefined);
    onTestFinished(() => everywhere.close());
    for (const address of everywhere.addresses) expect(address).not.toMatch(/0\.0\.0\.0/);
    expect(everywhere.addresses.length).toBeGreaterThan(0);
  });

  test("tells those above the limit that it is busy, and takes others when there is room again", async () => {
    const links: Link[] = [];
    const address = await listening(transportOf({ limits: { maxConnections: 2 } }), (link) => links.push(link));
    const first = await transportOf().dial(address, DIAL);
    const second = await transportOf().dial(address, DIAL);
    const over = await transportOf().dial(address, DIAL);
    const [told, left] = [deferred<Uint8Array>(), deferred()];
    over.open({ ...IGNORE, onMessage: told.resolve, onEnd: left.resolve });
    expect(messageIn(frame(await told.promise))).toMatchObject({ type: "response", id: "", ok: false, error: { code: "busy" } });
    await left.promise;
    over.destroy();
    await until(() => links.length === 2);
    const closed = deferred();
    links[0]?.open({ ...IGNORE, onEnd: () => links[0]?.close(), onClose: () => closed.resolve() });
    first.destroy();
    await closed.promise;
    const third = await transportOf().dial(address, DIAL);
    for (const link of [second, third]) link.destroy();
  });
});

describe("a link", () => {
  test("delivers what came before anybody listened, and its end", async () => {
    const { dialled, peer } = await plainLink();
    peer.send(frame(Uint8Array.of(1)), frame(Uint8Array.of(2, 3)));
    peer.socket.end();
    await turn();
    const messages: Uint8Array[] = [];
    const ended = deferred();
    dialled.open({ ...IGNORE, onMessage: (message) => messages.push(Uint8Array.from(message)), onEnd: () => ended.resolve() });
    await ended.promise;
    expect(messages).toEqual([Uint8Array.of(1), Uint8Array.of(2, 3)]);
  });

  test("tells of its end once, even if that came before anybody listened", async () => {
    const { dialled, peer } = await plainLink();
    let closed = 0;
    peer.socket.resetAndDestroy();
    dialled.destroy();
    await turn();
    const { promise, resolve } = deferred();
    dialled.open({
      ...IGNORE,
      onClose: () => {
        closed += 1;
        resolve();
      },
    });
    await promise;
    await turn();
    expect(closed).toBe(1);
    dialled.send(Uint8Array.of(1)); // into the void
  });

  test("that was closed is gone after the time of a frame, even if the other side holds on to its half and talks on", async () => {
    const clock = new VirtualClock(1);
    const arrived = deferred<Link>();
    const address = await listening(transportOf({ runtime: clock }), arrived.resolve);
    const talker = await RawPeer.connect(parseAddress(address).port, { allowHalfOpen: true });
    talker.send(frame(Uint8Array.of(0)));
    const link = await arrived.promise;
    const heard: number[] = [];
    const closed = deferred();
    link.open({ ...IGNORE, onMessage: (message) => heard.push(message[0] ?? -1), onClose: () => closed.resolve() });
    await until(() => heard.length === 1);
    link.close();
    await talker.rest();
    talker.send(frame(Uint8Array.of(1)));
    await until(() => heard.length === 2);
    clock.advance(DEFAULT_LIMITS.frameTimeoutMs);
    await closed.promise;
  });

  test("to one who has stopped reading is given up when too much waits for it", async () => {
    const { dialled, peer } = await plainLink({ maxBufferedBytes: 100_000 });
    peer.socket.pause();
    const closed = deferred<unknown>();
    dialled.open({ ...IGNORE, onClose: closed.resolve });
    const megabyte = new Uint8Array(2 ** 20);
    let isClosed = false;
    void closed.promise.then(() => {
      isClosed = true;
    });
    for (let sent = 0; !isClosed && sent < 200; sent++) {
      dialled.send(megabyte);
      await turn();
    }
    expect(await closed.promise).toMatchObject({ code: "connection_lost", message: expect.stringMatching(/has stopped reading/) });
  });
});

const IGNORE: LinkReceiver = {
  onMessage: () => undefined,
  onFault: () => undefined,
  onEnd: () => undefined,
  onClose: () => undefined,
};

/** A plain link that was dialled, and the bare socket at its other end. */
async function plainLink(limits: { readonly maxBufferedBytes?: number } = {}): Promise<{ readonly dialled: Link; readonly peer: RawPeer }> {
  const arrived = deferred<RawPeer>();
  const { port } = await rawListener(arrived.resolve);
  const dialled = await transportOf({ limits }).dial(`127.0.0.1:${port}`, { ...DIAL, dialect: "plain" });
  onTestFinished(() => dialled.destroy());
  return { dialled, peer: await arrived.promise };
}
