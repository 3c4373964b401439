import { type Contact, compareDistance, type NodeId, SynapseError, sameId } from "../routing/index.ts";
import { assertCapabilityName, capabilityKey, levelsOf, MAX_SPLIT, splitBitsOf } from "./capability-key.ts";
import { type AttributeValue, type CapabilityRecord, signRecord } from "./capability-record.ts";
import type { FinderContext } from "./finder.ts";
import { LookupRun } from "./lookup-run.ts";
import type { StoreOutcome, StoreResponse } from "./messages.ts";
import type { Failed, Signer, Timer } from "./ports.ts";

/** Capabilities one node may publish. */
const MAX_OWN = 64;
/**
 * The first republish comes after this part of the interval. Whoever joins between the walk that finds the holders and the last store is
 * told by nobody, and a young network, in which that is common, has many young records.
 */
const FIRST_REPUBLISH = 1 / 12;

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
  /** Nodes that hold it under the key that has the fewest. */
  readonly holders: number;
  /** What the nodes asked to store it answered; `failed` for those that did not. */
  readonly outcomes: Readonly<Partial<Record<StoreOutcome | "failed", number>>>;
  readonly requests: number;
  readonly ms: number;
}

export interface PublisherContext extends FinderContext {
  readonly swarm: string;
  readonly self: Contact;
  readonly signer: Signer;
}

interface Own {
  readonly offer: Offer;
  record: CapabilityRecord;
  timer: Timer | undefined;
}

/** Keeps this node's own records alive in the overlay: signs them, stores them at the k nearest, again and again, and withdraws them. */
export class Publisher {
  private readonly context: PublisherContext;
  /** By capability name; at most {@link MAX_OWN}. */
  private readonly own = new Map<string, Own>();
  private stopped = false;

  constructor(context: PublisherContext) {
    this.context = context;
  }

  /** The records currently published. */
  get records(): CapabilityRecord[] {
    return [...this.own.values()].map(({ record }) => record);
  }

  /**
   * Publishes an offer under every level of its name, and keeps it published until it is withdrawn.
   * @throws SynapseError `bad_capability`, `bad_record`, or `too_many` beyond 64 capabilities.
   */
  publish(offer: Offer, done: (report: PublishReport) => void): void {
    assertCapabilityName(offer.capability);
    const known = this.own.get(offer.capability);
    if (known === undefined && this.own.size >= MAX_OWN)
      throw new SynapseError("too_many", `a node publishes at most ${MAX_OWN} capabilities`);
    known?.timer?.cancel();
    const own: Own = { offer, record: this.sign(offer, false, known?.record), timer: undefined };
    this.own.set(offer.capability, own);
    this.spread(own.record, (report) => {
      this.scheduleRepublish(own, FIRST_REPUBLISH);
      done(report);
    });
  }

  /** Replaces a published record by a withdrawal, wherever it is held. */
  withdraw(capability: string, done: (report: PublishReport) => void): void {
    const own = this.own.get(capability);
    if (own === undefined) {
      done({ holders: 0, outcomes: {}, requests: 0, ms: 0 });
      return;
    }
    own.timer?.cancel();
    this.own.delete(capability);
    this.spread(this.sign(own.offer, true, own.record), done);
  }

  /** Publishes everything again at once: for a node that has just found its way into the network. */
  republishAll(): void {
    for (const own of this.own.values()) this.republish(own);
  }

  /** No more republishing. Records already out live until they expire. */
  stop(): void {
    this.stopped = true;
    for (const own of this.own.values()) own.timer?.cancel();
  }

  private scheduleRepublish(own: Own, part = 1): void {
    if (this.stopped || this.own.get(own.offer.capability) !== own) return;
    const { runtime, settings } = this.context;
    own.timer?.cancel();
    // Spread over ± 10 %, so that nodes started together do not publish together for ever.
    own.timer = runtime.schedule(part * settings.republishIntervalMs * (0.9 + 0.2 * runtime.random()), () => this.republish(own));
  }

  private republish(own: Own): void {
    own.timer?.cancel();
    own.record = this.sign(own.offer, false, own.record);
    this.spread(own.record, () => this.scheduleRepublish(own));
  }

