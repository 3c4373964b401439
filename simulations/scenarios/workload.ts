import { capabilityKey, type FindResult, type LookupResult, type PublishReport } from "../../dht/index.ts";
import { K, type NodeId, toHex } from "../../routing/index.ts";
import type { Oracle } from "../engine/oracle.ts";
import type { RandomStream } from "../engine/random.ts";
import { OperationStatistics, type Outcome } from "../engine/statistics.ts";
import { type SimNode, type World, wallClockOf } from "../engine/world.ts";
import type { Load } from "./scenario.ts";
import { Zipf } from "./zipf.ts";

/** After a publish this long, ms, nothing of it is under way any more. */
const SETTLED_MS = 15_000;

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
  /** Told when a member begins to offer a name. */
  onOffer: ((publisher: SimNode, capability: string) => void) | undefined;
  /** Who publishes in bulk, once it has begun. */
  bulkPublisher: SimNode | undefined;
  private readonly offers = new Map<number, readonly string[]>(); // what each node has ever offered, by index: one that comes back offers it again
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
    this.publishBulk();
  }

  /** From now on nobody asks for anything. */
  end(): void {
    this.isOver = true;
  }

  /** A member that has just joined offers what it can do. */
  settleIn(node: SimNode): void {
    const capabilities = this.offers.get(node.index) ?? this.drawOffers();
    this.offers.set(node.index, capabilities);
    for (const capability of capabilities) this.offer(node, capability);
  }

  /** One of the names, popular ones more often than others. */
  drawName(random: RandomStream): string {
    return capabilityName(this.popularity.draw(random));
  }

  private drawOffers(): readonly string[] {
    const { hot, offersEach } = this.load;
    const isHot = () => hot > 0 && this.random.next() < hot;
    const names = Array.from({ length: offersEach }, () => capabilityName(isHot() ? 0 : this.popularity.draw(this.random)));
    return [...new Set(names)];
  }

  private offer(node: SimNode, capability: string): void {
    const tell = this.told("publish", node, capability);
    this.onOffer?.(node, capability);
    node.publish(offerOf(node, capability), (report) => {
      this.oracle.published(node, capability);
      tell?.(published(report));
    });
  }

  /** One member has much to offer, all at once: it is there to the end. */
  private publishBulk(): void {
    const { bulkOffers } = this.load;
    const [publisher] = this.oracle.live;
    if (publisher === undefined || bulkOffers === 0) return;
    this.bulkPublisher = publisher;
    for (let n = 0; n < bulkOffers; n++) this.offer(publisher, `bulk-${n}`);
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
    const capability = this.drawName(this.random);
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
    const offers = this.oracle.offersOf(node);
    const capability = offers.length > 1 ? this.random.pick(offers) : offers[0];
    if (capability === undefined) return;
    const tell = this.told("publish", node, capability);
    node.publish(offerOf(node, capability), (report) => {
      if (!node.isAlive) return;
      const outcome = published(report);
      tell?.(outcome);
      // Some holders may be told after the publisher has all that it waits for.
      this.world.clock.schedule(SETTLED_MS, () => this.publishes.add({ ...outcome, recall: this.heldByNearest(node, capability) }));
    });
  }

  /** Part of the members nearest to a key that hold this publisher's record. */
  private heldByNearest(publisher: SimNode, capability: string): number {
    const key = capabilityKey(this.world.options.swarm, capability);
    const nearest = this.oracle.closest(key, K, publisher);
    const now = wallClockOf(this.world);
    const holds = (node: SimNode) => node.inside.store.under(key, now).some(({ publisherKey }) => publisherKey === publisher.contact.key);
    return nearest.length === 0 ? 1 : nearest.filter(holds).length / nearest.length;
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
