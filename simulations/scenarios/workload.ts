import type { FindResult, LookupResult, PublishReport } from "../../dht/index.ts";
import { K, type NodeId, toHex } from "../../routing/index.ts";
import type { Oracle } from "../engine/oracle.ts";
import type { RandomStream } from "../engine/random.ts";
import { OperationStatistics, type Outcome } from "../engine/statistics.ts";
import type { SimNode, World } from "../engine/world.ts";
import type { Load } from "./scenario.ts";
import { Zipf } from "./zipf.ts";

/** Told of each lookup; gives what is to be told what it ended with: the keys of the contacts found. */
export interface LookupObserver {
  onLookup(asker: SimNode, target: NodeId): (keys: ReadonlySet<string>) => void;
}

/** Told of everything that came of the workload, beside what is measured of it. */
export interface WorkloadWitness {
  onLookedUp(asker: SimNode, target: NodeId, result: LookupResult): void;
  /** @param outcome undefined where nobody offers the name: there was nothing to find. */
  onFound(asker: SimNode, capability: string, result: FindResult, outcome: Outcome | undefined): void;
}

/** What members do with the network, at a constant rate, each answer measured against the truth. */
export class Workload {
  readonly lookups = new OperationStatistics();
  readonly finds = new OperationStatistics();
  readonly publishes = new OperationStatistics();
  observer: LookupObserver | undefined;
  witness: WorkloadWitness | undefined;
  private readonly offers = new Map<number, string>(); // what each node has ever offered, by index: one that comes back offers it again
  private readonly world: World;
  private readonly oracle: Oracle;
  private readonly load: Load;
  private readonly random: RandomStream;
  private readonly popularity: Zipf;
  private isOver = false;

  constructor(world: World, oracle: Oracle, load: Load) {
    this.world = world;
    this.oracle = oracle;
    this.load = load;
    this.random = world.stream("load");
    this.popularity = new Zipf(load.capabilities, load.zipf);
  }

  begin(): void {
    this.repeat(this.load.lookupsPerSecond, () => this.lookUp());
    this.repeat(this.load.findsPerSecond, () => this.search());
    this.repeat(this.load.publishesPerSecond, () => this.publishMore());
  }

  /** From now on nobody asks for anything. */
  end(): void {
    this.isOver = true;
  }

  /** A member that has just joined offers what it can do. */
  settleIn(node: SimNode): void {
    const capability = this.offers.get(node.index) ?? capabilityName(this.popularity.draw(this.random));
    this.offers.set(node.index, capability);
    const tell = this.told("publish", node, capability);
    node.publish(offerOf(node, capability), (report) => {
      this.oracle.published(node, capability);
      tell?.(published(report));
    });
  }

  private repeat(perSecond: number, action: () => void): void {
    if (perSecond === 0) return;
    const again = () => {
      this.world.clock.schedule(this.random.exponential(1_000 / perSecond), () => {
        if (this.isOver) return;
        if (this.oracle.size > 0) action();
        again();
      });
    };
    again();
  }

  private lookUp(): void {
    const asker = this.oracle.pick(this.random);
    const target: NodeId = this.random.bytes(32);
    const told = this.observer?.onLookup(asker, target);
    const tell = this.told("lookup", asker, toHex(target));
    asker.lookup(target, (result) => {
      if (!asker.isAlive) return;
      const truth = this.oracle.closest(target, K, asker);
      const found = new Set(result.closest.map((contact) => contact.key));
      told?.(found);
      const right = truth.filter((node) => found.has(node.contact.key)).length;
      const [nearest] = truth;
      this.witness?.onLookedUp(asker, target, result);
      const outcome = {
        ...result,
        success: nearest === undefined || found.has(nearest.contact.key),
        recall: truth.length === 0 ? 1 : right / truth.length,
      };
      tell?.(outcome);
      this.lookups.add(outcome);
    });
  }

  private search(): void {
    const asker = this.oracle.pick(this.random);
    const capability = capabilityName(this.popularity.draw(this.random));
    const before = this.oracle.offering(capability);
    const tell = this.told("find", asker, capability);
    asker.find(capability, this.load.findLimit, (result) => {
      if (!asker.isAlive) return;
      const truth = new Set(before.filter((node) => this.oracle.isLive(node)).map((node) => node.contact.key));
      const found = result.matches.filter(({ record }) => truth.has(record.publisherKey)).length;
      const recall = Math.min(1, found / Math.min(this.load.findLimit, truth.size));
      const outcome = truth.size === 0 ? undefined : { ...measured(result), success: found > 0, recall }; // else there is nothing to find
      this.witness?.onFound(asker, capability, result, outcome);
      if (outcome === undefined) return;
      tell?.(outcome);
      this.finds.add(outcome);
    });
  }

  /** A member publishes what it offers again, as one does whose price has changed. */
  private publishMore(): void {
    const node = this.oracle.pick(this.random);
    const capability = this.oracle.offerOf(node);
    if (capability === undefined) return;
    const tell = this.told("publish", node, capability);
    node.publish(offerOf(node, capability), (report) => {
      if (!node.isAlive) return;
      const outcome = published(report);
      tell?.(outcome);
      this.publishes.add(outcome);
    });
  }

  private told(operation: string, node: SimNode, about: string): ((outcome: Outcome) => void) | undefined {
    return this.world.trace.listener?.onOperation(operation, node.index, about);
  }
}

export function capabilityName(index: number): string {
  return `skill-${index}`;
}

/** What others were asked to pass on counts as if they had. */
function measured({ matches, report }: FindResult) {
  const { hops, requests, relays, ms } = report;
  return {
    hops,
    requests: requests + relays,
    ms,
    firstMs: matches.length === 0 ? undefined : Math.min(...matches.map((match) => match.ms)),
  };
}

function published({ holders, requests, ms }: PublishReport): Outcome {
  return { success: holders > 0, recall: Math.min(1, holders / K), hops: 0, requests, ms };
}

function offerOf(node: SimNode, capability: string) {
  return { capability, name: `node ${node.index}`, role: "agent", description: "", version: "1.0.0", attributes: {} };
}
