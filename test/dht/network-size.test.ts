import { describe, expect, test } from "vitest";
import { NetworkSize } from "../../dht/network-size.ts";
import { type Contact, K, type NodeId, RoutingTable } from "../../routing/index.ts";
import { nearestOf } from "../../simulations/engine/nearest.ts";
import { at, contactOf, idNear, sortedByDistance } from "../support/ids.ts";
import { Random } from "../support/random.ts";

/** A node in a network of so many, that knows its neighbours, and what it looks up. */
class Scene {
  now = 0;
  readonly random: Random;
  readonly others: Contact[];
  readonly table: RoutingTable;
  readonly size: NetworkSize;

  constructor(seed: number, nodes: number) {
    this.random = new Random(seed);
    const self = this.random.bytes(32);
    this.others = Array.from({ length: nodes - 1 }, () => contactOf(this.random.bytes(32)));
    this.table = new RoutingTable(self);
    for (const contact of sortedByDistance(self, this.others).slice(0, 2 * K)) this.table.addVerified(contact, 0);
    this.size = new NetworkSize(this.table, { now: () => this.now });
  }

  lookUp(target: NodeId = this.random.bytes(32), ground: readonly Contact[] = []): void {
    this.size.heard(target, nearestOf([...this.others, ...ground], target, K), K);
  }
}

/** Estimates of the same network by many nodes, as parts of the truth, in order. */
function estimates(nodes: number, worlds: number, lookups: number, each: (scene: Scene) => void = () => undefined): number[] {
  const found = Array.from({ length: worlds }, (_, seed) => {
    const scene = new Scene(seed, nodes);
    for (let n = 0; n < lookups; n++) scene.lookUp();
    each(scene);
    return scene.size.estimate.nodes / nodes;
  });
  return found.sort((a, b) => a - b);
}

describe("The size of a network", () => {
  test.each([2, 5, 20])("is known exactly where there are no more than 20 others: %i", (nodes) => {
    const scene = new Scene(1, nodes);
    scene.lookUp();
    expect(scene.size.estimate).toMatchObject({ nodes, error: 0 });
  });

  test("errs as it says: 19 of 20 nodes are within the error that they give", () => {
    let within = 0;
    for (let seed = 0; seed < 60; seed++) {
      const scene = new Scene(seed, 400);
      for (let n = 0; n < 16; n++) scene.lookUp();
      const { nodes, error } = scene.size.estimate;
      expect(error).toBeLessThan(0.16);
      if (Math.abs(nodes / 400 - 1) <= error) within += 1;
    }
    expect(within).toBeGreaterThanOrEqual(54);
  });

  test("is guessed from the own neighbourhood alone before anything was looked up, and better with each lookup", () => {
    const spread = (values: number[]) => at(values, Math.floor(values.length * 0.9)) - at(values, Math.floor(values.length * 0.1));
    const alone = estimates(400, 60, 0);
    expect(at(alone, 30)).toBeGreaterThan(0.8);
    expect(at(alone, 30)).toBeLessThan(1.25);
    expect(spread(estimates(400, 60, 12))).toBeLessThan(spread(alone) / 1.5);
  });

  test("is not distorted by ids ground near keys, however often these are looked up, or near the node itself", () => {
    const attacked = estimates(400, 20, 8, (scene) => {
      const key = scene.random.bytes(32);
      const ground = Array.from({ length: 45 }, () => contactOf(idNear(key, scene.random, 18)));
      for (let n = 0; n < 50; n++) scene.lookUp(key, ground);
      for (let n = 0; n < 45; n++) scene.table.addVerified(contactOf(idNear(scene.table.self, scene.random, 18)), 0);
      for (let n = 0; n < 5; n++) scene.lookUp();
    });
    expect(at(attacked, 0)).toBeGreaterThan(0.6);
    expect(at(attacked, -1)).toBeLessThan(1.6);
  });

  test("is not learnt from a lookup of one node that ends with the target itself", () => {
    const scene = new Scene(1, 100);
    const before = scene.size.estimate;
    for (const contact of scene.others.slice(0, 16)) scene.size.heard(contact.id, [contact], 1);
    expect(scene.size.estimate).toEqual(before);
    scene.size.heard(at(scene.others, 0).id, sortedByDistance(at(scene.others, 0).id, scene.others).slice(0, 2), 2);
    expect(scene.size.estimate.samples).toBe(1);
  });

  test("follows a network that grows, and one that shrinks within an hour", () => {
    const scene = new Scene(3, 200);
    for (let n = 0; n < 16; n++) scene.lookUp();
    scene.others.splice(40);
    for (const contact of [...scene.table.contacts()]) if (!scene.others.includes(contact)) scene.table.remove(contact);
    scene.now += 3_600_001;
    expect(scene.size.estimate.nodes).toBeLessThan(80);
    for (let n = 0; n < 2_000; n++) scene.others.push(contactOf(scene.random.bytes(32)));
    for (const contact of sortedByDistance(scene.table.self, scene.others).slice(0, 3 * K)) scene.table.addVerified(contact, 0);
    expect(scene.size.estimate.nodes).toBeGreaterThan(1_000);
  });
});
