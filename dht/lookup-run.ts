import type { Contact } from "../routing/index.ts";
import { DisjointLookup, type Steps } from "./disjoint-lookup.ts";
import { Naming } from "./hints.ts";
import { Lookup } from "./lookup.ts";
import { EQUAL_PART, type LookupOptions } from "./lookup-options.ts";
import type { Membership } from "./membership.ts";
import type { FindRecordsRequest, OverlayRequest, OverlayResponse, Relayed } from "./messages.ts";
import type { Failed, Peers, Runtime } from "./ports.ts";
import { warmthOf } from "./round-trips.ts";
import type { OverlaySettings } from "./settings.ts";

/** What a walk through the overlay took. */
export interface LookupCost {
  /** Requests sent, of every kind. */
  readonly requests: number;
  /** Of these, requests that asked to be passed on: each may have cost another a request more. */
  readonly relays: number;
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
  /** Whether it ended because one walk may ask no more, whoever was left. */
  readonly spent: boolean;
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
  /** Called with answers that come when the walk has ended without them. */
  readonly onLate?: (from: Contact, response: OverlayResponse) => void;
  /** Ends the walk as soon as k contacts are known that are no farther than this part of the id space (0 … 1) from the target. */
  readonly endWithin?: number;
  readonly onDone: (result: LookupResult) => void;
}

/** Contacts that each of several paths begins with at least: adversaries must have got hold of all to keep it from the start. */
const SEEDS_PER_PATH = 4;

/**
 * Where nobody else can take its seat, whoever is late is waited for so many times as long again, and for a second at least: it may be
 * busy.
 */
const LATE_PATIENCE = 2;
const LEAST_LATE_MS = 1_000;

/** Drives one {@link Lookup}: sends its requests, times them, and tells the table who answered. */
export class LookupRun {
  private readonly walker: Walker;
  private readonly walk: Walk;
  private readonly lookup: Steps;
  private readonly startedAt: number;
  private readonly naming = new Naming();
  /** Whoever was asked in vain: who named them is known when the walk has ended. At most one for each request. */
  private readonly absent: Contact[] = [];
  private failures = 0;
  private lates = 0;
  private ended = false;
  /** Requests that may still ask to be passed on, and how many have. */
  private relaysLeft: number;
  private relays = 0;
  /** The request with that wish; undefined where it is not for records. */
  private readonly relayed: FindRecordsRequest | undefined;

  constructor(walker: Walker, walk: Walk) {
    this.walker = walker;
    this.walk = walk;
    this.startedAt = walker.runtime.now();
    this.relaysLeft = walker.settings.relays;
    this.relayed = walk.request.kind === "find_records" ? { ...walk.request, relay: true } : undefined;
    const options = this.lookupOptions();
    const { paths } = walker.settings;
    this.lookup = paths > 1 ? new DisjointLookup(options, paths) : new Lookup(options);
  }

  start(): this {
    this.pump();
    return this;
  }

