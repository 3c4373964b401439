import { type Contact, compareDistance, type NodeId, partBetween } from "../routing/index.ts";
import { capabilityKey, MAX_SPLIT, splitBitsOf } from "./capability-key.ts";
import type { CapabilityRecord } from "./capability-record.ts";
import { lookForLatecomers } from "./latecomers.ts";
import { LookupRun } from "./lookup-run.ts";
import type { OverlayResponse, StoreOutcome } from "./messages.ts";
import type { Failed } from "./ports.ts";
import type { PublisherContext } from "./publisher.ts";
import { isCrowded, publishedShells, RegionWalk } from "./region.ts";

/** Walks to one key at most: only a network that grows faster than it can be walked needs more than two. */
const MAX_WALKS = 4;
/** Walks around a key at most, where the nearest stand nearer to it than chance puts them; see region.ts. */
const MAX_REGION_WALKS = 8;
/** Nodes of a key's region that are asked to store at most: beside those that attackers may have put there, its own are about 30. */
const MAX_HOLDERS = 160;
/** Part of the k nearest that must hold a record before whoever publishes it goes on; the others are told meanwhile. */
const ENOUGH = 1 / 2;

/** Part of a key's holders that must say that it is split before its records are stored under the child key as well. */
const SPLIT_QUORUM = 1 / 4;

/** What came of all requests of one publish. */
export interface Tally {
  readonly outcomes: Partial<Record<StoreOutcome | "failed", number>>;
  requests: number;
}

export interface SpreadOptions {
  readonly record: CapabilityRecord;
  /** Of the levels of its name, the one under whose key it is stored. */
  readonly level: string;
  /**
   * `until-settled` looks for those who have joined between walk and store, and walks again where there may be some, until a walk meets
   * nobody new. Whoever joins later is found by the holders (HandOver).
   */
  readonly times: "once" | "until-settled";
  readonly tally: Tally;
  /** Called once, when enough nodes hold it or nobody else can be asked. */
  readonly onEnough: (holders: number) => void;
  /** Called once, when all have answered who were to hold it. */
  readonly onDone: (holders: number) => void;
}

/**
 * Stores one record under one level of its name: at the nodes that a walk to the key ends with. Those that should be among them, by the
 * size of the network, are told while the walk still goes on (after `lookup_optim.go` of go-libp2p-kad-dht). Where ids stand nearer to the
 * key than chance puts them, all nodes are told that should be the nearest, whoever else stands between: then such ids only add holders.
 */
export class Spread {
  private readonly context: PublisherContext;
  private readonly options: SpreadOptions;
  /** By key; at most MAX_HOLDERS. */
  private readonly asked = new Set<string>();
  private depth = 0;
  private walks = 0;
  private isWalking = false;
  private hasMetStrangers = false;
  /** What the last walk ended with, where it is all there is to know of the key's neighbourhood. */
  private certain: readonly Contact[] | undefined;
  private open = 0;
  private answers = 0;
  /** Who says that the key is split. */
  private claims = 0;
  private holders = 0;
  private isEnough = false;

  constructor(context: PublisherContext, options: SpreadOptions) {
    this.context = context;
    this.options = options;
  }

  start(): void {
    const { key } = this;
    const within = this.likelyWithin;
    this.beginWalk();
    new LookupRun(this.context, {
      target: key,
      request: { kind: "find_node", target: key },
      onAnswer: (from) => {
        if (partBetween(key, from.id) < within) this.storeAt(from);
        return "go-on";
      },
      onDone: ({ closest, complete, requests }) => {
        this.options.tally.requests += requests;
        this.onWalked(closest, complete);
      },
    }).start();
  }

  /** The same where the nodes nearest to the key are known already. */
  startAmong(nearest: readonly Contact[]): void {
    this.beginWalk();
    this.onWalked(nearest, false);
  }

  private get key(): NodeId {
    const { record, level } = this.options;
    return capabilityKey(record.swarm, level, splitBitsOf(record.publisher, this.depth));
  }

  /** Whoever is nearer to a key than this, as a part of the id space, should be among the k nearest; one who is not is one holder more. */
  private get likelyWithin(): number {
    const { membership, settings } = this.context;
    return settings.k / membership.size.estimate.nodes;
  }

  private beginWalk(): void {
    this.walks += 1;
    this.isWalking = true;
    this.hasMetStrangers = false;
  }

