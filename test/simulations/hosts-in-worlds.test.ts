import { describe, expect, test } from "vitest";
import { type HostsSpec, hostModel } from "../../simulations/engine/hosts/host-spec.ts";
import { constantLatency } from "../../simulations/engine/latency/constant.ts";
import { NodeWorld } from "../../simulations/engine/node-world.ts";
import { OverlayWorld } from "../../simulations/engine/overlay-world.ts";
import type { SimNode, World } from "../../simulations/engine/world.ts";
import { isInShare } from "../../simulations/faults/share.ts";
import { DEFAULT_SCENARIO, record, type ScenarioInput } from "../../simulations/index.ts";

const MINUTE = 60_000;
const load = { lookupsPerSecond: 1, findsPerSecond: 1, capabilities: 8 };
const small: ScenarioInput = { nodes: 30, seed: 5, growthMs: 200, settleMs: MINUTE, durationMs: 2 * MINUTE, load };

const LEVELS = ["overlay", "node"] as const;

async function runOf(level: (typeof LEVELS)[number], hosts: HostsSpec, more: ScenarioInput = {}) {
  const size = level === "node" ? { nodes: 16, durationMs: MINUTE } : {}; // real frames and signatures take their time
  return record({ ...small, ...size, ...more, level, hosts });
}

function worldOf(level: (typeof LEVELS)[number], hosts: HostsSpec, oneWayMs: number): World {
  const { links } = DEFAULT_SCENARIO;
  const options = { seed: 1, latency: constantLatency(oneWayMs), hosts: hostModel(hosts), links, swarm: "simulation" };
  return level === "overlay" ? new OverlayWorld(options) : new NodeWorld(options);
}

/** Draws hosts until a partition has the last of them alone on its side. */
function saltThatCuts(share: number, nodes: readonly SimNode[]): number {
  const isCut = (salt: number) => nodes.map(({ index }) => isInShare(share, salt, index)).join() === "false,false,true";
  return Array.from({ length: 100 }, (_, salt) => salt).find(isCut) as number;
}

describe.each(LEVELS)("At the %s level", (level) => {
  test("those who cannot be dialled take part, and are in nobody's table", async () => {
    const { figures, picture } = await runOf(level, { clients: 0.5 });
    const isClient = picture.nodes.map(({ kind }) => kind === "client");
    expect(isClient.filter(Boolean).length).toBeGreaterThan(4);
    expect(picture.edges.some(([, to]) => isClient[to])).toBe(false);
    expect(picture.edges.some(([from]) => isClient[from])).toBe(true);
    expect(figures.lookups).toMatchObject({ success: 1, recall: 1 });
    expect(figures.finds.recall).toBeGreaterThan(0.99); // what clients offer is found, too
  });

  test("slow hosts and narrow lines take their time", async () => {
    const constant = { latency: { model: "constant", oneWayMs: 20 } } as const;
    const p50 = async (hosts: HostsSpec) => (await runOf(level, hosts, constant)).figures.lookups.latencyMs.p50;
    const [plain, slow, narrow] = [
      await p50({}),
      await p50({ slow: { share: 1, processingMs: 40 } }),
      await p50({ upload: { bytesPerSecond: 5_000 } }),
    ];
    expect(slow / plain).toBeGreaterThan(2.5); // 2 × (20 + 40) instead of 2 × 20
    expect(slow / plain).toBeLessThan(3.5);
    expect(narrow).toBeGreaterThan(plain + 50); // an answer that names 20 contacts takes some 300 ms to send
  });

  test("whoever is gone for good leaves nothing in memory, and whoever may come back keeps what it knew", async () => {
    const world = worldOf(level, {}, 20);
    const nodes = Array.from({ length: 6 }, () => world.birth());
    const [first, lost, away] = nodes as [SimNode, SimNode, SimNode];
    await world.runUntil(1_000);
    for (const node of nodes.slice(1)) node.join([first.contact], () => undefined);
    await world.runUntil(30_000);
    for (const node of [lost, away]) expect([...node.contacts()].length).toBeGreaterThan(2);
    world.death(lost, true);
    world.death(away);
    expect([...lost.contacts()]).toEqual([]);
    away.revive(true);
    await world.runUntil(60_000);
    expect([...away.contacts()].length).toBeGreaterThan(2);
    expect(world.faults).toEqual([]);
  });

  test("what waits for its link, or for a partition to end, holds up nothing that its host sends meanwhile", async () => {
    const [oneWayMs, lines] = [200, { upload: { bytesPerSecond: 1_000_000 } }];
    const world = worldOf(level, lines, oneWayMs);
    const nodes = [world.birth(), world.birth(), world.birth()] as const;
    const [asker, host, other] = nodes;
    await world.runUntil(1_000);
    const roundTripFrom = async (from: SimNode, to: SimNode, meanwhile = () => {}) => {
      const begin = world.clock.now;
      let took = 0;
      from.send(to.contact, { kind: "ping" }, ({ kind }) => (took = kind === "failed" ? Number.NaN : world.clock.now - begin));
      world.clock.schedule(oneWayMs - 20, meanwhile); // just before the request arrives
      await world.runUntil(begin + 5_000);
      return took;
    };
    const send = () => host.send(other.contact, { kind: "ping" }, () => {});
    expect(await roundTripFrom(asker, host)).toBeGreaterThan(5 * oneWayMs); // sets up the link
    expect(await roundTripFrom(asker, host)).toBeLessThan(2 * oneWayMs + 10);
    expect(await roundTripFrom(asker, host, send)).toBeLessThan(2 * oneWayMs + 10);
    const cut = { fault: "partition", share: 0.5, oneWay: false } as const;
    world.problems.begin(cut, saltThatCuts(cut.share, nodes), world.clock.now + 3_000);
    expect(await roundTripFrom(asker, host, send)).toBeLessThan(2 * oneWayMs + 10);
  });

  test("records of clocks that are hours wrong are refused, of clocks that are a minute wrong they are not", async () => {
    const recall = async (maxMs: number) => (await runOf(level, { clock: { model: "uniform", maxMs } })).figures.finds.recall;
    expect(await recall(MINUTE)).toBeGreaterThan(0.99);
    expect(await recall(12 * 60 * MINUTE)).toBeLessThan(0.8);
  });

  test("a machine that is still there says at once that its node is gone", async () => {
    const untilGivenUp = async (closedPorts: number) => {
      const world = worldOf(level, { closedPorts }, 20);
      const [gone, newcomer] = [world.birth(), world.birth()];
      let failedAt = 0;
      await world.runUntil(1_000);
      world.death(gone);
      newcomer.join([gone.contact], () => (failedAt = world.clock.now));
      await world.runUntil(2 * MINUTE);
      expect(world.faults).toEqual([]);
      return failedAt - 1_000;
    };
    // Four rounds, and pauses of half a second, one and two between them, half as long at least and half as long again at most.
    expect(await untilGivenUp(1)).toBeLessThan(4 * 40 + 1.5 * 3_500 + 1);
    expect(await untilGivenUp(0)).toBeGreaterThan(4 * 5_000);
  });
});