  private sign(offer: Offer, withdrawn: boolean, previous: CapabilityRecord | undefined): CapabilityRecord {
    const { runtime, settings, swarm, self, signer } = this.context;
    const issued = Math.floor(runtime.wallClock());
    const expires = Math.max(issued + settings.recordLifetimeMs, withdrawn ? (previous?.expires ?? 0) : 0);
    // The clock makes sequence numbers rise across restarts; within one millisecond, counting does.
    const seq = Math.max(issued, (previous?.seq ?? 0) + 1);
    return signRecord({ ...offer, swarm, addresses: self.addresses, seq, issued, expires, withdrawn }, signer);
  }

  private spread(record: CapabilityRecord, done: (report: PublishReport) => void): void {
    const startedAt = this.context.runtime.now();
    const levels = levelsOf(record.capability);
    const tally: Tally = { outcomes: {}, requests: 0, holders: [] };
    let open = levels.length;
    for (const level of levels) {
      this.spreadLevel(record, level, 0, tally, () => {
        open -= 1;
        if (open > 0) return;
        const { outcomes, requests } = tally;
        done({ holders: Math.min(...tally.holders), outcomes, requests, ms: this.context.runtime.now() - startedAt });
      });
    }
  }

  private spreadLevel(record: CapabilityRecord, level: string, depth: number, tally: Tally, done: () => void): void {
    const key = capabilityKey(record.swarm, level, splitBitsOf(record.publisher, depth));
    new LookupRun(this.context, {
      target: key,
      request: { kind: "find_node", target: key },
      onDone: ({ closest, requests }) => {
        tally.requests += requests;
        this.storeAt(key, record, closest, tally, (holders, split) => {
          if (split === undefined || split <= depth || split > MAX_SPLIT) {
            tally.holders.push(holders);
            done();
          } else this.spreadLevel(record, level, split, tally, done);
        });
      },
    }).start();
  }

  /** Stores at each of the nearest, and here where this node is itself among them. */
  private storeAt(
    key: NodeId,
    record: CapabilityRecord,
    nearest: readonly Contact[],
    tally: Tally,
    done: (holders: number, split: number | undefined) => void,
  ): void {
    const { peers, settings } = this.context;
    let holders = this.storeHere(key, record, nearest) ? 1 : 0;
    let fullest: number | undefined;
    let full = 0;
    let open = nearest.length;
    const finish = () => done(holders, full > nearest.length / 2 ? fullest : undefined);
    const settle = (outcome: StoreResponse | Failed) => {
      const name = outcome.kind === "store" ? outcome.outcome : "failed";
      tally.outcomes[name] = (tally.outcomes[name] ?? 0) + 1;
      if (name === "stored" || name === "unchanged") holders += 1;
      if (outcome.kind === "store" && outcome.outcome === "full") {
        full += 1;
        fullest = Math.max(fullest ?? 0, outcome.split ?? 0);
      }
      open -= 1;
      if (open === 0) finish();
    };
    if (open === 0) {
      finish();
      return;
    }
    for (const contact of nearest) {
      tally.requests += 1;
      peers.request(contact, { kind: "store", key, record: record.bytes }, settings.requestTimeoutMs, (outcome) => {
        if (outcome.kind === "store" || outcome.kind === "failed") settle(outcome);
        else settle({ kind: "failed", reason: "invalid", message: "not an answer to store" });
      });
    }
  }

  private storeHere(key: NodeId, record: CapabilityRecord, nearest: readonly Contact[]): boolean {
    const { self, store, runtime, settings } = this.context;
    if (self.addresses.length === 0) return false; // nobody could come and read it
    const last = nearest[settings.k - 1];
    if (last !== undefined && !sameId(last.id, self.id) && compareDistance(key, self.id, last.id) > 0) return false;
    return store.put(key, record, runtime.wallClock()).outcome === "stored";
  }
}

interface Tally {
  readonly outcomes: Partial<Record<StoreOutcome | "failed", number>>;
  readonly holders: number[]; // one for each level of the name
  requests: number;
}
