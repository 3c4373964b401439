import { capabilityKey, DEFAULT_SETTINGS } from "../../dht/index.ts";
import { K, type NodeId, nodeIdFromHex, toHex } from "../../routing/index.ts";
import { nearestOf } from "../engine/nearest.ts";
import type { Oracle } from "../engine/oracle.ts";
import { round, Samples } from "../engine/statistics.ts";
import { type SimNode, type World, wallClockOf } from "../engine/world.ts";
import type { Workload } from "./workload.ts";

/** All stores are looked through this often, ms, and at the end. */
const CENSUS_MS = 3_600_000;
/** Requests of a holder on average below which one of them being asked more often than others is chance. */
const ENOUGH_REQUESTS = 50;
/** Offers whose holders are compared with the nearest, evenly chosen among all: that takes a look at all members for each. */
const MAX_COMPARED = 2_000;

/** What stores hold, and who is asked for it. Parts are 0 … 1. */
export interface RecordFigures {
  /** Names offered by living members at the end, one for each who offers it. */
  readonly offered: number;
  /** Of these and of those at each full hour before: how many no living member held. */
  readonly lost: number;
  /** Members that hold a record, on average. */
  readonly holders: number;
  /** Part of the true k nearest to its key, its publisher left out, that hold a record, at the end. */
  readonly atNearest: number;
  /** Records in the fullest store of a member, and under one key of it. */
  readonly fullestStore: number;
  readonly fullestKey: number;
  /**
   * Of the keys asked for often: requests to the busiest of its nearest holders over the mean of these. The worst of them; 0 where there is
   * none.
   */
  readonly busiestHolder: number;
  /** Walks by whoever publishes in bulk, in the last interval of republishing. */
  readonly bulkWalks: number;
}

interface Offered {
  readonly capability: string;
  readonly key: NodeId;
  readonly publisher: SimNode;
}

const NOBODY: ReadonlySet<SimNode> = new Set();

/** What all members hold at one moment. */
class Holdings {
  /** Most records under one key of one member. */
  fullest = 0;
  /** Holders by publisher and capability, under whichever key they hold it. */
  private readonly byEntry = new Map<string, Set<SimNode>>();
  /** Holders by key; as many keys as are held. */
  private readonly byKey = new Map<string, SimNode[]>();

  constructor(world: World, members: readonly SimNode[]) {
    const now = wallClockOf(world);
    for (const node of members) for (const key of node.inside.store.keys()) this.add(node, key, now);
  }

  /** Who holds what a publisher offers. */
  of(capability: string, { contact }: SimNode): ReadonlySet<SimNode> {
    return this.byEntry.get(`${contact.key} ${capability}`) ?? NOBODY;
  }

  holdersOf(keyHex: string): readonly SimNode[] {
    return this.byKey.get(keyHex) ?? [];
  }

  private add(node: SimNode, key: NodeId, now: number): void {
    const records = node.inside.store.under(key, now).filter(({ withdrawn }) => !withdrawn);
    if (records.length === 0) return;
    this.fullest = Math.max(this.fullest, records.length);
    const keyHex = toHex(key);
    this.byKey.set(keyHex, [...(this.byKey.get(keyHex) ?? []), node]);
    for (const { publisherKey, capability } of records) {
      const entry = `${publisherKey} ${capability}`;
      const holders = this.byEntry.get(entry) ?? new Set();
      this.byEntry.set(entry, holders.add(node));
    }
  }
}

/** Looks through all stores now and then, for what the nodes themselves cannot know. */
export class Census {
  private readonly world: World;
  private readonly oracle: Oracle;
  private readonly workload: Workload;
  private readonly bulkTargets = new Set<NodeId>(); // one for each walk in the last interval
  private lost = 0;

  constructor(world: World, oracle: Oracle, workload: Workload) {
    this.world = world;
    this.oracle = oracle;
    this.workload = workload;
  }

  /** The measured part begins now. */
  begin(durationMs: number): void {
    const { clock } = this.world;
    for (let atMs = CENSUS_MS; atMs < durationMs; atMs += CENSUS_MS)
      clock.schedule(atMs, () => this.countLost(new Holdings(this.world, this.oracle.live)));
    clock.schedule(Math.max(0, durationMs - DEFAULT_SETTINGS.republishIntervalMs), () => this.watchBulk());
  }

  figures(): RecordFigures {
    const holdings = new Holdings(this.world, this.oracle.live);
    this.countLost(holdings);
    const holders = new Samples();
    const atNearest = new Samples();
    const everySo = Math.ceil(this.offers().length / MAX_COMPARED);
    for (const [n, { capability, key, publisher }] of this.offers().entries()) {
      const held = holdings.of(capability, publisher);
      holders.add(held.size);
      if (n % everySo > 0) continue;
      const nearest = this.oracle.closest(key, K, publisher);
      if (nearest.length > 0) atNearest.add(nearest.filter((node) => held.has(node)).length / nearest.length);
    }
    return {
      offered: holders.count,
      lost: this.lost,
      holders: round(holders.mean, 2),
      atNearest: round(atNearest.mean, 5),
      fullestStore: this.oracle.live.reduce((most, { storeSize }) => Math.max(most, storeSize), 0),
      fullestKey: holdings.fullest,
      busiestHolder: round(this.busiestHolder(holdings), 2),
      bulkWalks: this.bulkTargets.size,
    };
  }

  private offers(): Offered[] {
    const { swarm } = this.world.options;
    return this.oracle.live.flatMap((publisher) =>
      this.oracle.offersOf(publisher).map((capability) => ({ capability, key: capabilityKey(swarm, capability), publisher })),
    );
  }

  private countLost(holdings: Holdings): void {
    for (const { capability, publisher } of this.offers()) if (holdings.of(capability, publisher).size === 0) this.lost += 1;
  }

  /** Whoever was asked for a key and does not hold it was on the way; whoever holds it from when it was among the nearest is not asked. */
  private busiestHolder(holdings: Holdings): number {
    let worst = 0;
    for (const [keyHex, meter] of this.world.meters.keys) {
      const requests = [...meter.values()].reduce((sum, count) => sum + count, 0);
      if (requests < ENOUGH_REQUESTS * K) continue;
      const holders = nearestOf(holdings.holdersOf(keyHex), nodeIdFromHex(keyHex), K);
      const counts = holders.map(({ index }) => meter.get(index) ?? 0);
      const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
      if (mean >= ENOUGH_REQUESTS) worst = Math.max(worst, Math.max(...counts) / mean);
    }
    return worst;
  }

  /** All requests of a walk have the same target. */
  private watchBulk(): void {
    this.workload.bulkPublisher?.observe((_, target) => {
      if (target !== undefined) this.bulkTargets.add(target);
      return undefined;
    });
  }
}
