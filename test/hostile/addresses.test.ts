import { encode } from "@msgpack/msgpack";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Overlay } from "../../dht/index.ts";
import { Client, Identity } from "../../src/index.ts";
import { decodeResponse } from "../../src/overlay-wire.ts";
import { frame } from "../../src/transport/framing.ts";
import { Target } from "../fuzz/target.ts";
import { closing, type GlassAgent, startAgent, turn, until } from "../support/net/lifetime.ts";
import { rawListener } from "../support/net/one-shot-server.ts";

const addressOf = (agent: GlassAgent): string => agent.addresses[0] as string;

describe("what a peer says about another's address", () => {
  test("does not enter the routing table, though that other answers over a link of its own", async () => {
    const liar = await startAgent({ name: "liar" });
    const node = await startAgent({ name: "node", bootstrap: [addressOf(liar)] });
    const victim = await startAgent({ name: "victim" });
    await victim.call(addressOf(node), "_synapse.info"); // from now on the node can ask it over the victim's own link
    const { port, accepted } = await rawListener((peer) => peer.socket.destroy());
    const false_ = { ...victim.contact, addresses: [`tcp://127.0.0.1:${port}`] };
    liar.insides.overlay.handle = (_caller, { kind }) => (kind === "find_node" ? { kind, contacts: [false_] } : { kind: "ping" });
    const { closest } = await node.lookup(victim.id);
    expect(closest.map(({ key }) => key)).toContain(victim.contact.key); // it has been asked, and has answered
    await until(() => accepted.length > 0); // the claim is tried, and leads to somebody else
    for (let turns = 0; turns < 20; turns++) await turn();
    expect(node.peers.map(({ key }) => key)).toEqual([liar.contact.key]);
  });

  test("is passed over where nobody could be dialled there", () => {
    const [id, other] = [7, 8].map((byte) => new Uint8Array(32).fill(byte));
    const contacts = [
      [id, ["nonsense"]],
      [id, ["tcp://127.0.0.1:0"]],
      [id, ["tcp://127.0.0.1:99999"]],
      [id, ["quic://127.0.0.1:9"]],
      [id, []],
      [id, ["nonsense", "quic://h:1", "h.example:9", "tcp://[::1]:9"]],
      [other, ["3325256711:9", "h.example:9", "H.example.:9", "tcp://h.example:9"]],
    ];
    const response = decodeResponse("find_node", { contacts });
    expect(response).toMatchObject({
      contacts: [{ addresses: ["tcp://h.example:9", "tcp://[::1]:9"] }, { addresses: ["tcp://h.example:9"] }],
    });
  });

  test("is said once in an answer, and not again in what was passed on with it: it must not crowd out what others say", () => {
    const [id, other, from] = [7, 8, 9].map((byte) => new Uint8Array(32).fill(byte));
    const named = (byte: unknown, ...hosts: string[]) => hosts.map((host) => [byte, [`${host}:9`]]);
    const response = decodeResponse("find_records", {
      records: [],
      contacts: named(id, "a", "b", "c"),
      relayed: { from: [from, ["f:9"]], records: [], contacts: [...named(id, "d", "e"), ...named(other, "g", "h")] },
    });
    expect(response).toMatchObject({
      contacts: [{ id, addresses: ["tcp://a:9"] }],
      relayed: { contacts: [{ id: other, addresses: ["tcp://g:9"] }] },
    });
  });
});

test("Whoever calls is one host with all of its IPv6 /64, to limits on what its claims may cost", async () => {
  const target = new Target("default");
  await target.start();
  onTestFinished(() => target.stop());
  const hosts: (string | undefined)[] = [];
  const { overlay } = target as unknown as { readonly overlay: Overlay };
  overlay.handle = ({ host }) => {
    hosts.push(host);
    return { kind: "find_node", contacts: [] };
  };
  const request = { type: "request", id: "1", endpoint: "_synapse.find_node", args: [new Uint8Array(32)], kwargs: {} };
  for (const host of ["[2001:db8:1:2::1]", "[2001:db8:1:2:3::4]", "[::ffff:c633:6407]", "[fe80::1%eth0]"]) {
    const link = Object.assign(target.link("plain"), { remoteAddress: `tcp://${host}:1` });
    link.feed(frame(encode(request)));
  }
  await until(() => hosts.length === 4);
  expect(hosts).toEqual(["2001:db8:1:2::/64", "2001:db8:1:2::/64", "198.51.100.7", undefined]);
});

describe("a node that comes back at another address", () => {
  test("is known by it once it has called and been dialled back", async () => {
    const identity = Identity.generate();
    const first = await startAgent({ name: "first" });
    const before = await startAgent({ name: "before", identity, bootstrap: [addressOf(first)] });
    await until(() => first.peers.length === 1);
    await before.crash();
    const after = await startAgent({ name: "after", identity, bootstrap: [addressOf(first)] });
    await until(() => first.peers[0]?.addresses[0] === addressOf(after));
    expect(first.peers).toHaveLength(1);
    const client = closing(new Client(addressOf(first)));
    expect(await client.call("_synapse.peers")).toMatchObject([{ id: after.contact.key, port: after.port }]);
  });
});
