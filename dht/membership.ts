import { type Contact, type NodeId, RoutingTable, sameId } from "../routing/index.ts";
import type { Peers, Runtime } from "./ports.ts";
import { RoundTrips } from "./round-trips.ts";
import type { OverlaySettings } from "./settings.ts";

/** Callers being dialled back at once. More are ignored: they will call again. */
const MAX_VERIFYING = 16;

/**
 * Who is in the routing table and why. A contact that somebody mentions, or that calls us, is a candidate; it enters after it has
 * answered us itself. A full bucket pings its oldest contact before a newcomer may have the seat, if that one has not been heard of lately.
 */
export class Membership {
  readonly table: RoutingTable;
  readonly roundTrips = new RoundTrips();
  private readonly self: NodeId;
  private readonly runtime: Runtime;
  private readonly peers: Peers;
  private readonly settings: OverlaySettings;
  /** Keys of contacts being verified or pinged; at most MAX_VERIFYING, plus one for each of the ID_BITS buckets. */
  private readonly verifying = new Set<string>();
  /** Whether anybody has ever answered. */
  hasKnownOthers = false;
  /** Told of each contact that enters the table by answering. */
  onNewcomer: ((contact: Contact) => void) | undefined;

  constructor(self: NodeId, runtime: Runtime, peers: Peers, settings: OverlaySettings) {
    this.self = self;
    this.runtime = runtime;
    this.peers = peers;
    this.settings = settings;
    this.table = new RoutingTable(self);
  }

  /** A contact answered a request of ours. */
  addVerified(contact: Contact): void {
    this.hasKnownOthers = true;
    const admission = this.table.addVerified(contact, this.runtime.now());
    if (admission === "added") this.onNewcomer?.(contact);
    if (admission === "waiting") this.challengeStale(this.table.bucketIndex(contact.id));
  }

  /** A contact did not answer. */
  markMissed(contact: Contact): void {
    this.table.markMissed(contact.id, contact.key);
    this.roundTrips.forget(contact.key);
  }

  /** Somebody called and says where it can be dialled: it is dialled back if the table could use it. */
  addCandidate(contact: Contact): void {
    if (this.verifying.size >= MAX_VERIFYING || this.verifying.has(contact.key)) return;
    if (sameId(contact.id, this.self) || !this.hasRoomFor(contact)) return;
    this.verify(contact);
  }

  /** Pings the contact of a bucket that was heard of longest ago, unless that is recent. */
  challengeStale(bucketIndex: number): void {
    const bucket = this.table.bucket(bucketIndex);
    if (bucket?.oldest === undefined) return;
    if (this.runtime.now() - bucket.oldestSeen >= this.settings.freshForMs) this.challenge(bucket.oldest);
  }

  private hasRoomFor(contact: Contact): boolean {
    return this.table.bucket(this.table.bucketIndex(contact.id))?.hasRoomFor(contact.key) ?? true;
  }

  private verify(contact: Contact): void {
    this.verifying.add(contact.key);
    this.peers.verify(contact, this.settings.requestTimeoutMs, (outcome) => {
      this.verifying.delete(contact.key);
      if (outcome === "alive") this.addVerified(contact);
    });
  }

  private challenge(contact: Contact): void {
    if (this.verifying.has(contact.key)) return;
    this.verifying.add(contact.key);
    this.peers.request(contact, { kind: "ping" }, this.settings.requestTimeoutMs, (outcome) => {
      this.verifying.delete(contact.key);
      // Whoever refuses is alive.
      if (outcome.kind === "failed" && outcome.reason !== "refused") this.markMissed(contact);
      else this.table.addVerified(contact, this.runtime.now());
    });
  }
}