  private onWalked(closest: readonly Contact[], isComplete: boolean): void {
    const { key } = this;
    const isCrowdedKey = isCrowded(this.context, key, closest);
    this.certain = isComplete && !isCrowdedKey ? closest : undefined;
    if (this.walks === 1 && this.storeHere(key, closest)) this.holders += 1;
    for (const contact of closest) this.storeAt(contact);
    if (isCrowdedKey) this.lookAround(key);
    else this.endWalk();
  }

  private lookAround(key: NodeId): void {
    new RegionWalk(this.context, {
      parts: publishedShells(this.context, key),
      mostWalks: MAX_REGION_WALKS,
      onMember: (member) => {
        this.storeAt(member);
        return "go-on";
      },
      onDone: (requests) => {
        this.options.tally.requests += requests;
        this.endWalk();
      },
    }).start();
  }

  private endWalk(): void {
    this.isWalking = false;
    this.goOn();
  }

  private storeAt(contact: Contact): void {
    if (this.asked.has(contact.key) || this.asked.size >= MAX_HOLDERS) return;
    const { peers, settings } = this.context;
    const { key } = this;
    this.asked.add(contact.key);
    this.hasMetStrangers = true;
    this.open += 1;
    this.options.tally.requests += 1;
    peers.request(contact, { kind: "store", key, record: this.options.record.bytes }, settings.requestTimeoutMs, (outcome) => {
      this.open -= 1;
      this.count(outcome);
      this.goOn();
    });
  }

  private count(answer: OverlayResponse | Failed): void {
    const { outcomes } = this.options.tally;
    const name = answer.kind === "store" ? answer.outcome : "failed";
    outcomes[name] = (outcomes[name] ?? 0) + 1;
    this.answers += 1;
    if (name === "stored" || name === "unchanged") this.holders += 1;
    const { split = 0 } = answer.kind === "store" ? answer : {};
    if (split > this.depth && split <= MAX_SPLIT) this.claims += 1;
    if (this.holders >= this.context.settings.k * ENOUGH) this.tellEnough();
  }

  private goOn(): void {
    if (this.isWalking || this.open > 0) return;
    if (this.isToGoDeeper()) this.goDeeper();
    else if (this.options.times === "until-settled" && this.hasMetStrangers && this.walks < MAX_WALKS) this.lookAgain();
    else this.finish();
  }

  private lookAgain(): void {
    const { certain, key } = this;
    if (certain === undefined) {
      this.start();
      return;
    }
    this.isWalking = true;
    const isMet = ({ key }: Contact) => this.asked.has(key);
    lookForLatecomers(this.context, key, certain, isMet, (mayHaveCome, requests) => {
      this.options.tally.requests += requests;
      if (mayHaveCome) this.start();
      else this.finish();
    });
  }

  private finish(): void {
    this.tellEnough();
    this.options.onDone(this.holders);
  }

  /**
   * A quarter of the holders that a key should have must say that it is split, fewer than finders ask for: wherever these look, it is. Whoever
   * has room keeps the record beside that, so that false claims scatter nothing; but a key that is split is not complete by itself, since
   * newcomers may have no room for what those before them held. One bit at a time, as finders go, however deep somebody says that it is.
   */
  private isToGoDeeper(): boolean {
    const quorum = Math.min(this.answers, this.context.settings.k) * SPLIT_QUORUM;
    return this.claims > 0 && this.claims >= quorum && this.depth < MAX_SPLIT;
  }

  private goDeeper(): void {
    this.depth += 1;
    this.walks = 0;
    this.answers = 0;
    this.claims = 0;
    this.holders = 0;
    this.asked.clear();
    this.start();
  }

  private tellEnough(): void {
    if (this.isEnough) return;
    this.isEnough = true;
    this.options.onEnough(this.holders);
  }

  /** This node may itself be among the nearest. */
  private storeHere(key: NodeId, nearest: readonly Contact[]): boolean {
    const { self, store, runtime, settings } = this.context;
    if (self.addresses.length === 0) return false; // nobody could come and read it
    const last = nearest[settings.k - 1];
    if (last !== undefined && compareDistance(key, self.id, last.id) > 0) return false;
    return store.put(key, this.options.record, runtime.wallClock()).outcome === "stored";
  }
}
