import { describe, expect, onTestFinished, test } from "vitest";
import { formatAddress } from "../../src/address.ts";
import { Client, Node } from "../../src/index.ts";
import { ObservedHost } from "../../src/observed-host.ts";
import { Reachability, unreachedLine } from "../../src/reachability.ts";
import type { RpcCore } from "../../src/rpc/core.ts";
import type { Link } from "../../src/transport/transport.ts";
import { closing, until } from "../support/net/lifetime.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const LOOK_MS = 90_000;

describe("A node", () => {
  function watched(hasPeers = () => true) {
    const clock = new VirtualClock(1);
    const changes: boolean[] = [];
    const reachability = new Reachability(clock, hasPeers, (isNamed) => changes.push(isNamed));
    reachability.start();
    return { clock, changes, reachability };
  }

  test("that nobody dials for a minute and a half ceases to name its addresses, and names them for as long again now and then", () => {
    const { clock, changes } = watched();
    clock.advance(LOOK_MS - 1);
    expect(changes).toEqual([]);
    clock.advance(1);
    expect(changes).toEqual([false]);
    clock.advance(9 * LOOK_MS);
    expect(changes).toEqual([false, true]);
    clock.advance(LOOK_MS);
    expect(changes).toEqual([false, true, false]);
  });

  test("that has been dialled names them from then on", () => {
    const { clock, changes, reachability } = watched();
    clock.advance(LOOK_MS);
    reachability.dialledIn();
    clock.advance(100 * LOOK_MS);
    expect(changes).toEqual([false, true]);
  });

  test("that is alone goes on naming them: there is nobody who could dial", () => {
    const { clock, changes } = watched(() => false);
    clock.advance(100 * LOOK_MS);
    expect(changes).toEqual([]);
  });

  test("that is stopped finds out nothing more", () => {
    const { clock, changes, reachability } = watched();
    reachability.stop();
    clock.advance(100 * LOOK_MS);
    expect(changes).toEqual([]);
  });
});

/** A node that announces an address at which nobody is, and another that it joins through, all in virtual time. */
async function unreachable() {
  const clock = new VirtualClock(2);
  const lines: string[] = [];
  const root = new Node({ runtime: clock });
  const node = new Node({ runtime: clock, announce: ["127.0.0.1:1"], join: "background", log: (line) => lines.push(line) });
  for (const each of [root, node]) onTestFinished(() => each.stop());
  await root.start();
  await node.start();
  await node.join(root.addresses);
  return { clock, root, node, lines };
}

test("On sockets, one that cannot be dialled where it says is a client: nobody enters it, and after a while it claims nothing", async () => {
  const { clock, root, node, lines } = await unreachable();
  expect(root.peers).toEqual([]);
  expect(node.contact.addresses).toEqual(["tcp://127.0.0.1:1"]);
  clock.advance(LOOK_MS);
  expect(node.contact.addresses).toEqual([]);
  expect(lines.join("\n")).toContain("nobody has dialled tcp://127.0.0.1:1");
  expect(node.peers.map(({ key }) => key)).toEqual([root.contact.key]);
});

test("and names its addresses again as soon as somebody dials", async () => {
  const { clock, node } = await unreachable();
  clock.advance(LOOK_MS);
  await closing(new Client("127.0.0.1", node.port)).call("_synapse.ping");
  await until(() => node.contact.addresses.length === 1);
});

describe("What is said of one that nobody has dialled", () => {
  function lineFor(host: string): string {
    const observedHost = new ObservedHost();
    for (let i = 0; i < 3; i++) observedHost.note(`198.51.100.${i}`, formatAddress({ host, port: 40_000 + i }));
    return unreachedLine({ addresses: ["tcp://203.0.113.5:9999"], port: 9_999, observedHost });
  }

  test("names the address at which others see it, as one to announce", () => {
    expect(lineFor("203.0.113.77")).toMatch(/others see it at 203\.0\.113\.77: .* announce 203\.0\.113\.77:9999$/);
    expect(lineFor("2001:db8::1")).toMatch(/announce \[2001:db8::1\]:9999$/);
  });

  test("speaks of a firewall where others see it where it says", () => {
    expect(lineFor("203.0.113.5")).toMatch(/does a firewall keep port 9999 closed\?$/);
  });

  test("is no more than that where nobody knows better", async () => {
    const { clock, lines } = await unreachable();
    clock.advance(LOOK_MS);
    expect(lines.at(-1)).toMatch(/cannot be found$/);
  });
});

test("As what others see it, it learns of those whom it has dialled", async () => {
  const disguise = (link: Link, name: "remoteHost" | "remoteAddress", value: string) => Object.defineProperty(link, name, { value });
  const node = new Node({ join: "background" });
  onTestFinished(() => node.stop());
  const { transport, observedHost } = coreOf(node);
  const { dial } = transport;
  let dials = 0;
  transport.dial = async (...args) => disguise(await dial.apply(transport, args), "remoteHost", `198.51.100.${dials++}`);
  await node.start();
  for (let i = 0; i < 3; i++) {
    const other = new Node({ join: "background" });
    onTestFinished(() => other.stop());
    const { transport: theirs } = coreOf(other);
    const { listen } = theirs;
    theirs.listen = (options, onLink) =>
      listen.call(theirs, options, (link) => onLink(disguise(link, "remoteAddress", "tcp://203.0.113.5:1")));
    await other.start();
    expect(observedHost.agreed).toBeUndefined();
    await other.call(node.addresses[0] as string, "_synapse.ping"); // as this one sees it, at a private address
    await node.call(other.addresses[0] as string, "_synapse.ping");
  }
  await until(() => observedHost.agreed === "203.0.113.5");
});

function coreOf(node: Node): RpcCore {
  return (node as unknown as { core: RpcCore }).core;
}
