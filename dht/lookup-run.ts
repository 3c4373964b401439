import type { Contact } from "../routing/index.ts";
import { Lookup } from "./lookup.ts";
import type { Membership } from "./membership.ts";
import type { OverlayRequest, OverlayResponse } from "./messages.ts";
import type { Failed, Peers, Runtime } from "./ports.ts";
import type { OverlaySettings } from "./settings.ts";

/** What a walk through the overlay took. */
export interface LookupCost {
  /** Requests sent, of every kind. */
  readonly requests: number;
  /** Requests that were refused, failed or never answered. */
  readonly failed: number;
  /** Requests that took longer than that peer usually does. */
  readonly late: number;
  /** Requests one after the other on the way to what was looked for. */
  readonly hops: number;
  readonly ms: number;
}

export interface LookupResult extends LookupCost {
  /** The nearest contacts that answered, nearest first. */
  readonly closest: readonly Contact[];
  /** Whether all of the k nearest known have answered. */
  readonly complete: boolean;
  /** Whether it ended since as many as it looks for were known within {@link Walk.endWithin}. */
  readonly crowded: boolean;
}

/** All that a walk needs of the node that makes it. */
export interface Walker {
  readonly runtime: Runtime;
  readonly peers: Peers;
  readonly membership: Membership;
  readonly settings: OverlaySettings;
}

/** What is asked on a walk, and who wants to know. */
export interface Walk {
  readonly target: Uint8Array;
  readonly request: OverlayRequest;
  /** Called with each answer as it comes. Returning `"enough"` ends the walk. */
  readonly onAnswer?: (from: Contact, response: OverlayResponse, hop: number) => "enough" | "go-on";
  /** Ends the walk as soon as k contacts are known that are no farther than this part of the id space (0 … 1) from the target. */
  readonly endWithin?: number;
  readonly onDone: (result: LookupResult) => void;
}

/** Drives one {@link Lookup}: sends its requests, times them, and tells the table who answered. */
export class LookupRun {
  private readonly walker: Walker;
  private readonly walk: Walk;
  private readonly lookup: Lookup;
  private readonly startedAt: number;
  private failures = 0;
  private lates = 0;
  private ended = false;

  constructor(walker: Walker, walk: Walk) {
    this.walker = walker;
    this.walk = walk;
    this.startedAt = walker.runtime.now();
    const { table } = walker.membership;
    const { k, alpha } = walker.settings;
    const asKnown = (contact: Contact) => walker.membership.asKnown(contact);
    this.lookup = new Lookup({ target: walk.target, self: table.self, seeds: table.closest(walk.target, k), k, alpha, asKnown });
  }

  start(): this {
    this.pump();
    return this;
  }

  /** Ends the walk now with what it has. Answers still under way are used for the table alone. */
  stop(): void {
    if (this.ended) return;
    this.ended = true;
    const { lookup } = this;
    const closest = lookup.closest();
    // A node that is alone has asked everybody there is. One that has lost everybody it knew has asked nobody.
    const isLost = lookup.requests === 0 && this.walker.membership.hasKnownOthers;
    const complete = lookup.complete && !isLost;
    if (complete) this.walker.membership.size.heard(this.walk.target, closest, this.walker.settings.k);
    this.walk.onDone({
      closest,
      complete,
      crowded: this.isCrowded,
      requests: lookup.requests,
      failed: this.failures,
      late: this.lates,
      hops: closest[0] === undefined ? 0 : lookup.hopOf(closest[0]),
      ms: this.walker.runtime.now() - this.startedAt,
    });
  }

  private get isCrowded(): boolean {
    return this.walk.endWithin !== undefined && this.lookup.knowsEnoughWithin(this.walk.endWithin);
  }

  private pump(): void {
    while (!this.ended) {
      const contact = this.lookup.next();
      if (contact === undefined) break;
      this.ask(contact);
    }
    if (!this.ended && this.lookup.finished) this.stop();
  }

  private ask(contact: Contact): void {
    const { runtime, peers, membership, settings } = this.walker;
    const askedAt = runtime.now();
    const patience = runtime.schedule(membership.roundTrips.timeoutFor(contact), () => this.onLate(contact));
    peers.request(contact, this.walk.request, settings.requestTimeoutMs, (outcome, reached) => {
      patience.cancel();
      if (outcome.kind === "failed") this.onFailed(contact, outcome);
      else this.onAnswered(contact, reached, outcome, askedAt);
    });
  }

  private onLate(contact: Contact): void {
    if (this.ended) return;
    this.lates += 1;
    this.lookup.late(contact);
    this.pump();
  }

  private onFailed(contact: Contact, outcome: Failed): void {
    // A peer that refuses is alive; only silence costs it its place.
    if (outcome.reason !== "refused") this.walker.membership.markMissed(contact);
    if (this.ended) return;
    this.failures += 1;
    this.lookup.failed(contact);
    this.pump();
  }

  private onAnswered(asked: Contact, reached: Contact | undefined, response: OverlayResponse, askedAt: number): void {
    const { membership, runtime } = this.walker;
    membership.roundTrips.measured(asked, runtime.now() - askedAt);
    membership.answered(asked, reached);
    if (this.ended) return;
    const contact = reached ?? asked;
    const contacts = "contacts" in response ? response.contacts : [];
    this.lookup.answered(contact, contacts);
    const verdict = this.walk.onAnswer?.(contact, response, this.lookup.hopOf(contact));
    if (verdict === "enough" || this.isCrowded) this.stop();
    else this.pump();
  }
}
