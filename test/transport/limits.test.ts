import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { Client, callOptions } from "../../src/index.ts";
import { DEFAULT_LIMITS } from "../../src/limits.ts";
import { Admissions } from "../../src/transport/admissions.ts";
import { closing, failureOf, serve, turn, until } from "../support/net/lifetime.ts";
import { RawPeer } from "../support/net/raw-peer.ts";
import { Random } from "../support/random.ts";

const MAX_TURNED_AWAY = 64;

class FakeSocket extends EventEmitter {
  readonly remoteAddress: string;

  constructor(remoteAddress: string) {
    super();
    this.remoteAddress = remoteAddress;
  }

  destroy(): void {
    this.emit("close");
  }
}

const from = (host: string): Socket & FakeSocket => new FakeSocket(host) as unknown as Socket & FakeSocket;

describe("admission", () => {
  test("is refused to the host that has as many links as one may, and to nobody else", () => {
    const admissions = new Admissions({ ...DEFAULT_LIMITS, maxConnectionsPerHost: 3 });
    const sockets = Array.from({ length: 3 }, () => from("::ffff:203.0.113.7"));
    for (const socket of sockets) expect(admissions.admit(socket)).toEqual({ how: "admitted" });
    expect(admissions.admit(from("203.0.113.7"))).toMatchObject({
      how: "turned away",
      why: { code: "busy", limit: "maxConnectionsPerHost", message: expect.stringContaining("203.0.113.7") },
    });
    expect(admissions.admit(from("203.0.113.8"))).toEqual({ how: "admitted" });
    sockets[0]?.destroy();
    expect(admissions.admit(from("203.0.113.7"))).toEqual({ how: "admitted" });
  });

  test("counts the whole /64 that whoever has one IPv6 address has, as one host", () => {
    const admissions = new Admissions({ ...DEFAULT_LIMITS, maxConnectionsPerHost: 3 });
    for (let n = 0; n < 3; n++) expect(admissions.admit(from(`2001:db8:1:2::${n}`))).toEqual({ how: "admitted" });
    expect(admissions.admit(from("2001:db8:1:2:9:9:9:9"))).toMatchObject({ how: "turned away", why: { limit: "maxConnectionsPerHost" } });
    expect(admissions.admit(from("2001:db8:1:3::1"))).toEqual({ how: "admitted" });
  });

  test.each(["127.0.0.1", "::1", "10.1.2.3", "192.168.1.1", "172.16.0.9", "fd00::1", "fe80::1"])(
    "counts no links of %s, a neighbour",
    (host) => {
      const admissions = new Admissions({ ...DEFAULT_LIMITS, maxConnectionsPerHost: 1 });
      for (let n = 0; n < 50; n++) expect(admissions.admit(from(host))).toEqual({ how: "admitted" });
    },
  );

  test("keeps its bounds under any order of coming and going", () => {
    const random = new Random(1);
    const limits = { ...DEFAULT_LIMITS, maxConnections: 20, maxConnectionsPerHost: 5 };
    const admissions = new Admissions(limits);
    const open = new Map<Socket & FakeSocket, "admitted" | "told">();
    const of = (state: string, host?: string) =>
      [...open].filter(([socket, is]) => is === state && (host === undefined || socket.remoteAddress === host)).length;
    for (let step = 0; step < 5_000; step++) {
      const gone = random.pick([...open.keys(), undefined]);
      if (gone !== undefined && random.int(2) === 0) {
        gone.destroy();
        open.delete(gone);
        continue;
      }
      const socket = from(`203.0.113.${random.int(8)}`);
      const mayEnter = of("admitted") < 20 && of("admitted", socket.remoteAddress) < 5;
      const { how } = admissions.admit(socket);
      expect(how === "admitted").toBe(mayEnter);
      if (!mayEnter) expect(how === "cut off").toBe(of("told") >= MAX_TURNED_AWAY);
      if (how !== "cut off") open.set(socket, mayEnter ? "admitted" : "told");
    }
  });
});

test("Readers that have stopped are given up when all together hold too much, and whoever reads is served on", async () => {
  const block = new Uint8Array(1_000_000);
  const limits = { maxBufferedBytesInAll: 4_000_000 };
  const server = await serve({ limits, plaintext: "any" }, (it) => it.endpoint("block", () => block));
  const lazy = await Promise.all(Array.from({ length: 12 }, () => RawPeer.connect(server.port)));
  for (const peer of lazy) peer.socket.pause();
  const reader = closing(new Client("127.0.0.1", server.port, { dialect: "plain" }));
  const request = { type: "request", id: "1", endpoint: "block", args: [], kwargs: {} };
  await reader.call("_synapse.ping");
  let rounds = 0;
  for (; server.insides.core.acceptedCount > lazy.length || rounds === 0; rounds++) {
    for (const peer of lazy) peer.say(request);
    expect(await reader.call("block", callOptions({ timeoutMs: 60_000 }))).toHaveLength(block.length);
    await turn();
  }
  // One link alone may hold 16 MB; the network takes a few as well.
  expect(rounds).toBeLessThan(12);
  expect(await reader.call("_synapse.ping")).toBe("pong");
  for (const peer of lazy) peer.socket.destroy();
  await until(() => server.insides.core.acceptedCount <= 1);
  expect((await failureOf(reader.call("nope"))).code).toBe("bad_request");
});
