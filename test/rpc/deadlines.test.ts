import { encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { makeContact } from "../../routing/index.ts";
import { Client, callOptions, Node, SynapseError } from "../../src/index.ts";
import { ConnectionPool } from "../../src/rpc/pool.ts";
import type { DialOptions, Link, LinkReceiver, Transport } from "../../src/transport/transport.ts";
import { closing, turn } from "../support/net/lifetime.ts";
import { hostOf } from "../support/net/link-pair.ts";
import { Random } from "../support/random.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

/** All times here are multiples of this. */
const STEP_MS = 10;
const NEVER = Number.POSITIVE_INFINITY;
const MAX_DIALS = 64;
const HELLO = encode({ type: "hello", version: 2, swarm: "", listen: [], features: [], software: "x", observed: "y" });

/** What a host does with whoever dials it. */
interface Manner {
  readonly acceptsAfterMs?: number;
  readonly refusesAfterMs?: number;
  /** From the moment it accepts. */
  readonly helloAfterMs?: number;
}

/** A link to a host that may say hello, and never anything else. */
class MuteLink implements Link {
  readonly remoteAddress = "tcp://mute:1";
  readonly bufferedBytes = 0;
  readonly room = () => undefined;
  readonly dialled = true;
  readonly dialect: Link["dialect"];
  readonly peerId: Uint8Array | undefined;
  private receiver: LinkReceiver | undefined;

  constructor(options: DialOptions, clock: VirtualClock, manner: Manner) {
    this.dialect = options.dialect;
    this.peerId = options.dialect === "plain" ? undefined : (options.expectedId ?? new Uint8Array(32));
    const { helloAfterMs = NEVER } = manner;
    if (options.dialect === "secure" && helloAfterMs < NEVER) clock.schedule(helloAfterMs, () => this.receiver?.onMessage(HELLO));
  }

  open(receiver: LinkReceiver): void {
    this.receiver = receiver;
  }

  send(): void {}

  close(): void {
    const { receiver } = this;
    this.receiver = undefined;
    receiver?.onClose(undefined);
  }

  destroy(): void {
    this.close();
  }
}

/** Hosts by address; whoever is not among them never answers. */
class TimedTransport implements Transport {
  readonly dialled: string[] = [];
  private readonly clock: VirtualClock;
  private readonly hosts: Readonly<Record<string, Manner>>;

  constructor(clock: VirtualClock, hosts: Readonly<Record<string, Manner>>) {
    this.clock = clock;
    this.hosts = hosts;
  }

  dial(address: string, options: DialOptions): Promise<Link> {
    this.dialled.push(address);
    const manner = this.hosts[address] ?? {};
    const { acceptsAfterMs = NEVER, refusesAfterMs = NEVER } = manner;
    return new Promise((resolve, reject) => {
      const fail = (why: string) => reject(new SynapseError("unreachable", why));
      if (acceptsAfterMs <= Math.min(refusesAfterMs, options.timeoutMs))
        this.clock.schedule(acceptsAfterMs, () => resolve(new MuteLink(options, this.clock, manner)));
      else if (refusesAfterMs < options.timeoutMs) this.clock.schedule(refusesAfterMs, () => fail("refused"));
      else this.clock.schedule(options.timeoutMs, () => fail("no answer"));
    });
  }

  listen(): Promise<never> {
    throw new Error("nobody listens here");
  }
}

function worldOf(hosts: Readonly<Record<string, Manner>> = {}) {
  const clock = new VirtualClock(1);
  const transport = new TimedTransport(clock, hosts);
  const pool = new ConnectionPool(hostOf({ runtime: clock }), transport);
  onTestFinished(() => pool.close());
  return { clock, transport, pool };
}

const random = new Random(9);

function contact(...addresses: readonly string[]) {
  return makeContact(random.bytes(32), addresses);
}

/** How each piece of work ended, and when. */
async function endsOf(clock: VirtualClock, ...works: readonly Promise<unknown>[]) {
  const ends: { how: string; at: number }[] = [];
  let open = works.length;
  for (const [index, work] of works.entries()) {
    const end = (how: string) => {
      ends[index] = { how, at: clock.now() };
      open -= 1;
    };
    work.then(
      () => end("done"),
      (error: unknown) => end(error instanceof SynapseError ? error.code : String(error)),
    );
  }
  for (await turn(); open > 0; await turn()) clock.advance(STEP_MS);
  return ends;
}

async function endOf(clock: VirtualClock, work: Promise<unknown>) {
  return (await endsOf(clock, work))[0];
}

describe("whoever waits for a link waits no longer than it said:", () => {
  test("several addresses that do not answer share the time", async () => {
    const { clock, pool, transport } = worldOf();
    const connecting = pool.connect(contact("tcp://a:1", "tcp://b:1", "tcp://c:1"), { timeoutMs: 900 });
    expect(await endOf(clock, connecting)).toEqual({ how: "timed_out", at: 900 });
    expect(transport.dialled).toEqual(["tcp://a:1", "tcp://b:1", "tcp://c:1"]);
  });

  test("each address is tried a head start after the one before, or as soon as that has refused", async () => {
    const { clock, pool } = worldOf({ "tcp://b:1": { refusesAfterMs: 100 }, "tcp://c:1": { acceptsAfterMs: 490 } });
    const connecting = pool.connect(contact("tcp://a:1", "tcp://b:1", "tcp://c:1"), { timeoutMs: 900 });
    expect(await endOf(clock, connecting)).toEqual({ how: "done", at: 250 + 100 + 490 });
  });

  test("a refusal is told at once", async () => {
    const { clock, pool } = worldOf({ "tcp://a:1": { refusesAfterMs: 50 } });
    expect(await endOf(clock, pool.connect(contact("tcp://a:1"), { timeoutMs: 900 }))).toEqual({ how: "unreachable", at: 50 });
  });

  test("a hello that does not come", async () => {
    const { clock, pool } = worldOf({ "tcp://a:1": { acceptsAfterMs: 100 } });
    expect(await endOf(clock, pool.connectAddress("tcp://a:1", { timeoutMs: 500 }))).toEqual({ how: "timed_out", at: 500 });
  });

  test("a host that does not answer in the time for dialling is unreachable before the time of the call is over", async () => {
    const { clock, pool } = worldOf();
    const options = { timeoutMs: 9_000, dialTimeoutMs: 400 };
    const connecting = [pool.connect(contact("tcp://a:1", "tcp://b:1"), options), pool.connectAddress("tcp://a:1", options)];
    expect(await endsOf(clock, ...connecting)).toEqual(Array(2).fill({ how: "unreachable", at: 400 }));
  });

  test("dials that all have to wait for others", async () => {
    const { clock, pool, transport } = worldOf({ "tcp://late:1": { acceptsAfterMs: 10 } });
    const others = Array.from({ length: MAX_DIALS }, (_, i) => pool.connect(contact(`tcp://n${i}:1`), { timeoutMs: 2_000 }));
    const [hurried, patient] = [contact("tcp://hurried:1"), contact("tcp://late:1")];
    const works = [pool.connect(hurried, { timeoutMs: 100 }), pool.connect(patient, { timeoutMs: 5_000 }), ...others];
    const [first, second] = await endsOf(clock, ...works);
    expect([first, second]).toEqual([
      { how: "timed_out", at: 100 },
      { how: "done", at: 2_000 + 10 },
    ]);
    expect(transport.dialled).not.toContain("tcp://hurried:1");
  });

  test("each of several who share a dial has its own time", async () => {
    const { clock, pool, transport } = worldOf({ "tcp://a:1": { acceptsAfterMs: 1_500 } });
    const to = contact("tcp://a:1");
    const works = [1_000, 300, 2_700].map((timeoutMs) => pool.connect(to, { timeoutMs }));
    expect(await endsOf(clock, ...works)).toEqual([
      { how: "timed_out", at: 1_000 },
      { how: "timed_out", at: 300 },
      { how: "done", at: 1_000 + 1_500 }, // the dial that it shared had less time than it has: it gets one of its own
    ]);
    expect(transport.dialled).toHaveLength(2);
  });

  test("whatever hosts do, and whoever else waits", async () => {
    const ms = fc.nat({ max: 100 }).map((steps) => steps * STEP_MS);
    const manner: fc.Arbitrary<Manner> = fc.record({ acceptsAfterMs: ms, refusesAfterMs: ms, helloAfterMs: ms }, { requiredKeys: [] });
    const timeouts = fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1, maxLength: 4 });
    const property = fc.asyncProperty(fc.array(manner, { maxLength: 4 }), timeouts, fc.boolean(), async (manners, steps, byAddress) => {
      const names = manners.map((_, i) => `tcp://n${i}:1`);
      const { clock, pool } = worldOf(Object.fromEntries(manners.map((each, i) => [names[i], each])));
      const to = contact(...names);
      const works = steps.map((step) => {
        const options = { timeoutMs: step * STEP_MS };
        return byAddress ? pool.connectAddress("tcp://n0:1", options) : pool.connect(to, options);
      });
      for (const [i, { how, at }] of (await endsOf(clock, ...works)).entries()) {
        expect(["done", "timed_out", "unreachable"]).toContain(how);
        expect(at).toBeLessThanOrEqual((steps[i] ?? 0) * STEP_MS);
      }
    });
    await fc.assert(property, { numRuns: 100 });
  });
});

