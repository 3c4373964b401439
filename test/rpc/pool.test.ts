import { getMaxListeners } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { makeContact } from "../../routing/index.ts";
import { DEFAULT_LIMITS, Identity } from "../../src/index.ts";
import { Connection } from "../../src/rpc/connection.ts";
import { ConnectionPool } from "../../src/rpc/pool.ts";
import type { DialOptions, Link, LinkReceiver, ListenOptions, Transport } from "../../src/transport/transport.ts";
import { deferred, failureOf, turn } from "../support/net/lifetime.ts";
import { hostOf, type SideOptions } from "../support/net/link-pair.ts";
import { Random } from "../support/random.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

/** As many links as a pool keeps. */
const MAX_DIALLED = 512;
const MAX_DIALS = 64;
const OPTIONS = { timeoutMs: 1_000 };

/** A link to nobody, which remembers how it ended. */
class FakeLink implements Link {
  readonly dialect = "secure";
  readonly bufferedBytes = 0;
  readonly room = () => undefined;
  readonly remoteAddress = "tcp://fake:1";
  readonly peerId: Uint8Array;
  readonly dialled: boolean;
  readonly sent: Uint8Array[] = [];
  private receiver: LinkReceiver | undefined;

  constructor(peerId: Uint8Array, dialled = true) {
    this.peerId = peerId;
    this.dialled = dialled;
  }

  open(receiver: LinkReceiver): void {
    this.receiver = receiver;
  }

  send(message: Uint8Array): void {
    this.sent.push(message.slice()); // its bytes are the sender's again
  }

  receive(message: Uint8Array): void {
    this.receiver?.onMessage(message);
  }

  get isClosed(): boolean {
    return this.receiver === undefined;
  }

  close(): void {
    const { receiver } = this;
    this.receiver = undefined;
    receiver?.onClose(undefined);
  }

  destroy(): void {
    this.close();
  }
}

/** Dials end when the test says so, or at once. */
class FakeTransport implements Transport {
  readonly dials: { readonly address: string; readonly options: DialOptions; readonly end: (outcome: Link | Error) => void }[] = [];
  answer: ((options: DialOptions, address: string) => Link | Error) | undefined;

  async dial(address: string, options: DialOptions): Promise<Link> {
    const { promise, resolve } = deferred<Link | Error>();
    this.dials.push({ address, options, end: resolve });
    if (this.answer !== undefined) resolve(this.answer(options, address));
    const outcome = await promise;
    if (outcome instanceof Error) throw outcome;
    return outcome;
  }

  listen(_: ListenOptions): Promise<never> {
    throw new Error("nobody listens here");
  }
}

function poolOf(options: SideOptions = {}) {
  const clock = new VirtualClock(1);
  const transport = new FakeTransport();
  const host = hostOf({ runtime: clock, ...options });
  const pool = new ConnectionPool(host, transport);
  onTestFinished(() => pool.close());
  return { clock, transport, host, pool };
}

const random = new Random(7);

function contact(addresses: readonly string[] = ["tcp://a:1"]) {
  return makeContact(random.bytes(32), addresses);
}

function toExpected(options: DialOptions): FakeLink {
  return new FakeLink(options.expectedId ?? Identity.generate().nodeId);
}

describe("a pool dials", () => {
  test("a contact once, however many ask for it at the same time, and not again while the link is open", async () => {
    const { pool, transport } = poolOf();
    const to = contact();
    const asked = Array.from({ length: 100 }, () => pool.connect(to, OPTIONS));
    await turn();
    expect(transport.dials).toHaveLength(1);
    expect(transport.dials[0]?.options.expectedId).toEqual(to.id);
    transport.dials[0]?.end(new FakeLink(to.id));
    expect(new Set(await Promise.all(asked)).size).toBe(1);
    expect(await pool.connect(to, OPTIONS)).toBe(await asked[0]);
    expect(transport.dials).toHaveLength(1);
    expect(pool.size).toBe(1);
  });

  test("the same node elsewhere while a dial to where others say it is leads nowhere", async () => {
    const { pool, transport } = poolOf();
    const to = contact();
    const named = pool.connect(makeContact(to.id, ["tcp://false:1"]), OPTIONS).catch((error: Error) => error.message);
    await turn();
    transport.answer = toExpected;
    expect((await pool.connect(to, OPTIONS)).isOpen).toBe(true);
    transport.dials[0]?.end(new Error("nobody there"));
    expect(await named).toBe("nobody there");
    expect(pool.hasDialled(to.key)).toBe(true);
  });

  test("again after a failure, which all who waited are told of", async () => {
    const { pool, transport } = poolOf();
    const to = contact();
    transport.answer = () => new Error("no way");
    const asked = [pool.connect(to, OPTIONS), pool.connect(to, OPTIONS)];
    for (const result of await Promise.allSettled(asked))
      expect(result).toMatchObject({ status: "rejected", reason: { message: "no way" } });
    transport.answer = toExpected;
    await pool.connect(to, OPTIONS);
    expect(transport.dials).toHaveLength(2);
  });

  test("again when the link was closed", async () => {
    const { pool, transport } = poolOf();
    const to = contact();
    transport.answer = toExpected;
    const first = await pool.connect(to, OPTIONS);
    first.destroy();
    expect(pool.size).toBe(0);
    expect(await pool.connect(to, OPTIONS)).not.toBe(first);
  });

  test("the addresses of a contact in their order, until one leads to it", async () => {
    const { pool, transport } = poolOf();
    transport.answer = (options, address) => (address === "tcp://c:1" ? toExpected(options) : new Error("wrong door"));
    await pool.connect(contact(["tcp://a:1", "tcp://b:1", "tcp://c:1", "tcp://d:1"]), OPTIONS);
    expect(transport.dials.map(({ address }) => address)).toEqual(["tcp://a:1", "tcp://b:1", "tcp://c:1"]);
  });

  test("nowhere for a contact without addresses", async () => {
    const { pool, transport } = poolOf();
    expect(await failureOf(pool.connect(contact([]), OPTIONS))).toMatchObject({ code: "unreachable" });
    expect(transport.dials).toEqual([]);
  });

  test("many at once without a word about leaks", async () => {
    const { pool, transport } = poolOf();
    for (let n = 0; n < MAX_DIALS; n++) void pool.connect(contact(), OPTIONS).catch(() => undefined);
    await turn();
    expect(getMaxListeners(transport.dials[0]?.options.signal as AbortSignal)).toBeGreaterThanOrEqual(MAX_DIALS);
  });

  test(`at most ${MAX_DIALS} at once`, async () => {
    const { pool, transport } = poolOf();
    const contacts = Array.from({ length: MAX_DIALS + 10 }, () => contact());
    const asked = contacts.map((to) => pool.connect(to, OPTIONS));
    await turn();
    expect(transport.dials).toHaveLength(MAX_DIALS);
    for (const { options, end } of [...transport.dials]) end(toExpected(options));
    transport.answer = toExpected;
    await Promise.all(asked);
    expect(transport.dials).toHaveLength(contacts.length);
  });
});

