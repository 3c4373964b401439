import { describe, expect, onTestFinished, test } from "vitest";
import { Client, Node } from "../../src/index.ts";
import { Reachability } from "../../src/reachability.ts";
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
