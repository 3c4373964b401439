import { type Contact, compareDistance, type NodeId, partBetween } from "../routing/index.ts";
import { MAX_SPLIT } from "./capability-key.ts";
import type { CapabilityRecord } from "./capability-record.ts";
import { lookForLatecomers } from "./latecomers.ts";
import { LookupRun } from "./lookup-run.ts";
import type { OverlayResponse, StoreOutcome } from "./messages.ts";
import { NearestHeard } from "./nearest-heard.ts";
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
/** Part of a key's holders that must say that it is split: fewer than finders ask for, so that wherever these look, records are. */
const SPLIT_QUORUM = 1 / 4;

/** What came of all requests of one publish. */
export interface Tally {
  readonly outcomes: Partial<Record<StoreOutcome | "failed", number>>;
  requests: number;
}

interface KeySpreadOptions {
  readonly key: NodeId;
  /** Split bits of the key. */
  readonly depth: number;
  readonly record: CapabilityRecord;
  /** As in {@link SpreadOptions}. */
  readonly times: "once" | "until-settled";
  readonly tally: Tally;
  readonly onEnough: (holders: number) => void;
  /** Called instead of `onDone`, as soon as it is known that the record is to stand under the child key as well. Undefined: it may not. */
  readonly onSplit: (() => void) | undefined;
  readonly onDone: (holders: number) => void;
}

/**
 * Stores one record under one key: at the nodes that a walk to it ends with. Those that should be among them, by the size of the network,
 * are told while the walk still goes on (after `lookup_optim.go` of go-libp2p-kad-dht). Where ids stand nearer to the key than chance puts
 * them, all nodes are told that should be the nearest, whoever else stands between: then such ids only add holders.
 */
export class KeySpread {
  private readonly context: PublisherContext;
  private readonly options: KeySpreadOptions;
  /** By key; at most MAX_HOLDERS. */
  private readonly asked = new Set<string>();
  private readonly heard: NearestHeard;
  private readonly holders: number[] = []; // how far each is from the key; at most one for each that was asked, and this node
  private walks = 0;
  private isWalking = false;
  private hasMetStrangers = false;
  /** What the last walk ended with, where it is all there is to know of the key's neighbourhood. */
  private certain: readonly Contact[] | undefined;
  private open = 0;
  /** Who says that the key is split. */
  private claims = 0;
  private isOver = false;

  constructor(context: PublisherContext, options: KeySpreadOptions) {
    this.context = context;
    this.options = options;
    this.heard = new NearestHeard(options.key, context.settings.k);
  }

  start(): void {
    const { key } = this.options;
    const within = this.likelyWithin;
    this.beginWalk();
    new LookupRun(this.context, {
      target: key,
      request: { kind: "find_node", target: key },
      onAnswer: (from, response) => {
        this.heard.add("contacts" in response ? [from, ...response.contacts] : [from]);
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
    const { key } = this.options;
    const isCrowdedKey = isCrowded(this.context, key, closest);
    this.certain = isComplete && !isCrowdedKey ? closest : undefined;
    this.heard.settle(closest);
    if (this.walks === 1) this.storeHere(closest);
    for (const contact of closest) this.storeAt(contact);
    if (isCrowdedKey) this.lookAround();
    else this.endWalk();
  }

  private lookAround(): void {
    new RegionWalk(this.context, {
      parts: publishedShells(this.context, this.options.key),
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
    const { key, record, tally } = this.options;
    this.asked.add(contact.key);
    this.hasMetStrangers = true;
    this.open += 1;
    tally.requests += 1;
    peers.request(contact, { kind: "store", key, record: record.bytes }, settings.requestTimeoutMs, (outcome) => {
      this.open -= 1;
      this.count(contact, outcome);
      this.goOn();
    });
  }

  private count(from: Contact, answer: OverlayResponse | Failed): void {
    const { tally, depth } = this.options;
    const name = answer.kind === "store" ? answer.outcome : "failed";
    tally.outcomes[name] = (tally.outcomes[name] ?? 0) + 1;
    const { split = 0 } = answer.kind === "store" ? answer : {};
    if (split > depth && split <= MAX_SPLIT) this.claims += 1;
    if (name === "stored" || name === "unchanged") this.noteHolder(from.id);
  }

  private noteHolder(id: NodeId): void {
    this.holders.push(partBetween(this.options.key, id));
    const { within } = this.heard;
    // Whoever finders will not ask may hold it as well, and is no reason to go on.
    const near = this.holders.filter((part) => part <= within).length;
    if (near >= this.context.settings.k * ENOUGH) this.options.onEnough(this.holders.length);
  }

  private goOn(): void {
    if (this.isWalking || this.isOver) return;
    if (this.options.onSplit !== undefined && this.isSplit) this.end(this.options.onSplit);
    else if (this.open > 0) return;
    else if (this.options.times === "until-settled" && this.hasMetStrangers && this.walks < MAX_WALKS) this.lookAgain();
    else this.end(() => this.options.onDone(this.holders.length));
  }

  /** Whoever has not answered yet could not change it. */
  private get isSplit(): boolean {
    const quorum = Math.min(this.asked.size, this.context.settings.k) * SPLIT_QUORUM;
    return this.claims > 0 && this.claims >= quorum;
  }

  private end(tell: () => void): void {
    this.isOver = true;
    tell();
  }

  private lookAgain(): void {
    const { certain } = this;
    if (certain === undefined) {
      this.start();
      return;
    }
    this.isWalking = true;
    const isMet = ({ key }: Contact) => this.asked.has(key);
    lookForLatecomers(this.context, this.options.key, certain, isMet, (mayHaveCome, requests) => {
      this.options.tally.requests += requests;
      this.hasMetStrangers = false;
      if (mayHaveCome) this.start();
      else this.endWalk();
    });
  }

  /** This node may itself be among the nearest. */
  private storeHere(nearest: readonly Contact[]): void {
    const { self, store, runtime, settings } = this.context;
    const { key, record } = this.options;
    if (self.addresses.length === 0) return; // nobody could come and read it
    const last = nearest[settings.k - 1];
    if (last !== undefined && compareDistance(key, self.id, last.id) > 0) return;
    if (store.put(key, record, runtime.wallClock()).outcome === "stored") this.noteHolder(self.id);
  }
}