describe("a pool keeps", () => {
  test(`${MAX_DIALLED} links, and closes the one used longest ago for the next`, async () => {
    const { pool, transport } = poolOf();
    transport.answer = toExpected;
    const contacts = Array.from({ length: MAX_DIALLED }, () => contact());
    const links = await Promise.all(contacts.map((to) => pool.connect(to, OPTIONS)));
    const [eldest, second] = contacts;
    if (eldest === undefined || second === undefined) throw new Error("no contacts");
    await pool.connect(eldest, OPTIONS); // used just now: it is the second's turn to go
    await pool.connect(contact(), OPTIONS);
    expect(pool.size).toBe(MAX_DIALLED);
    expect(links.map(({ isOpen }) => isOpen).indexOf(false)).toBe(1);
    expect(links.filter(({ isOpen }) => !isOpen)).toHaveLength(1);
  });

  test("a busy link that lost its place until its call has ended", async () => {
    const { pool, transport, host, clock } = poolOf();
    transport.answer = toExpected;
    const first = await pool.connect(contact(), OPTIONS);
    const link = first.link as FakeLink;
    link.receive(host.serializer.encode(HELLO));
    const answer = first.call({ endpoint: "x", args: [], kwargs: {} }, { timeoutMs: 10_000 });
    await Promise.all(Array.from({ length: MAX_DIALLED }, () => pool.connect(contact(), OPTIONS)));
    clock.advance(2_000);
    expect([first.isOpen, link.isClosed]).toEqual([false, false]);
    link.receive(host.serializer.encode({ type: "response", id: "1", ok: true, result: "late", error: null }));
    expect(await answer).toBe("late");
    expect(link.isClosed).toBe(true);
  });

  test("no link that nobody uses: after half the idle time it is closed", async () => {
    const { pool, transport, clock, host } = poolOf();
    transport.answer = toExpected;
    const { link } = await pool.connect(contact(), OPTIONS);
    (link as FakeLink).receive(host.serializer.encode(HELLO));
    clock.advance(DEFAULT_LIMITS.idleTimeoutMs / 2 - 1);
    expect(pool.size).toBe(1);
    clock.advance(1);
    const said = (link as FakeLink).sent.map((bytes) => host.serializer.decode(bytes));
    expect(said.at(-1)).toEqual({ type: "goaway" }); // the other side may close first: what it has just asked is answered
    clock.advance(2_000);
    expect([pool.size, (link as FakeLink).isClosed]).toEqual([0, true]);
  });

  test("no link whose other side says no hello in time", async () => {
    const { pool, transport, clock } = poolOf();
    transport.answer = toExpected;
    const connection = await pool.connect(contact(), OPTIONS);
    const call = failureOf(connection.call({ endpoint: "x", args: [], kwargs: {} }, { timeoutMs: 60_000 }));
    clock.advance(DEFAULT_LIMITS.handshakeTimeoutMs);
    expect((await call).code).toBe("timed_out");
    expect(pool.size).toBe(0);
  });

  test("one link to a peer, its own, where another was dialled only to see where an address leads", async () => {
    const { pool, transport, host } = poolOf();
    transport.answer = toExpected;
    const to = contact();
    const dialled = await pool.connect(to, { ...OPTIONS, dialledOnly: true });
    pool.closeSurplus(dialled);
    expect([dialled.isOpen, pool.hasDialled(to.key)]).toEqual([true, true]); // there is no other
    const theirs = new Connection(host, new FakeLink(to.id, false));
    pool.adopt(theirs);
    pool.closeSurplus(dialled);
    expect([dialled.isOpen, pool.hasDialled(to.key)]).toEqual([false, false]);
    expect(await pool.connect(to, OPTIONS)).toBe(theirs);
  });

  test("none once it is closed, not even those whose dial was under way", async () => {
    const { pool, transport } = poolOf();
    transport.answer = toExpected;
    const open = await pool.connect(contact(), OPTIONS);
    transport.answer = undefined;
    const to = contact();
    const late = pool.connect(to, OPTIONS);
    await turn();
    pool.close();
    const link = new FakeLink(to.id);
    transport.dials.at(-1)?.end(link);
    expect([(await late).isOpen, open.isOpen, link.isClosed]).toEqual([false, false, true]);
  });
});

const HELLO = { type: "hello", version: 2, swarm: "", listen: [], features: [], software: "x", observed: "y" };