describe("a call is over when its time is over, however much of it dialling took:", () => {
  const HOSTS = { "tcp://127.0.0.1:8": { acceptsAfterMs: 600, helloAfterMs: 100 } };

  test.each(["auto", "secure", "plain"] as const)("of a client that speaks %s", async (dialect) => {
    const { clock, transport } = worldOf(HOSTS);
    const client = closing(new Client("127.0.0.1", 8, { dialect, runtime: clock, transport }));
    const call = client.call("x", callOptions({ timeoutMs: 1_000 }));
    expect(await endOf(clock, call)).toEqual({ how: "timed_out", at: 1_000 });
  });

  test.each(["auto", "secure", "plain"] as const)("of a client that speaks %s, to a host that never answers", async (dialect) => {
    const { clock, transport } = worldOf();
    const client = closing(new Client("127.0.0.1", 8, { dialect, runtime: clock, transport, timeoutMs: 700 }));
    expect(await endOf(clock, client.call("x"))).toEqual({ how: "timed_out", at: 700 });
  });

  test.each([
    ["a host that accepts", "127.0.0.1:8", 1_000, { how: "timed_out", at: 1_000 }],
    ["a host that never answers, in a hurry", "127.0.0.1:9", 1_000, { how: "timed_out", at: 1_000 }],
    ["a host that never answers", "127.0.0.1:9", 30_000, { how: "unreachable", at: 5_000 }],
  ])("of a node to %s", async (_, address, timeoutMs, end) => {
    const { clock, transport } = worldOf(HOSTS);
    const node = new Node({ listen: false, runtime: clock, transport });
    await node.start();
    onTestFinished(() => node.stop());
    expect(await endOf(clock, node.call(address, "x", callOptions({ timeoutMs })))).toEqual(end);
  });
});
