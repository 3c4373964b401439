import { describe, expect, test } from "vitest";
import { find, publish } from "../support/asking.ts";
import { at } from "../support/ids.ts";
import { type Member, MemoryNetwork } from "../support/memory-network.ts";
import { DAY, HOUR, MINUTE, offerOf } from "../support/records.ts";
import { Sleeper } from "../support/sleeper.ts";

interface Scene {
  readonly network: MemoryNetwork;
  readonly laptop: Member;
  readonly sleeper: Sleeper;
}

/** A network in which one machine can sleep, an agent on it. */
function sceneOf(standsStill: boolean): Scene {
  const network = new MemoryNetwork(1);
  network.grow(30, { upkeep: true });
  const sleeper = new Sleeper(network.clock, standsStill);
  const laptop = network.add(500, { runtime: sleeper });
  network.join(laptop, [at(network.members, 0).address]);
  laptop.overlay.start();
  publish(network, laptop, offerOf("work"));
  network.clock.advance(HOUR);
  return { network, laptop, sleeper };
}

/** Its lid is closed for so long; those who are not at home meanwhile are given. */
function sleep({ network, laptop, sleeper }: Scene, ms: number, gone: readonly Member[] = []): void {
  network.isCut = (from, to) => [from.key, to.key].includes(laptop.contact.key);
  sleeper.sleep();
  for (const member of gone) network.kill(member);
  network.clock.advance(ms);
  network.isCut = undefined;
  sleeper.wake();
}

describe.each([
  ["goes on", false],
  ["stands still", true],
] as const)("A machine whose clock %s in sleep, when it wakes after ten hours", (_, standsStill) => {
  test("publishes its records again within a minute, though they had expired and would not have been due", () => {
    const scene = sceneOf(standsStill);
    sleep(scene, 10 * HOUR);
    const { network } = scene;
    network.clock.advance(MINUTE);
    expect(find(network, at(network.members, 7), "work").matches).toHaveLength(1);
  });

  test("does so as soon as it has a network again, where that takes some minutes", () => {
    const scene = sceneOf(standsStill);
    const { network, laptop } = scene;
    sleep(scene, 10 * HOUR);
    network.isCut = (from, to) => [from.key, to.key].includes(laptop.contact.key);
    network.clock.advance(5 * MINUTE);
    network.isCut = undefined;
    network.clock.advance(3 * MINUTE);
    expect(find(network, at(network.members, 7), "work").matches).toHaveLength(1);
  });

  test("finds out within minutes who of its table has gone meanwhile", () => {
    const scene = sceneOf(standsStill);
    const { network, laptop } = scene;
    const gone = network.members.slice(10, 25);
    sleep(scene, 10 * HOUR, gone);
    network.clock.advance(5 * MINUTE);
    const { table } = laptop.overlay.membership;
    const named = table.closest(table.self, 100).map(({ key }) => key);
    expect(gone.filter(({ contact }) => named.includes(contact.key))).toEqual([]);
    expect(named.length).toBeGreaterThanOrEqual(10);
  });
});

test("A machine that is awake never thinks that it has slept", () => {
  const { network, laptop } = sceneOf(false);
  let aged = 0;
  const { table } = laptop.overlay.membership;
  table.age = () => {
    aged += 1;
  };
  network.clock.advance(DAY / 4);
  expect(aged).toBe(0);
});
