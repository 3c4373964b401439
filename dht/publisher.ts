import { type Contact, SynapseError, sameId } from "../routing/index.ts";
import { assertCapabilityName, capabilityKey, levelsOf } from "./capability-key.ts";
import { type AttributeValue, type CapabilityRecord, timelinessOf } from "./capability-record.ts";
import { type KeptRecord, saysAlready } from "./kept-record.ts";
import type { Tally } from "./key-spread.ts";
import type { StoreOutcome } from "./messages.ts";
import { signAnew, signOffer, signWithdrawal } from "./own-signing.ts";
import type { Signer } from "./ports.ts";
import type { FinderContext } from "./reading.ts";
import { type Posting, RepublishSweep } from "./republish-sweep.ts";
import { Spread } from "./spread.ts";

/** The first republish comes after this part of the interval: young records are common in young networks, which change fast. */
const FIRST_REPUBLISH = 1 / 12;
/**
 * A record is signed anew when it is stored again, unless it was signed in this last part of the interval, for another level of its name.
 */
const FRESH = 1 / 24;
/**
 * Records stored at once, each by a walk of its own; further ones wait for the sweep, which walks once for all that are near each other.
 */
const MAX_AT_ONCE = 16;

/** What a node offers under one capability name; the rest of the record is filled in when it is signed. */
export interface Offer {
  readonly capability: string;
  readonly name: string;
  readonly role: string;
  readonly description: string;
  readonly version: string;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
}

/** Where a record ended up. */
export interface PublishReport {
  /** Nodes that hold it under the key that has the fewest, so far. */
  readonly holders: number;
  /** What the nodes asked to store it have answered so far; `failed` for those that did not. */
  readonly outcomes: Readonly<Partial<Record<StoreOutcome | "failed", number>>>;
  readonly requests: number;
  readonly ms: number;
}

export interface PublisherContext extends FinderContext {
  readonly swarm: string;
  readonly self: Contact;
  readonly signer: Signer;
}

/** A record of this node's own, withdrawals included. */
interface Own {
  record: CapabilityRecord;
  /** One for each level of its name. */
  readonly postings: readonly OwnPosting[];
  /** It was published in a former life, and its program has not said yet that it is to stay. */
  isResumed: boolean;
}

interface OwnPosting extends Posting {
  readonly own: Own;
  readonly level: string;
  /** Who waits for it to be stored. */
  waiting: Waiting | undefined;
  /** Nodes that held it when it was last stored. */
  holders: number;
}

interface Waiting {
  readonly tally: Tally;
  readonly onEnough: (holders: number) => void;
  readonly onSettled: (holders: number) => void;
}

/**
 * Keeps this node's own records alive in the overlay: signs them, stores them at the nodes nearest to their keys, again and again, and
 * withdraws them.
 */
export class Publisher {
  private readonly context: PublisherContext;
  private readonly sweep: RepublishSweep<OwnPosting>;
  /** By capability name; at most `settings.mostOwn`. */
  private readonly own = new Map<string, Own>();
  /**
   * Withdrawals, which are stored again until what they withdraw has expired; by name, at most as many, and beyond that the oldest goes.
   */
  private readonly withdrawn = new Map<string, Own>();
  private underWay = 0;
  private isStopped = false;

  constructor(context: PublisherContext) {
    this.context = context;
    this.sweep = new RepublishSweep(context, (posting, nearest, done) => this.storeAgain(posting, nearest, done));
  }

  /** Those of them that this node would take along into another life: {@link resume} goes on with them. */
  get kept(): KeptRecord[] {
    return [...this.own.values()].map((own) => ({ bytes: own.record.bytes, holders: fewestHolders(own) }));
  }

  /** The records currently published. */
  get records(): CapabilityRecord[] {
    return [...this.own.values()].map(({ record }) => record);
  }

