import { type Contact, compareDistance, type NodeId } from "../routing/index.ts";
import type { CapabilityRecord } from "./capability-record.ts";
import type { Walker } from "./lookup-run.ts";
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
/** Records under way at once, and waiting to be sent. Beyond that, again, the next republish has to do. */
const MAX_IN_FLIGHT = 4;
const MAX_OUTBOX = 4_096;
/** Whoever says that it is busy is left alone for so long, ms: by then its gate has let in a second's worth of what all others send it. */
const BUSY_MS = 1_000;
/** So often in a row: one that has no room for a record, and will have none, says the same. After that, once more, the next republish. */
const MAX_PAUSES = 8;

interface Parcel {
  readonly to: Contact;
  readonly key: NodeId;
  readonly record: CapabilityRecord;
}

/**
 * Gives newcomers the records that they are now among the nearest to (Kademlia, section 2.5). Without it a lookup that ends at the k
 * nearest nodes finds none of the holders once as many newcomers have come between, and a search would miss what is there.
 */
export class HandOver {
  private readonly walker: Walker;
  private readonly store: RecordStore;
  /** By key; at most {@link MAX_NEWCOMERS}. */
  private readonly newcomers = new Map<string, Contact>();
  /** At most {@link MAX_OUTBOX}. */
  private outbox: Parcel[] = [];
  private inFlight = 0;
  /**
   * Who is left alone for now; and how often since it took anything, which is forgotten with its last parcel. Each at
   * most {@link MAX_OUTBOX}.
   */
  private readonly resting = new Set<string>();
  private readonly pauses = new Map<string, number>();
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
    this.outbox = [];
  }

  private handOver(): void {
    if (this.stopped) return;
    const { runtime } = this.walker;
    for (const key of this.store.keys()) {
      for (const to of this.heirsOf(key)) for (const record of this.store.under(key, runtime.wallClock())) this.post({ to, key, record });
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

  private post(parcel: Parcel): void {
    if (this.outbox.length < MAX_OUTBOX) this.outbox.push(parcel);
  }

  private pump(): void {
    const { peers, settings } = this.walker;
    while (this.inFlight < MAX_IN_FLIGHT) {
      const place = this.outbox.findIndex(({ to }) => !this.resting.has(to.key));
      const [parcel] = place < 0 ? [] : this.outbox.splice(place, 1);
      if (parcel === undefined) return;
      this.inFlight += 1;
      const { to, key, record } = parcel;
      peers.request(to, { kind: "store", key, record: record.bytes }, settings.requestTimeoutMs, (outcome) => {
        this.inFlight -= 1;
        if (outcome.kind === "failed") this.forget(to);
        else if (outcome.kind === "store" && outcome.outcome === "busy") this.offerLater(parcel);
        else this.pauses.delete(to.key);
        this.pump();
      });
    }
  }

  private offerLater(parcel: Parcel): void {
    const { to } = parcel;
    if (this.stopped) return;
    this.post(parcel);
    if (this.resting.has(to.key)) return;
    const pauses = 1 + (this.pauses.get(to.key) ?? 0);
    this.pauses.set(to.key, pauses);
    this.resting.add(to.key);
    this.walker.runtime.schedule(BUSY_MS, () => {
      this.resting.delete(to.key);
      if (pauses >= MAX_PAUSES || !this.outbox.some((other) => other.to.key === to.key)) this.forget(to);
      this.pump();
    });
  }

  /** Whoever does not take one record gets no more of them. */
  private forget({ key }: Contact): void {
    this.outbox = this.outbox.filter(({ to }) => to.key !== key);
    this.pauses.delete(key);
  }
}
