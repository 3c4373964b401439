import { describe, expect, test } from "vitest";
import { type FindResult, type OverlayRequest, type OverlayResponse, readRecord } from "../../dht/index.ts";
import { compareDistance, makeContact, nodeIdFromHex, toHex } from "../../routing/index.ts";
import { FORGERIES } from "../../simulations/adversaries/forgers.ts";
import { groundIds } from "../../simulations/adversaries/ground-ids.ts";
import type { Plot } from "../../simulations/adversaries/scheme.ts";
import { keyFor, made, newSigner } from "../../simulations/adversaries/spam.ts";
import { hostModel } from "../../simulations/engine/hosts/host-spec.ts";
import { constantLatency } from "../../simulations/engine/latency/constant.ts";
import { NodeWorld } from "../../simulations/engine/node-world.ts";
import { Oracle } from "../../simulations/engine/oracle.ts";
import { OverlayWorld } from "../../simulations/engine/overlay-world.ts";
import { RandomStream } from "../../simulations/engine/random.ts";
import { type SimNode, type World, wallClockOf } from "../../simulations/engine/world.ts";
import { type AdversarySpec, DEFAULT_SCENARIO, drawAdversaries, readScenario, record, simulate } from "../../simulations/index.ts";
import { failureOf } from "../support/net/lifetime.ts";
import { newStore } from "../support/store-records.ts";

const MINUTE = 60_000;

describe.each(["overlay", "node"] as const)("At the %s level", (level) => {
  function newWorld(): World {
    const { links } = DEFAULT_SCENARIO;
    const options = { seed: 1, latency: constantLatency(20), hosts: hostModel(), links, swarm: "simulation" };
    return level === "overlay" ? new OverlayWorld(options) : new NodeWorld(options);
  }

  function plotIn(world: World): Plot {
    return { world, oracle: new Oracle(), random: world.stream("plot"), members: [] };
  }

  /** Members that have joined through the first of them. */
  async function grown(world: World, count: number): Promise<[SimNode, ...SimNode[]]> {
    const first = world.birth();
    const others = Array.from({ length: count - 1 }, () => world.birth());
    await world.runUntil(100);
    for (const node of others) {
      node.join([first.contact], () => undefined);
      await world.runUntil(world.clock.now + 2_000);
    }
    return [first, ...others];
  }

  const offer = { capability: "work", name: "", role: "", description: "", version: "", attributes: {} };

  test.each(Object.keys(FORGERIES))("a record that is %s is stored by nobody", async (name) => {
    const plot = plotIn(newWorld());
    const store = newStore("simulation");
    const [now, signer] = [wallClockOf(plot.world), newSigner(plot)];
    const old = made(plot, "work", { seq: 1 }, signer);
    const loot = { key: keyFor(plot, "work"), record: old };
    expect(store.put(loot.key, made(plot, "work", { seq: 2 }, signer), now).outcome).toBe("stored");
    for (let n = 0; n < 20; n++) {
      const { key, bytes } = FORGERIES[name]?.(plot, loot) ?? expect.fail();
      const read = readRecord(bytes, plot.world.verify);
      const outcome = typeof read === "string" ? "invalid" : store.put(key, read, now).outcome;
      expect(["invalid", "stale", "expired"]).toContain(outcome);
    }
    expect(store.size).toBe(1);
  });

  test("ids are ground nearer to a key than those of all members, and can be had by the key itself", () => {
    const plot = plotIn(newWorld());
    const members = Array.from({ length: 12 }, () => plot.world.birth());
    for (const member of members) plot.oracle.joined(member);
    const key = "0123456789abcdef".repeat(4);
    const { birth } = groundIds(plot, { adversary: "ground-ids", count: 5, key });
    const ground = Array.from({ length: 5 }, () => plot.world.birth({ ...birth?.(), isAdversary: true }));
    expect(new Set(ground.map(({ contact }) => contact.key)).size).toBe(5);
    for (const { id } of ground) for (const member of members) expect(compareDistance(nodeIdFromHex(key), id, member.id)).toBeLessThan(0);
  });

  test("nobody is reached at an address that is another's, or nobody's; nor is the other taken for it", async () => {
    const world = newWorld();
    const [asker, other] = await grown(world, 2);
    const meant = world.birth(); // nobody has a link to it
    const outcomes: string[] = [];
    for (const address of [other?.contact.addresses[0], "tcp://203.0.113.7:7"]) {
      const contact = makeContact(meant.id, [address as string]);
      asker.send(contact, { kind: "ping" }, (outcome) => outcomes.push(outcome.kind));
    }
    await world.runUntil(world.clock.now + MINUTE);
    expect(outcomes).toEqual(["failed", "failed"]);
    expect(world.traffic.astray).toBe(1);
  });

  test("who says nothing is given up after the time that a request has", async () => {
    const world = newWorld();
    const [asker, silent] = await grown(world, 3);
    (silent as SimNode).conduct = { answer: () => undefined };
    const ends: number[] = [];
    const from = world.clock.now;
    asker.send((silent as SimNode).contact, { kind: "find_node", target: asker.id }, () => ends.push(world.clock.now - from));
    await world.runUntil(from + MINUTE);
    expect(ends).toEqual([5_000]);
    expect(world.faults).toEqual([]);
  });

  test("a record that was withdrawn is not found, though it is stored again and given out", async () => {
    const world = newWorld();
    const [, publisher, replayer, ...others] = await grown(world, 8);
    const seen: Extract<OverlayRequest, { kind: "store" }>[] = [];
    const replay = (response: OverlayResponse): OverlayResponse =>
      response.kind === "find_records" ? { ...response, records: seen.slice(0, 1).map(({ record }) => record) } : response;
    (replayer as SimNode).conduct = {
      answer: (_, request, honest) => {
        if (request.kind === "store") seen.push(request);
        return replay(honest());
      },
    };
    publisher?.publish(offer, () => undefined);
    await world.runUntil(world.clock.now + MINUTE);
    const search = async () => {
      const results: FindResult[] = [];
      others[0]?.find("work", 10, (result) => results.push(result));
      await world.runUntil(world.clock.now + MINUTE);
      return results[0]?.matches.map(({ record }) => toHex(record.publisher));
    };
    expect(await search()).toEqual([publisher?.contact.key]);
    world.leave(publisher as SimNode);
    await world.runUntil(world.clock.now + MINUTE);
    for (const { contact } of others) replayer?.send(contact, seen[0] as OverlayRequest, () => undefined);
    await world.runUntil(world.clock.now + MINUTE);
    expect(await search()).toEqual([]);
  });
});