  /**
   * Publishes an offer under every level of its name, and keeps it published until it is withdrawn. What was {@link resume}d and says the
   * same is left as it is.
   * @param done called once enough nodes hold it. Others are told meanwhile.
   * @param settled called once all have answered who were to hold it.
   * @throws SynapseError `bad_capability`, `bad_record`, or `too_many` beyond `settings.mostOwn`.
   */
  publish(offer: Offer, done: (report: PublishReport) => void, settled?: (report: PublishReport) => void): void {
    assertCapabilityName(offer.capability);
    const { mostOwn } = this.context.settings;
    const known = this.own.get(offer.capability);
    if (known === undefined && this.own.size >= mostOwn)
      throw new SynapseError("too_many", `a node publishes at most ${mostOwn} capabilities`);
    if (known?.isResumed && saysAlready(known.record, offer, this.context.self.addresses, this.context.runtime.wallClock())) {
      this.goOnWith(known, done, settled);
      return;
    }
    const previous = known ?? this.withdrawn.get(offer.capability);
    const own = this.enter(signOffer(this.context, offer, previous?.record));
    this.store(own, "until-settled", done, settled);
  }

  /** Replaces a published record by a withdrawal, wherever it is held. */
  withdraw(capability: string, done: (report: PublishReport) => void): void {
    const known = this.own.get(capability);
    if (known === undefined) {
      done({ holders: 0, outcomes: {}, requests: 0, ms: 0 });
      return;
    }
    this.store(this.enter(signWithdrawal(this.context, known.record)), "once", undefined, done);
  }

  /** Takes up again what this node published in a former life: each is stored again when its time has come. */
  resume(records: readonly KeptRecord[]): void {
    const { reader, membership, swarm, settings } = this.context;
    for (const { bytes, holders } of records) {
      const record = reader.read(bytes);
      if (typeof record === "string" || record.swarm !== swarm || !sameId(record.publisher, membership.table.self)) continue;
      if (record.withdrawn || this.own.has(record.capability) || this.own.size >= settings.mostOwn) continue;
      const own = this.enter(record);
      own.isResumed = true;
      for (const posting of own.postings) {
        posting.holders = holders;
        this.sweep.schedule(posting, this.sweep.dueAfter(posting.key, Math.min(record.issued, this.context.runtime.wallClock())));
      }
    }
  }

  private goOnWith(own: Own, done: (report: PublishReport) => void, settled?: (report: PublishReport) => void): void {
    own.isResumed = false;
    const report = { holders: fewestHolders(own), outcomes: {}, requests: 0, ms: 0 };
    done(report);
    settled?.(report);
  }

  /** Publishes everything again at once: for a node that has just found its way into the network. Much that was resumed has its time. */
  republishAll(): void {
    if (this.isStopped) return;
    const isLittle = this.own.size <= MAX_AT_ONCE;
    for (const own of this.own.values()) {
      if (own.postings.some(({ waiting }) => waiting !== undefined)) continue;
      if (isLittle) own.record = signAnew(this.context, own.record);
      if (isLittle) this.store(own, "once");
      else if (!own.isResumed) for (const posting of own.postings) this.sweep.schedule(posting, this.context.runtime.wallClock());
    }
  }

  /** No more republishing. Records already out live until they expire. */
  stop(): void {
    this.isStopped = true;
    this.sweep.stop();
  }

  private enter(record: CapabilityRecord): Own {
    const { capability, swarm } = record;
    for (const known of [this.own.get(capability), this.withdrawn.get(capability)]) if (known !== undefined) this.leave(known);
    const postings: OwnPosting[] = [];
    const own: Own = { record, postings, isResumed: false };
    for (const level of levelsOf(capability))
      postings.push({ own, level, key: capabilityKey(swarm, level), dueAt: Number.POSITIVE_INFINITY, waiting: undefined, holders: 0 });
    const kept = this.shelfOf(own);
    kept.set(capability, own);
    if (kept.size > this.context.settings.mostOwn) this.leave(kept.values().next().value as Own);
    return own;
  }

  private leave(own: Own): void {
    this.shelfOf(own).delete(own.record.capability);
    for (const posting of own.postings) {
      this.sweep.remove(posting);
      posting.waiting?.onEnough(0);
      posting.waiting?.onSettled(0);
    }
  }

