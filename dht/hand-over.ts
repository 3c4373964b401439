import { type Contact, compareDistance, type NodeId } from "../routing/index.ts";
import type { Walker } from "./lookup-run.ts";
import type { OverlayResponse } from "./messages.ts";
import { type Parcel, Parcels, type Recipient } from "./parcels.ts";
import type { Failed } from "./ports.ts";
import type { RecordStore } from "./record-store.ts";

/**
 * Pause after a newcomer before records are handed over, ms: a join brings several, and one pass over the store serves them all. Until
 * then a search may miss what the newcomer should hold, so it is short, but for a large store it grows with what a pass costs.
 */
const GATHER_MS = 100;
const GATHER_MS_PER_RECORD = 1 / 16;
/** Newcomers waiting for that pass. Further ones get their records with the next republish. */
const MAX_NEWCOMERS = 64;
/** Of the holders of a key, those nearest to it hand it over: more than one, since one may not know the newcomer. */
const GIVERS = 2;
/** Records under way at once, and of those to one newcomer that takes them within SOON_MS; one that takes longer holds up itself alone. */
const MAX_IN_FLIGHT = 16;
const MAX_TO_ONE = 4;
const SOON_MS = 1_000;
/**
 * Whoever says so often in a row that it is busy is left alone for so long, ms: by then its gate has let in a second's worth of what all
 * others send it.
 */
const BUSY_IN_A_ROW = 4;
const BUSY_MS = 1_000;
/**
 * So often, and once more for so many records that it has taken: one that has no room says the same, and taking one now and then is no
 * reason to wait.
 */
const MAX_PAUSES = 8;
const TAKEN_PER_PAUSE = 4;
/** So long, ms, whatever it answers. After that, as after those pauses, the next republish has to do. */
const MAX_MS = 5 * 60_000;

/**
 * Gives newcomers the records that they are now among the nearest to (Kademlia, section 2.5). Without it a lookup that ends at the k
 * nearest nodes finds none of the holders once as many newcomers have come between, and a search would miss what is there.
 */
export class HandOver {
  private readonly walker: Walker;
  private readonly store: RecordStore;
  /** By key; at most {@link MAX_NEWCOMERS}. */
  private readonly newcomers = new Map<string, Contact>();
  private readonly parcels = new Parcels();
  private inFlight = 0;
  private stopped = false;

  constructor(walker: Walker, store: RecordStore) {
    this.walker = walker;
    this.store = store;
  }

  /** A contact has just entered the routing table. */
  onNewcomer(contact: Contact): void {
    if (this.stopped || this.store.size === 0 || this.newcomers.size >= MAX_NEWCOMERS) return;
    if (this.newcomers.size === 0) this.walker.runtime.schedule(GATHER_MS + this.store.size * GATHER_MS_PER_RECORD, () => this.handOver());
    this.newcomers.set(contact.key, contact);
  }

  stop(): void {
    this.stopped = true;
    this.newcomers.clear();
    this.parcels.clear();
  }

  private handOver(): void {
    if (this.stopped) return;
    const { runtime } = this.walker;
    const now = runtime.now();
    for (const key of this.store.keys()) {
      for (const to of this.heirsOf(key))
        for (const record of this.store.under(key, runtime.wallClock())) this.parcels.add(to, { key, record }, now);
    }
    this.newcomers.clear();
    this.pump();
  }

  /** The newcomers that are among the k nearest to a key, if this node is one of those who have to tell them. */
  private heirsOf(key: NodeId): readonly Contact[] {
    const { membership, settings } = this.walker;
    const { table } = membership;
    // All of these would be among the nearest below, so whether enough of them are no newcomers is often known without a look.
    if (Math.min(table.countNearer(key), settings.k) - this.newcomers.size >= GIVERS) return [];
    const nearest = table.closest(key, settings.k);
    const heirs = nearest.filter((contact) => this.newcomers.has(contact.key));
    if (heirs.length === 0) return heirs;
    const nearerHolders = nearest.filter((contact) => !this.newcomers.has(contact.key) && compareDistance(key, contact.id, table.self) < 0);
    return nearerHolders.length < GIVERS ? heirs : [];
  }

  private pump(): void {
    while (this.inFlight < MAX_IN_FLIGHT) {
      const next = this.parcels.next();
      if (next === undefined) return;
      this.send(next.recipient, next.parcel);
    }
  }

  private send(recipient: Recipient, parcel: Parcel): void {
    const { peers, settings, runtime } = this.walker;
    const { key, record } = parcel;
    const sentAt = runtime.now();
    this.inFlight += 1;
    peers.request(recipient.to, { kind: "store", key, record: record.bytes }, settings.requestTimeoutMs, (outcome) => {
      this.inFlight -= 1;
      if (this.parcels.has(recipient)) this.onAnswer(recipient, parcel, outcome, runtime.now() - sentAt);
      this.pump();
    });
  }

  private onAnswer(recipient: Recipient, parcel: Parcel, outcome: OverlayResponse | Failed, ms: number): void {
    const { runtime } = this.walker;
    const isTooLong = runtime.now() - recipient.since >= MAX_MS;
    if (outcome.kind === "failed" || isTooLong) {
      this.parcels.forget(recipient);
      return;
    }
    if (outcome.kind === "store" && outcome.outcome === "busy") this.offerLater(recipient, parcel);
    else {
      recipient.window = ms < SOON_MS ? MAX_TO_ONE : 1;
      recipient.taken += 1;
      recipient.busy = 0;
    }
    this.parcels.settled(recipient);
  }

  private offerLater(recipient: Recipient, parcel: Parcel): void {
    const { runtime } = this.walker;
    this.parcels.add(recipient.to, parcel, runtime.now());
    recipient.window = 1;
    recipient.busy += 1;
    if (recipient.isResting || recipient.busy < BUSY_IN_A_ROW) return;
    recipient.isResting = true;
    recipient.pauses += 1;
    runtime.schedule(BUSY_MS, () => {
      recipient.isResting = false;
      recipient.busy = 0;
      if (recipient.pauses >= MAX_PAUSES + recipient.taken / TAKEN_PER_PAUSE) this.parcels.forget(recipient);
      this.pump();
    });
  }
}