describe("Adversaries", () => {
  test("take places among the nearest, and are nobody's right answer", async () => {
    const adversaries = [{ adversary: "hiders", share: 0.3 }] as const;
    const figures = await simulate({
      nodes: 60,
      seed: 2,
      durationMs: 3 * MINUTE,
      settleMs: MINUTE,
      adversaries,
      load: { lookupsPerSecond: 1 },
    });
    expect(figures.adversaries?.amongNearest).toBeGreaterThan(0.15);
    expect(figures.adversaries?.inResults).toBeGreaterThan(0.15);
    expect(figures.lookups.recall).toBeGreaterThan(0.99); // though a third of what was found was theirs
  });

  test("do the same in the same world, whether or not it is recorded", async () => {
    const adversaries = drawAdversaries(new RandomStream(3, "draw"));
    expect(adversaries.length).toBeGreaterThan(0);
    const scenario = { nodes: 20, seed: 3, durationMs: 3 * MINUTE, settleMs: MINUTE, adversaries };
    expect((await record(scenario)).figures.traceHash).toBe((await simulate(scenario)).traceHash);
  });

  test("are drawn of all kinds, within what a scenario takes, the same from the same stream, and end", () => {
    const drawn = Array.from({ length: 200 }, (_, n) => drawAdversaries(new RandomStream(n, "draw")));
    for (const [n, adversaries] of drawn.entries()) {
      expect(readScenario({ adversaries }).adversaries).toEqual(drawAdversaries(new RandomStream(n, "draw")));
      for (const { untilMs = Number.POSITIVE_INFINITY } of adversaries) expect(untilMs).toBeLessThanOrEqual(30 * MINUTE);
    }
    expect(new Set(drawn.flat().map(({ adversary }) => adversary)).size).toBe(9);
    expect(drawn.some((adversaries) => adversaries.length === 0)).toBe(true);
  });

  test.each<[string, object, string]>([
    ["of no kind", { adversary: "gossips", share: 0.1 }, "scenario.adversaries.0.adversary: must be one of"],
    ["that are nobody", { adversary: "droppers" }, "scenario.adversaries.0"],
    ["that are members and are not", { adversary: "droppers", share: 0.1, count: 5 }, "scenario.adversaries.0"],
    ["without a rate", { adversary: "forgers", share: 0.1 }, "scenario.adversaries.0.perSecond: is missing"],
    ["with a field of others", { adversary: "silent", share: 0.1, names: "dead" }, "scenario.adversaries.0.names: is not known"],
    ["that are members where they must come from outside", { adversary: "sybils", share: 0.1, sessionMs: 5_000 }, "share: is not known"],
    ["of more than there are", { adversary: "liars", share: 2 }, "scenario.adversaries.0.share: must be <= 1"],
  ])("%s are refused, and it is said where", async (_, adversary, message) => {
    expect(await failureOf(() => readScenario({ adversaries: [adversary as AdversarySpec] }))).toMatchObject({
      code: "bad_options",
      message: expect.stringContaining(message),
    });
  });

  test("next to no key are refused", async () => {
    const adversaries = [{ adversary: "ground-ids", count: 3 }] as const;
    await expect(simulate({ nodes: 5, adversaries })).rejects.toMatchObject({ message: expect.stringContaining("a capability or a key") });
  });
});
