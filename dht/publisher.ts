import { type Contact, SynapseError } from "../routing/index.ts";
import { assertCapabilityName, levelsOf } from "./capability-key.ts";
import { type AttributeValue, type CapabilityRecord, signRecord } from "./capability-record.ts";
import type { FinderContext } from "./key-reader.ts";
import type { StoreOutcome } from "./messages.ts";
import type { Signer, Timer } from "./ports.ts";
import { Spread, type Tally } from "./spread.ts";

/** Capabilities one node may publish. */
const MAX_OWN = 64;
/** The first republish comes after this part of the interval: young records are common in young networks, which change fast. */
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
    this.spread(own.record, "until-settled", (report) => {
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
    this.spread(this.sign(own.offer, true, own.record), "once", done);
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
    this.spread(own.record, "once", () => this.scheduleRepublish(own));
  }

  private sign(offer: Offer, withdrawn: boolean, previous: CapabilityRecord | undefined): CapabilityRecord {
    const { runtime, settings, swarm, self, signer } = this.context;
    const issued = Math.floor(runtime.wallClock());
    const expires = Math.max(issued + settings.recordLifetimeMs, withdrawn ? (previous?.expires ?? 0) : 0);
    // The clock makes sequence numbers rise across restarts; within one millisecond, counting does.
    const seq = Math.max(issued, (previous?.seq ?? 0) + 1);
    return signRecord({ ...offer, swarm, addresses: self.addresses, seq, issued, expires, withdrawn }, signer);
  }

  /** Stores a record under every level of its name. */
  private spread(record: CapabilityRecord, times: "once" | "until-settled", done: (report: PublishReport) => void): void {
    const startedAt = this.context.runtime.now();
    const levels = levelsOf(record.capability);
    const tally: Tally = { outcomes: {}, requests: 0 };
    let fewest = Number.POSITIVE_INFINITY;
    let open = levels.length;
    for (const level of levels) {
      const spread = new Spread(this.context, record, level, times, tally, (holders) => {
        fewest = Math.min(fewest, holders);
        open -= 1;
        if (open > 0) return;
        done({ holders: fewest, outcomes: tally.outcomes, requests: tally.requests, ms: this.context.runtime.now() - startedAt });
      });
      spread.start();
    }
  }
}