  /** Ends the walk now with what it has. Answers still under way are used for the table alone. */
  stop(): void {
    if (this.ended) return;
    this.ended = true;
    this.giveHints();
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
      spent: lookup.isSpent,
      requests: lookup.requests,
      relays: this.relays,
      failed: this.failures,
      late: this.lates,
      hops: closest[0] === undefined ? 0 : lookup.hopOf(closest[0]),
      ms: this.walker.runtime.now() - this.startedAt,
    });
  }

  private lookupOptions(): LookupOptions {
    const { membership, peers, runtime, settings } = this.walker;
    const { table, roundTrips, absentees } = membership;
    const { k, alpha, mostAlpha, beta, closingAlpha, nearEquals, paths } = settings;
    const { target } = this.walk;
    const slots = { alpha, mostAlpha, beta, closingAlpha };
    return {
      target,
      self: table.self,
      seeds: table.closest(target, paths > 1 ? Math.max(k, paths * SEEDS_PER_PATH) : k),
      k,
      ...slots,
      nearEquals,
      equalWithin: (EQUAL_PART * k) / membership.size.estimate.nodes,
      asKnown: (contact) => membership.asKnown(contact),
      isLinked: (contact) => peers.isLinked(contact),
      isAbsent: (contact) => absentees.mayHave(contact) && absentees.has(membership.asKnown(contact), runtime.now()),
      expectedMs: (contact) => roundTrips.expected(contact, warmthOf(peers, contact)),
    };
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
    const warmth = warmthOf(peers, contact);
    const request = warmth === "linked" && this.relayed !== undefined && this.relaysLeft > 0 ? this.relayed : this.walk.request;
    if (request === this.relayed) this.noteRelay();
    const timeoutMs = membership.roundTrips.timeoutFor(contact, warmth);
    let patience = runtime.schedule(timeoutMs, () => {
      patience = runtime.schedule(Math.max(timeoutMs * LATE_PATIENCE, LEAST_LATE_MS), () => this.giveUp(contact));
      this.onLate(contact);
    });
    peers.request(contact, request, settings.requestTimeoutMs, (outcome, reached) => {
      patience.cancel();
      if (outcome.kind === "failed") this.onFailed(contact, outcome);
      else {
        if (request !== this.relayed) membership.roundTrips.measured(contact, runtime.now() - askedAt, warmth);
        this.onAnswered(contact, reached, outcome);
      }
    });
  }

  private onLate(contact: Contact): void {
    if (this.ended) return;
    this.lates += 1;
    this.lookup.late(contact);
    this.pump();
  }

  private giveUp(contact: Contact): void {
    if (this.ended) return;
    this.lookup.givenUp(contact);
    this.pump();
  }

  private onFailed(contact: Contact, outcome: Failed): void {
    const { membership } = this.walker;
    membership.failed(contact, outcome);
    if (saysNothing(outcome)) this.absent.push(contact);
    if (this.ended) {
      this.giveHints();
      return;
    }
    this.failures += 1;
    this.lookup.failed(contact);
    this.pump();
  }

  private giveHints(): void {
    const { hints } = this.walker.membership;
    for (const contact of this.absent.splice(0)) hints.give(contact, this.naming.namersOf(contact));
  }

  private onAnswered(asked: Contact, reached: Contact | undefined, response: OverlayResponse): void {
    this.walker.membership.answered(asked, reached);
    if (this.ended) {
      this.walk.onLate?.(asked, response);
      return;
    }
    const contact = reached ?? asked;
    this.naming.note(contact, response);
    this.lookup.answered(contact, "contacts" in response ? response.contacts : []);
    const hop = this.lookup.hopOf(contact);
    if (this.tell(contact, response, hop) === "enough") return;
    if (response.kind === "find_records" && response.relayed !== undefined) this.onRelayed(contact, response.relayed, hop + 1);
    if (this.ended) return;
    if (this.isCrowded) this.stop();
    else this.pump();
  }

  /**
   * What another is said to have answered: its records are as good as any, and those it names are candidates like itself. Who gave them is
   * whoever says so: it must not be able to speak for others.
   */
  private onRelayed(by: Contact, { from, records, contacts }: Relayed, hop: number): void {
    this.lookup.heard(by, [from, ...contacts]);
    this.tell(by, { kind: "find_records", records, more: undefined, split: 0, contacts }, hop);
  }

  private tell(from: Contact, response: OverlayResponse, hop: number): "enough" | "go-on" {
    if (response.kind === "find_records" && response.records.length > 0) this.relaysLeft = 0;
    const verdict = this.walk.onAnswer?.(from, response, hop) ?? "go-on";
    if (verdict === "enough") this.stop();
    return verdict;
  }

  private noteRelay(): void {
    this.relaysLeft -= 1;
    this.relays += 1;
  }
}

function saysNothing({ reason }: Failed): boolean {
  return reason === "timeout" || reason === "unreachable";
}
