import type { LookupResult } from "../../dht/index.ts";
import { type NodeId, SynapseError } from "../../routing/index.ts";
import { Identity } from "../../src/identity.ts";
import type { SimNode, World } from "../engine/world.ts";
import { makeWorld } from "../make-world.ts";
import { modelsOf } from "../models.ts";
import { readScenario } from "../scenarios/read-scenario.ts";
import type { Level } from "../scenarios/scenario.ts";
import { IDLE_MS, type Specimen } from "./specimen.ts";

/** One way between two processes of one machine, ms. What is longer there is the work of the nodes, which takes no virtual time. */
export const LOOPBACK_MS = 0.05;
/**
 * Virtual time after which everything that a join or a lookup has begun is over, ms: hundreds of round trips. {@link IDLE_MS} is no
 * multiple of it, or links would be used at the very moment at which they close.
 */
const STEP_MS = 90;
/** A lookup that takes longer has been lost, ms. */
const LOST_AFTER_MS = 60_000;

/** The network at one level of the simulator. */
export class SimulatedSpecimen implements Specimen {
  readonly name: Level;
  private readonly world: World;
  private readonly nodes: SimNode[] = []; // those of the plan

  constructor(level: Level, seed: number) {
    const latency = { model: "constant", oneWayMs: LOOPBACK_MS } as const;
    const scenario = readScenario({ level, seed, latency, links: { idleMs: IDLE_MS } });
    this.name = level;
    this.world = makeWorld(scenario, modelsOf(scenario, noFile));
  }

  get ids(): readonly NodeId[] {
    return this.nodes.map(({ id }) => id);
  }

  get faults(): readonly string[] {
    return this.world.faults;
  }

  async welcome(key: Uint8Array, bootstraps: readonly number[]): Promise<void> {
    // The stand-ins of the overlay level take what they are given for the public key; so ids are the same as everywhere.
    const seed = this.name === "overlay" ? Identity.fromSeed(key).publicKey : key;
    const node = this.world.birth({ seed });
    this.nodes.push(node);
    if (bootstraps.length === 0) return;
    const contacts = bootstraps.map((index) => this.nodeAt(index).contact);
    const joined = await this.outcome((done) => node.join(contacts, (report) => done(report !== undefined)));
    if (!joined) throw new SynapseError("simulation_fault", `node ${this.nodes.length - 1} could not join at the ${this.name} level`);
  }

  lookUp(asker: number, target: NodeId): Promise<LookupResult> {
    return this.outcome((done) => this.nodeAt(asker).lookup(target, done));
  }

  async close(): Promise<void> {
    for (const node of this.nodes) this.world.death(node);
  }

  /** Lets virtual time pass until what was begun has come to its end, and what follows of it as well. */
  private async outcome<T>(begin: (done: (result: T) => void) => void): Promise<T> {
    const { clock } = this.world;
    const results: T[] = []; // one
    const until = clock.now + LOST_AFTER_MS;
    begin((result) => results.push(result));
    while (results.length === 0 && clock.now < until) await this.world.runUntil(clock.now + STEP_MS);
    if (results.length === 0) throw new SynapseError("simulation_fault", `nothing came of an operation at the ${this.name} level`);
    return results[0] as T;
  }

  private nodeAt(index: number): SimNode {
    return this.nodes[index] as SimNode;
  }
}

function noFile(path: string): string {
  throw new SynapseError("bad_options", `no file is read here: ${path}`);
}
