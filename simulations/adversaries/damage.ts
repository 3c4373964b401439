import {
  DEFAULT_FIND_TIMEOUT_MS,
  type FindResult,
  type LookupResult,
  levelsOf,
  MAX_REQUESTS,
  type Match,
  readRecord,
} from "../../dht/index.ts";
import { type Contact, compareDistance, K, type NodeId, sameId, toHex } from "../../routing/index.ts";
import type { Oracle } from "../engine/oracle.ts";
import { type OperationFigures, OperationStatistics, type Outcome, round, Samples } from "../engine/statistics.ts";
import { type SimNode, type World, wallClockOf } from "../engine/world.ts";
import type { Workload, WorkloadWitness } from "../scenarios/workload.ts";
import type { AdversarySpec } from "./adversary-spec.ts";

/** How far adversaries got. Parts are 0 … 1. */
export interface AdversaryFigures {
  /** Hosts of attackers that there ever were: a sybil counts with every id. */
  readonly hosts: number;
  /** Part of the k nodes nearest to what was looked up, adversaries among them, that were adversaries. */
  readonly amongNearest: number;
  /** Part of the nodes that lookups ended with that were adversaries. */
  readonly inResults: number;
  /** Part of the seats in the tables of members that adversaries hold at the end. */
  readonly inTables: number;
  /** Members of whose table adversaries hold more than half at the end, or all of the k nearest contacts in it. */
  readonly eclipsed: number;
  /** Records held by the member that holds the most, at the end. */
  readonly fullestStore: number;
  /** Part of the matches that no member had published: signed by keys of attackers. */
  readonly spam: number;
  /** Matches that should never have been believed: wrongly signed, of another name or swarm, expired, or withdrawn. */
  readonly believedWrongly: number;
  /** Lookups of more requests than one may make, and searches that took longer than one may. */
  readonly overBudget: number;
  /** Searches for the names that they aim at, which are among all finds, too. */
  readonly targeted: OperationFigures;
}

/** Watches what the members get for what the adversaries do, and checks by itself what the members have believed. */
export class Damage implements WorkloadWitness {
  private readonly world: World;
  private readonly oracle: Oracle;
  private readonly targets: ReadonlySet<string>;
  private readonly targeted = new OperationStatistics();
  private readonly amongNearest = new Samples();
  private readonly inResults = new Samples();
  /** Keys of all nodes, and of those of attackers; as many as were ever born. */
  private readonly everybody = new Set<string>();
  private readonly adversaries = new Set<string>();
  private counted = 0;
  private matches = 0;
  private spam = 0;
  private believedWrongly = 0;
  private overBudget = 0;

  constructor(world: World, oracle: Oracle, workload: Workload, specs: readonly AdversarySpec[]) {
    this.world = world;
    this.oracle = oracle;
    this.targets = new Set(specs.flatMap((spec) => ("capability" in spec && spec.capability !== undefined ? [spec.capability] : [])));
    if (specs.length > 0) workload.witness = this;
  }

  onLookedUp(asker: SimNode, target: NodeId, { closest, requests }: LookupResult): void {
    this.countNewcomers();
    const nearest = this.oracle.nearestOfAll(target, K, asker);
    this.amongNearest.add(partOf(nearest, ({ host }) => host.isAdversary));
    this.inResults.add(partOf(closest, ({ key }) => this.adversaries.has(key)));
    if (requests > MAX_REQUESTS) this.overBudget += 1;
  }

  onFound(asker: SimNode, capability: string, { matches, report }: FindResult, outcome: Outcome | undefined): void {
    if (report.ms > DEFAULT_FIND_TIMEOUT_MS) this.overBudget += 1;
    if (outcome !== undefined && this.targets.has(capability)) this.targeted.add(outcome);
    this.countNewcomers();
    for (const match of matches) {
      this.matches += 1;
      if (!this.everybody.has(toHex(match.record.publisher))) this.spam += 1;
      if (!this.isBelievable(match, capability, asker)) this.believedWrongly += 1;
    }
  }

  figures(): AdversaryFigures {
    const { oracle, adversaries, amongNearest, inResults, matches, spam, believedWrongly, overBudget, targeted } = this;
    this.countNewcomers();
    const seats = oracle.live.flatMap((node) => [...node.contacts()]);
    return {
      hosts: adversaries.size,
      amongNearest: round(amongNearest.mean, 5),
      inResults: round(inResults.mean, 5),
      inTables: round(
        partOf(seats, ({ key }) => adversaries.has(key)),
        5,
      ),
      eclipsed: oracle.live.filter((node) => this.isEclipsed(node)).length,
      fullestStore: oracle.live.reduce((most, { storeSize }) => Math.max(most, storeSize), 0),
      spam: round(matches === 0 ? 0 : spam / matches, 5),
      believedWrongly,
      overBudget,
      targeted: targeted.figures(),
    };
  }

  private isEclipsed(node: SimNode): boolean {
    const seats = [...node.contacts()];
    const nearest = seats.sort((a, b) => compareDistance(node.id, a.id, b.id)).slice(0, K);
    const isTheirs = ({ key }: Contact) => this.adversaries.has(key);
    return partOf(seats, isTheirs) > 0.5 || partOf(nearest, isTheirs) === 1;
  }

  private countNewcomers(): void {
    const { nodes } = this.world;
    for (; this.counted < nodes.length; this.counted++) {
      const { contact, host } = nodes[this.counted] as SimNode;
      this.everybody.add(contact.key);
      if (host.isAdversary) this.adversaries.add(contact.key);
    }
  }

  /** Read anew, without any memory of those who believed it. It may have expired while the search went on. */
  private isBelievable({ record }: Match, capability: string, { host }: SimNode): boolean {
    const { world } = this;
    const read = readRecord(record.bytes, (publicKey, message, signature) => world.verify(publicKey, message, signature));
    if (typeof read === "string" || !sameId(read.publisher, record.publisher)) return false;
    const askedAt = wallClockOf(world) + host.properties.clockOffsetMs - DEFAULT_FIND_TIMEOUT_MS;
    const isInForce = !read.withdrawn && read.expires > askedAt;
    return isInForce && read.swarm === world.options.swarm && levelsOf(read.capability).includes(capability);
  }
}

function partOf<T>(all: readonly T[], isCounted: (one: T) => boolean): number {
  return all.length === 0 ? 0 : all.filter(isCounted).length / all.length;
}
