import { type Contact, makeContact, type NodeId, type Pace, RoutingTable, sameId } from "../routing/index.ts";
import { Absentees } from "./absentees.ts";
import { Hints } from "./hints.ts";
import { LostContacts } from "./lost-contacts.ts";
import { NetworkSize } from "./network-size.ts";
import type { Failed, Peers, Runtime } from "./ports.ts";
import { RoundTrips, warmthOf } from "./round-trips.ts";
import type { OverlaySettings } from "./settings.ts";
import { Verifications } from "./verifications.ts";

/** Contacts pinged at once. Where so many are silent, more would be of no use. */
const MAX_CHECKS = 16;
/** Part of the time for which an answer counts as fresh, for contacts that are new. */
const YOUNG = 1 / 5;

/**
 * Who is in the routing table and why. A contact that somebody mentions, or that calls us, is a candidate; it enters after it has
 * answered at an address that this node dialled itself. Contacts are checked one at a time, at random moments and in random order, so that
 * nobody can tell when a seat falls free (go-ethereum, table_reval.go); whoever waits has it at once.
 */
export class Membership {
  readonly table: RoutingTable;
  readonly roundTrips = new RoundTrips();
  readonly size: NetworkSize;
  readonly absentees = new Absentees();
  readonly hints: Hints;
  /** Those that have lost their seats. */
  readonly lost: LostContacts;
  private readonly self: NodeId;
  private readonly runtime: Runtime;
  private readonly peers: Peers;
  private readonly settings: OverlaySettings;
  private readonly verifications: Verifications;
  /** Keys of contacts being pinged; at most {@link MAX_CHECKS}. */
  private readonly checking = new Set<string>();
  /** Whether anybody has ever answered. */
  hasKnownOthers = false;
  /** Told of each contact that gets a seat in the table. */
  onNewcomer: ((contact: Contact) => void) | undefined;
  /** Told when somebody has a seat who has yet to show that it stays. */
  onUnproved: (() => void) | undefined;

  constructor(self: NodeId, runtime: Runtime, peers: Peers, settings: OverlaySettings) {
    this.self = self;
    this.runtime = runtime;
    this.peers = peers;
    this.settings = settings;
    this.table = new RoutingTable(self);
    this.size = new NetworkSize(this.table, runtime);
    this.lost = new LostContacts(runtime);
    this.hints = new Hints(runtime, peers, settings.requestTimeoutMs);
    this.verifications = new Verifications(runtime, peers, settings, (contact, ms, heard) => {
      this.roundTrips.measured(contact, ms, heard);
      this.addVerified(contact);
    });
  }

  /** How to ask a contact that somebody named: at the addresses that were proved, where it is known here. */
  asKnown(contact: Contact): Contact {
    return this.table.known(contact) ?? contact;
  }

  /** A contact answered a request of ours. `reached`: as the link proved it, undefined where it had dialled that link itself. */
  answered(contact: Contact, reached: Contact | undefined): void {
    const proved = reached ?? this.table.known(contact);
    if (proved !== undefined) this.addVerified(proved);
    else this.addCandidate(contact);
  }

  /** A contact answered at the first of its addresses, over a link dialled from here. */
  addVerified(contact: Contact): void {
    this.hasKnownOthers = true;
    this.absentees.forget(contact);
    this.lost.remove(contact);
    const admission = this.table.addVerified(contact, this.runtime.now());
    if (admission !== "added" && (admission !== "waiting" || !this.isPreferred(contact))) return;
    this.onUnproved?.();
    this.onNewcomer?.(contact);
  }

  /** A request to a contact has failed. Whoever refuses is alive; only silence counts as a miss. */
  failed(contact: Contact, { reason }: Failed): void {
    if (reason !== "refused") this.markMissed(contact);
  }

  /** A contact did not answer. Where it loses its seat, the next in line has it. */
  markMissed(contact: Contact): void {
    const known = this.table.known(contact);
    const bucket = this.table.bucket(this.table.bucketIndex(contact));
    const heir = bucket?.hasHeirs ? bucket.heir(this.runtime.random()) : undefined;
    const outcome = this.table.markMissed(contact, heir);
    // Round trips are known by the beginning of an id: whoever names an invented contact must not have another's forgotten.
    if (known !== undefined) this.roundTrips.forget(contact);
    this.absentees.note(contact, this.runtime.now());
    this.onUnproved?.();
    if (outcome !== "removed") return;
    if (known !== undefined) this.lost.add(known);
    if (heir !== undefined) this.onNewcomer?.(heir);
  }

  /**
   * Somebody says where it can be dialled: it is dialled back if the table could use it, or knows it under other addresses.
   * @param host where it called from, for the limits by host.
   */
  addCandidate(contact: Contact, host?: string): void {
    if (sameId(contact.id, this.self) || contact.addresses.length === 0) return;
    const known = this.table.known(contact);
    const isOfUse = known === undefined ? this.table.hasRoomFor(contact) : hasMoved(known, contact);
    if (isOfUse) this.verifications.begin(contact, host);
  }

  /** Somebody names a contact that the table could use: it is asked whether it is there. False where that is not done. */
  addNamed(contact: Contact): boolean {
    if (sameId(contact.id, this.self) || this.absentees.has(contact, this.runtime.now())) return false;
    return this.table.known(contact) === undefined && this.table.hasRoomFor(contact) && this.verifications.begin(contact, undefined);
  }

  /** Pings any one of the contacts that are due at a pace. */
  check(pace: Pace): void {
    const { runtime, settings } = this;
    const freshMs = pace === "slow" ? settings.freshForMs : settings.freshForMs * YOUNG;
    const due = this.table.due(pace, runtime.now() - freshMs, runtime.random());
    const contact = due[Math.floor(runtime.random() * due.length)];
    if (contact !== undefined && this.canCheck(contact)) this.ping(contact);
  }

  /** Somebody says that a contact did not answer: it is pinged, if it is one that this node gives to others. */
  hinted(id: NodeId): boolean {
    const contact = this.table.known(makeContact(id, []));
    if (contact === undefined || !this.table.isHealthy(contact)) return false;
    if (!this.canCheck(contact) || !this.hints.takes()) return false;
    this.ping(contact);
    return true;
  }

  /** Whether a contact that waits has the seat of one that takes longer. */
  private isPreferred(contact: Contact): boolean {
    const { roundTrips, table } = this;
    return roundTrips.of(contact) !== undefined && table.preferQuicker(contact, (other) => roundTrips.expected(other, "linked"));
  }

  private canCheck({ key }: Contact): boolean {
    return this.checking.size < MAX_CHECKS && !this.checking.has(key);
  }

  private ping(contact: Contact): void {
    this.checking.add(contact.key);
    const warmth = warmthOf(this.peers, contact);
    const begun = this.runtime.now();
    this.peers.request(contact, { kind: "ping" }, this.settings.requestTimeoutMs, (outcome, reached) => {
      this.checking.delete(contact.key);
      // Whoever refuses is alive.
      if (outcome.kind === "failed" && outcome.reason !== "refused") this.markMissed(contact);
      else {
        this.roundTrips.measured(contact, this.runtime.now() - begun, warmth);
        this.answered(contact, reached);
      }
    });
  }
}

/** Whether a contact names a best address that it is not known by: it has been started again elsewhere, or its network has changed. */
function hasMoved(known: Contact, claimed: Contact): boolean {
  return !known.addresses.includes(claimed.addresses[0] as string);
}
