import { K, type NodeId, toHex } from "../../routing/index.ts";
import { Oracle } from "../engine/oracle.ts";
import type { RandomStream } from "../engine/random.ts";
import { OperationStatistics } from "../engine/statistics.ts";
import type { SimNode, World } from "../engine/world.ts";
import { type Progress, type ScenarioOptions, SETTLE_MS } from "./scenario.ts";

/** A newcomer comes this often while the network grows, ms. */
const ARRIVAL_MS = 100;
/** The first nodes: through them the others join. They stay when others come and go, as bootstrap nodes do. */
const BOOTSTRAPS = 3;
/** Bootstrap addresses that a newcomer knows. */
const KNOWN_BOOTSTRAPS = 2;
/** Matches wanted of a search: more than anybody offers, so that recall is of all there are. Those long gone count against it too. */
const FIND_LIMIT = 100;
/** Virtual time between two looks at the clock of the real world. */
const STEP_MS = 10_000;

/**
 * A network grows one by one, settles, and is then used at a constant rate: random ids are looked up and random capabilities searched by
 * random members. With churn, members vanish without a word and newcomers take their places.
 */
export class Baseline {
  readonly lookups = new OperationStatistics();
  readonly finds = new OperationStatistics();
  readonly joins = new OperationStatistics();
  readonly oracle = new Oracle();
  deaths = 0;
  private readonly world: World;
  private readonly options: ScenarioOptions;
  private readonly load: RandomStream;
  private readonly churn: RandomStream;
  private bootstraps: SimNode[] = [];
  /** Whether the measured time has begun: what happens before is not counted. */
  private measuring = false;

  constructor(world: World, options: ScenarioOptions) {
    this.world = world;
    this.options = options;
    this.load = world.stream("load");
    this.churn = world.stream("churn");
  }

  /** Runs to the end; gives the traffic and time at which the measured part began. */
  async run(progress: Progress): Promise<{ fromMs: number; messages: number; bytes: number }> {
    const { world, options } = this;
    await this.grow(progress);
    if (options.churnMs !== undefined) for (const node of this.oracle.live) this.scheduleDeath(node);
    await this.pass("settling", world.clock.now + SETTLE_MS, progress);
    const start = { fromMs: world.clock.now, messages: world.traffic.messages, bytes: world.traffic.bytes };
    this.measuring = true;
    this.repeat(options.lookupsPerSecond, () => this.lookUp());
    this.repeat(options.findsPerSecond, () => this.search());
    await this.pass("measuring", start.fromMs + options.durationMs, progress);
    return start;
  }

  private async grow(progress: Progress): Promise<void> {
    const { nodes } = this.options;
    for (let born = 0; born < nodes; born++) {
      this.welcome();
      await this.world.runUntil(this.world.clock.now + ARRIVAL_MS);
      if (born % 100 === 0) progress("growing", born, nodes);
    }
  }

  private async pass(phase: string, untilMs: number, progress: Progress): Promise<void> {
    const { clock } = this.world;
    const fromMs = clock.now;
    while (clock.now < untilMs) {
      await this.world.runUntil(Math.min(untilMs, clock.now + STEP_MS));
      progress(phase, clock.now - fromMs, untilMs - fromMs);
    }
  }

  /** A newcomer joins through bootstraps that it knows, and publishes what it can do. */
  private welcome(): void {
    const { world } = this;
    const node = world.birth();
    if (this.bootstraps.length < BOOTSTRAPS) this.bootstraps.push(node);
    if (node.index === 0) {
      this.settleIn(node);
      return;
    }
    if (this.measuring) this.scheduleDeath(node);
    const bornAt = world.clock.now;
    const others = this.bootstraps.filter((bootstrap) => bootstrap !== node);
    const known = Array.from({ length: Math.min(KNOWN_BOOTSTRAPS, others.length) }, () => this.churn.pick(others).contact);
    node.join(known, (report) => {
      if (!node.isAlive) return;
      const joined = report !== undefined;
      this.joins.add({
        success: joined,
        recall: this.knowsNeighbours(node),
        hops: report?.hops ?? 0,
        requests: report?.requests ?? 0,
        ms: world.clock.now - bornAt,
      });
      if (joined) this.settleIn(node);
    });
  }

  private settleIn(node: SimNode): void {
    this.oracle.joined(node);
    const capability = capabilityName(this.load.integer(this.options.capabilities));
    const offer = { capability, name: `node ${node.index}`, role: "agent", description: "", version: "1.0.0", attributes: {} };
    node.publish(offer, () => this.oracle.published(node, capability));
  }

  /** Part of the members nearest to a newcomer that it knows once it has joined: joining is for that. */
  private knowsNeighbours(node: SimNode): number {
    const neighbours = this.oracle.closest(node.id, K, node);
    return neighbours.length === 0 ? 1 : neighbours.filter(({ contact }) => node.knows(contact)).length / neighbours.length;
  }

  private scheduleDeath(node: SimNode): void {
    const { churnMs } = this.options;
    if (churnMs === undefined || this.bootstraps.includes(node)) return;
    this.world.clock.schedule(this.churn.exponential(churnMs), () => {
      this.deaths += 1;
      this.oracle.died(node);
      this.world.death(node);
      this.welcome();
    });
  }

  private repeat(perSecond: number, action: () => void): void {
    if (perSecond === 0) return;
    const again = () => {
      this.world.clock.schedule(this.load.exponential(1_000 / perSecond), () => {
        action();
        again();
      });
    };
    again();
  }

  private lookUp(): void {
    const asker = this.load.pick(this.oracle.live);
    const target: NodeId = this.load.bytes(32);
    asker.lookup(target, (result) => {
      if (!asker.isAlive) return;
      const truth = this.oracle.closest(target, K, asker);
      const found = new Set(result.closest.map((contact) => contact.key));
      const right = truth.filter((node) => found.has(node.contact.key)).length;
      const [nearest] = truth;
      this.lookups.add({
        ...result,
        success: nearest === undefined || found.has(nearest.contact.key),
        recall: truth.length === 0 ? 1 : right / truth.length,
      });
    });
  }

  private search(): void {
    const asker = this.load.pick(this.oracle.live);
    const capability = capabilityName(this.load.integer(this.options.capabilities));
    const before = this.oracle.offering(capability);
    asker.find(capability, FIND_LIMIT, (result) => {
      if (!asker.isAlive) return;
      const truth = new Set(before.filter((node) => node.isAlive).map((node) => node.contact.key));
      if (truth.size === 0) return; // nobody offers it: there is nothing to find
      const found = result.matches.filter(({ record }) => truth.has(toHex(record.publisher))).length;
      this.finds.add({ ...result.report, success: found > 0, recall: Math.min(1, found / Math.min(FIND_LIMIT, truth.size)) });
    });
  }
}

function capabilityName(index: number): string {
  return `skill-${index}`;
}