  private isKept(own: Own): boolean {
    return this.shelfOf(own).get(own.record.capability) === own;
  }

  private shelfOf({ record }: Own): Map<string, Own> {
    return record.withdrawn ? this.withdrawn : this.own;
  }

  /** Stores a record under every level of its name. */
  private store(
    own: Own,
    times: "once" | "until-settled",
    onEnough?: (report: PublishReport) => void,
    onSettled?: (report: PublishReport) => void,
  ): void {
    const tally: Tally = { outcomes: {}, requests: 0 };
    const enough = this.whenAll(own, tally, onEnough);
    const settled = this.whenAll(own, tally, onSettled);
    for (const posting of own.postings) {
      posting.waiting = { tally, onEnough: enough, onSettled: settled };
      if (this.underWay >= MAX_AT_ONCE) this.sweep.schedule(posting, this.context.runtime.wallClock());
      else this.spread(posting, times, undefined, () => this.scheduleFirst(posting));
    }
  }

  /** Gathers what comes of all levels into one report. */
  private whenAll({ postings }: Own, tally: Tally, done?: (report: PublishReport) => void): (holders: number) => void {
    const { runtime } = this.context;
    const startedAt = runtime.now();
    let open = postings.length;
    let fewest = Number.POSITIVE_INFINITY;
    return (holders) => {
      fewest = Math.min(fewest, holders);
      open -= 1;
      if (open === 0) done?.({ holders: fewest, outcomes: { ...tally.outcomes }, requests: tally.requests, ms: runtime.now() - startedAt });
    };
  }

  private scheduleFirst(posting: OwnPosting): void {
    if (!this.isKept(posting.own)) return;
    const { runtime, settings } = this.context;
    // Give or take 10 %, so that nodes started together do not publish together.
    const after = FIRST_REPUBLISH * settings.republishIntervalMs * (0.9 + 0.2 * runtime.random());
    this.sweep.schedule(posting, runtime.wallClock() + after);
  }

  /** The sweep has come to a record. */
  private storeAgain(posting: OwnPosting, nearest: readonly Contact[], done: () => void): void {
    const { own } = posting;
    const { runtime } = this.context;
    const now = runtime.wallClock();
    const isFirst = posting.waiting !== undefined;
    if (own.record.withdrawn && timelinessOf(own.record, now) === "expired") this.leave(own);
    if (!this.isKept(own)) {
      done();
      return;
    }
    this.renew(own, now);
    this.spread(posting, "once", nearest, () => {
      if (isFirst) this.scheduleFirst(posting);
      else if (this.isKept(own)) this.sweep.schedule(posting, this.sweep.dueAfter(posting.key, runtime.wallClock()));
      done();
    });
  }

  /** A withdrawal stays as it is: it need not outlive what it withdraws. */
  private renew(own: Own, now: number): void {
    const { record } = own;
    if (record.withdrawn || now - record.issued < FRESH * this.context.settings.republishIntervalMs) return;
    own.record = signAnew(this.context, record);
  }

  private spread(posting: OwnPosting, times: "once" | "until-settled", nearest: readonly Contact[] | undefined, onDone: () => void): void {
    const { own, level, waiting } = posting;
    posting.dueAt = Number.POSITIVE_INFINITY;
    posting.waiting = undefined;
    this.underWay += 1;
    const spread = new Spread(this.context, {
      record: own.record,
      level,
      times,
      tally: waiting?.tally ?? { outcomes: {}, requests: 0 },
      onEnough: (holders) => waiting?.onEnough(holders),
      onDone: (holders) => {
        this.underWay -= 1;
        posting.holders = holders;
        onDone();
        waiting?.onSettled(holders);
      },
    });
    if (nearest === undefined) spread.start();
    else spread.startAmong(nearest);
  }
}

function fewestHolders({ postings }: Own): number {
  return Math.min(...postings.map(({ holders }) => holders));
}
