import { type Contact, type NodeId, RoutingTable, sameId } from "../routing/index.ts";
import { LostContacts } from "./lost-contacts.ts";
import { NetworkSize } from "./network-size.ts";
import type { Peers, Runtime } from "./ports.ts";
import { RoundTrips } from "./round-trips.ts";
import type { OverlaySettings } from "./settings.ts";
import { Verifications } from "./verifications.ts";

/**
 * Who is in the routing table and why. A contact that somebody mentions, or that calls us, is a candidate; it enters after it has
 * answered at an address that this node dialled itself. A full bucket pings its oldest contact before a newcomer may have the seat, if
 * that one has not been heard from lately.
 */
export class Membership {
  readonly table: RoutingTable;
  readonly roundTrips = new RoundTrips();
  readonly size: NetworkSize;
  /** Those that have lost their seats. */
  readonly lost: LostContacts;
  private readonly self: NodeId;
  private readonly runtime: Runtime;
  private readonly peers: Peers;
  private readonly settings: OverlaySettings;
  private readonly verifications: Verifications;
  /** Keys of contacts being pinged for their seats; at most one for each of the ID_BITS buckets. */
  private readonly challenged = new Set<string>();
  /** Whether anybody has ever answered. */
  hasKnownOthers = false;
  /** Told of each contact that gets a seat in the table. */
  onNewcomer: ((contact: Contact) => void) | undefined;

  constructor(self: NodeId, runtime: Runtime, peers: Peers, settings: OverlaySettings) {
    this.self = self;
    this.runtime = runtime;
    this.peers = peers;
    this.settings = settings;
    this.table = new RoutingTable(self);
    this.size = new NetworkSize(this.table, runtime);
    this.lost = new LostContacts(runtime);
    this.verifications = new Verifications(runtime, peers, settings, (contact) => this.addVerified(contact));
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
    this.lost.remove(contact);
    const admission = this.table.addVerified(contact, this.runtime.now());
    if (admission === "added") this.onNewcomer?.(contact);
    if (admission === "waiting") this.challengeStale(this.table.bucketIndex(contact));
  }

  /** A contact did not answer. Where it loses its seat, the next in line has it. */
  markMissed(contact: Contact): void {
    const known = this.table.known(contact);
    const next = this.table.bucket(this.table.bucketIndex(contact))?.nextInLine;
    const outcome = this.table.markMissed(contact);
    this.roundTrips.forget(contact);
    if (outcome !== "removed") return;
    if (known !== undefined) this.lost.add(known);
    if (next !== undefined) this.onNewcomer?.(next);
  }

  /**
   * Somebody says where it can be dialled: it is dialled back if the table could use it, or knows it under other addresses.
   * @param host where it called from, for the limits by host.
   */
  addCandidate(contact: Contact, host?: string): void {
    if (sameId(contact.id, this.self) || contact.addresses.length === 0) return;
    const known = this.table.known(contact);
    const isOfUse = known === undefined ? this.hasRoomFor(contact) : hasMoved(known, contact);
    if (isOfUse) this.verifications.begin(contact, host);
  }

  /** Pings the contact of a bucket that was heard of longest ago, unless that is recent. */
  challengeStale(bucketIndex: number): void {
    const bucket = this.table.bucket(bucketIndex);
    if (bucket?.oldest === undefined) return;
    if (this.runtime.now() - bucket.oldestSeen >= this.settings.freshForMs) this.challenge(bucket.oldest);
  }

  private hasRoomFor(contact: Contact): boolean {
    return this.table.bucket(this.table.bucketIndex(contact))?.hasRoom ?? true;
  }

  private challenge(contact: Contact): void {
    if (this.challenged.has(contact.key)) return;
    this.challenged.add(contact.key);
    this.peers.request(contact, { kind: "ping" }, this.settings.requestTimeoutMs, (outcome, reached) => {
      this.challenged.delete(contact.key);
      // Whoever refuses is alive.
      if (outcome.kind === "failed" && outcome.reason !== "refused") this.markMissed(contact);
      else this.answered(contact, reached);
    });
  }
}

/** Whether a contact names a best address that it is not known by: it has been started again elsewhere, or its network has changed. */
function hasMoved(known: Contact, claimed: Contact): boolean {
  return !known.addresses.includes(claimed.addresses[0] as string);
}
