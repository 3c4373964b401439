import { describe, expect, test } from "vitest";
import { DEFAULT_SETTINGS, MAX_LOST } from "../../dht/index.ts";
import { K } from "../../routing/index.ts";
import { find, publish } from "../support/asking.ts";
import { at } from "../support/ids.ts";
import { peer, peers, sceneWith } from "../support/membership-scene.ts";
import { type Member, MemoryNetwork } from "../support/memory-network.ts";
import { HOUR, offerOf } from "../support/records.ts";

const { refreshIntervalMs } = DEFAULT_SETTINGS;

/** Cuts the first so many members off from the others; gives both parts. */
function cut(network: MemoryNetwork, count: number): { here: Member[]; there: Member[] } {
  const here = network.members.slice(0, count);
  const keys = new Set(here.map(({ contact }) => contact.key));
  network.isCut = (from, to) => keys.has(from.key) !== keys.has(to.key);
  return { here, there: network.members.slice(count) };
}

const knowsAnyOf = ({ overlay }: Member, others: readonly Member[]) => others.some(({ contact }) => overlay.membership.table.has(contact));

describe("A network that was cut in two until each part had dropped the other", () => {
  // Of 12 members, everybody knows everybody; of 60, tables hold a part. One alone; and with nobody on its side to join through.
  test.each([
    [12, 1],
    [12, 5],
    [60, 25],
  ])("of %i members, %i of them on the other side, is one again within two refresh intervals, and so are its records", (size, apart) => {
    const network = new MemoryNetwork(size + apart);
    network.grow(size, { upkeep: true });
    const { here, there } = cut(network, apart);
    network.clock.advance(4 * HOUR);
    expect(there.some((member) => knowsAnyOf(member, here)) || here.some((member) => knowsAnyOf(member, there))).toBe(false);
    publish(network, at(here, 0), offerOf("from-here"));
    publish(network, at(there, 0), offerOf("from-there"));
    network.isCut = undefined;
    network.clock.advance(2 * refreshIntervalMs);
    for (const member of network.members) {
      const others = network.members.filter((other) => other !== member);
      if (size <= K) for (const { contact } of others) expect(member.overlay.membership.table.has(contact)).toBe(true);
      for (const name of ["from-here", "from-there"]) expect(find(network, member, name).matches).toHaveLength(1);
    }
  });

  test("is one again through the contacts that were lost alone, where nobody has a bootstrap address any more", () => {
    const network = new MemoryNetwork(3);
    network.grow(12, { upkeep: true });
    const { here, there } = cut(network, 4);
    for (const { overlay } of network.members) overlay["reunion"].bootstrap = [];
    network.clock.advance(4 * HOUR);
    network.isCut = undefined;
    network.clock.advance(2 * refreshIntervalMs);
    for (const member of there) expect(here.every(({ contact }) => member.overlay.membership.table.has(contact))).toBe(true);
  });
});

describe("A network that is whole", () => {
  test("is asked for other parts now and then, which costs each member a few requests an hour", () => {
    const network = new MemoryNetwork(4);
    network.grow(30, { upkeep: true });
    network.clock.advance(HOUR);
    const walks = new Map<unknown, number>();
    network.onSent = ({ request }) => {
      if (request.kind === "find_node" && network.members.some(({ contact }) => contact.id === request.target))
        walks.set(request, (walks.get(request) ?? 0) + 1);
    };
    network.clock.advance(8 * HOUR);
    expect([...walks.values()].reduce((sum, requests) => sum + requests, 0) / (8 * 30)).toBeLessThan(3);
    expect(Math.max(...walks.values())).toBeLessThanOrEqual(8);
  });
});

describe("Contacts that were lost", () => {
  function lose(scene: ReturnType<typeof sceneWith>, number: number): void {
    for (let miss = 0; miss < 3; miss++) scene.membership.markMissed(peer(number));
  }

  test("are remembered at the addresses that were proved, and no longer once they are back", () => {
    const scene = sceneWith(2);
    for (let miss = 0; miss < 3; miss++) scene.membership.markMissed({ ...peer(1), addresses: ["mem://hearsay"] });
    expect(scene.membership.lost.pick()).toEqual(peer(1));
    scene.membership.addVerified(peer(1));
    expect(scene.membership.lost.size).toBe(0);
  });

  test("are not those who never had a seat, or have missed a request or two", () => {
    const scene = sceneWith(1);
    for (const contact of [peer(0), peer(0), peer(9), peer(9), peer(9)]) scene.membership.markMissed(contact);
    expect(scene.membership.lost.pick()).toBeUndefined();
  });

  test("are at most so many; of those lost long ago some are left", () => {
    const scene = sceneWith(0);
    for (const [number, contact] of peers(3 * MAX_LOST).entries()) {
      scene.membership.addVerified(contact);
      lose(scene, number);
    }
    expect(scene.membership.lost.size).toBe(MAX_LOST);
    const picked = new Set(Array.from({ length: 1_000 }, () => scene.membership.lost.pick()?.key));
    expect(picked.size).toBe(MAX_LOST);
    expect(peers(2 * MAX_LOST).some(({ key }) => picked.has(key))).toBe(true);
  });
});
