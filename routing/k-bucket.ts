import type { Contact } from "./contact.ts";
import { ContactRow, type Contacts } from "./contact-row.ts";
import { type DelayOf, QuickSeats } from "./quick-seats.ts";

/** Contacts in a bucket: k of the paper, and how many nodes hold a record. */
export const K = 20;
/** Verified contacts that wait for a seat in a full bucket. */
export const REPLACEMENTS = 10;
/** Misses in a row after which a contact loses its seat in any case. */
const MAX_MISSES = 3;
/** Whoever has shown for so long that it is there is checked slowly, ms. Most of those that leave soon have left by then. */
const PROVED_MS = 10 * 60_000;
/** Whoever has less than this left after a miss has its seat taken by one that waits, ms. */
const LEAST_TRUST_MS = 60_000;
/** Contacts of one subnet with a seat or waiting for one: a neighbourhood must not be for sale with one address. As go-ethereum has it. */
export const MAX_PER_SUBNET = 2;

/** Seats of a full bucket for those who answer sooner than others: half, so that nobody has more of it by being near. */
export const QUICK_SEATS = K / 2;

/** `crowded`: it may not enter, since enough of its subnet have. */
export type Admission = "added" | "updated" | "waiting" | "crowded";

/** How contacts are checked: those that are new or have just missed a request fast, those that have long been there slowly. */
export type Pace = "fast" | "slow";

/**
 * One k-bucket: at most {@link K} verified contacts, and at most {@link REPLACEMENTS} waiting for a seat, where a newcomer displaces the
 * one seen longest ago. Long-lived contacts keep their seats: the longer a node has been up, the longer it will stay (paper, section 2.2).
 * A flood of new ids displaces nobody who answers, but for the half of the seats that quicker contacts may take: see {@link QuickSeats}.
 * What a miss takes is trust, two thirds of it. The seat itself is lost only by one that has no trust left, so an attacker who can silence
 * a contact for a moment has not won its seat.
 */
export class KBucket {
  private readonly seats = new ContactRow(); // at most K
  private waiting: ContactRow | undefined; // at most REPLACEMENTS; made when the first one waits, which in most buckets nobody does
  /** Requests in a row that they have not answered, by key; at most K. Made when the first is missed. */
  private misses: Map<string, number> | undefined;
  /** Made when somebody first waits who may be quicker than those with seats. */
  private quick: QuickSeats | undefined;
  /** Whether anybody may be there who is checked fast: where all have long been there, nobody need be looked at. */
  private hasNew = false;
  /** Made when asked for while somebody is missing, dropped when that may have changed. */
  private healthyList: Contacts | undefined;

  get size(): number {
    return this.seats.length;
  }

  /** Whether anybody may be there who is checked fast. */
  get mayHaveNew(): boolean {
    return this.hasNew;
  }

  get isFull(): boolean {
    return this.seats.length >= K;
  }

  get oldestSeen(): number {
    return this.size === 0 ? Number.POSITIVE_INFINITY : this.seats.seenAt(this.seats.oldest());
  }

  /**
   * Whoever gets the next seat to fall free: any of those that wait, so that an attacker who knocks at the right moment gains nothing.
   * @param draw from [0, 1).
   */
  heir(draw: number): Contact | undefined {
    return this.waiting?.contacts[Math.floor(draw * this.waiting.length)];
  }

  get hasHeirs(): boolean {
    return (this.waiting?.length ?? 0) > 0;
  }

  has(contact: Contact): boolean {
    return this.seats.indexOf(contact) >= 0;
  }

  /** A contact as it is known here, with a seat or waiting for one. */
  known(contact: Contact): Contact | undefined {
    const seat = this.seats.indexOf(contact);
    if (seat >= 0) return this.seats.contacts[seat];
    const { waiting } = this;
    return waiting?.contacts[waiting.indexOf(contact)];
  }

  /** Whether a contact that is not known here would get a seat, or a place among those who wait, without displacing anybody. */
  get hasRoom(): boolean {
    return !this.isFull || (this.waiting?.length ?? 0) < REPLACEMENTS;
  }

  /** Contacts of a subnet, with a seat or waiting for one. */
  countIn(subnet: number): number {
    return this.seats.countIn(subnet) + (this.waiting?.countIn(subnet) ?? 0);
  }

  /** Appends those to be checked at a pace that were last heard of before a moment, or have missed a request since. */
  pushDue(into: Contact[], pace: Pace, heardBefore: number): void {
    if (pace === "fast" && !this.hasNew) return;
    const { seats, misses } = this;
    let isAnyNew = false;
    for (let seat = 0; seat < seats.length; seat++) {
      const contact = seats.contacts[seat] as Contact;
      const isMissing = misses?.has(contact.key) ?? false;
      const own = this.paceOf(seat, isMissing);
      if (own === "fast") isAnyNew = true;
      if (own === pace && (isMissing || seats.seenAt(seat) <= heardBefore)) into.push(contact);
    }
    this.hasNew = isAnyNew;
  }

  /** Notes that a contact has just answered, if it has a seat and is in the subnet in which it was. @returns whether it is. */
  refresh(contact: Contact, now: number): boolean {
    const seat = this.seats.indexOf(contact);
    if (seat < 0 || this.seats.contacts[seat]?.subnet !== contact.subnet) return false;
    this.answered(seat, contact, now);
    return true;
  }

  /** Enters a contact that has just answered us. Where the bucket is full it waits for a seat. */
  addVerified(contact: Contact, now: number): Admission {
    const seat = this.seats.indexOf(contact);
    if (seat >= 0) {
      this.answered(seat, contact, now);
      return "updated";
    }
    this.waitNoMore(contact);
    if (!this.isFull) {
      this.give(contact, now);
      return "added";
    }
    this.waiting ??= new ContactRow();
    if (this.waiting.length >= REPLACEMENTS) this.waiting.removeAt(this.waiting.oldest());
    this.waiting.add(contact, now);
    return "waiting";
  }

  /** Has a contact that waits take the seat of a slower one, who waits from then on. @returns whether it has a seat now. */
  preferQuicker(contact: Contact, delayOf: DelayOf): boolean {
    const { seats, waiting } = this;
    if (waiting === undefined || waiting.indexOf(contact) < 0) return false;
    this.quick ??= new QuickSeats(QUICK_SEATS);
    // Whoever has missed a request loses its seat for that, or keeps it: one that waited would have missed nothing when it comes back.
    const seat = this.quick.seatFor(contact, seats, (other) => (this.misses?.has(other.key) ? 0 : delayOf(other)));
    if (seat < 0) return false;
    const other = seats.contacts[seat] as Contact;
    const seenAt = seats.seenAt(seat);
    this.vacate(seat, contact);
    waiting.add(other, seenAt);
    this.quick.add(contact);
    return true;
  }

  /**
   * Notes that a contact did not answer. It loses its seat after {@link MAX_MISSES} misses in a row, or before that to the heir when it
   * has too little trust left. Until it answers again it is not handed out.
   */
  markMissed(contact: Contact, heir = this.heir(0)): "kept" | "removed" | "unknown" {
    const seat = this.seats.indexOf(contact);
    if (seat < 0) {
      this.waitNoMore(contact);
      return "unknown";
    }
    this.seats.distrust(seat);
    this.hasNew = true;
    this.misses ??= new Map();
    const misses = (this.misses.get(contact.key) ?? 0) + 1;
    this.misses.set(contact.key, misses);
    this.healthyList = undefined;
    if (misses < MAX_MISSES && (heir === undefined || this.seats.trustOf(seat) >= LEAST_TRUST_MS)) return "kept";
    this.vacate(seat, heir);
    return "removed";
  }

  remove(contact: Contact): boolean {
    const seat = this.seats.indexOf(contact);
    if (seat >= 0) this.vacate(seat, this.heir(0));
    else this.waitNoMore(contact);
    return seat >= 0;
  }

  /** For a node that has slept: everybody was heard of so much longer ago, and has to show anew that it is there. */
  age(ms: number): void {
    this.seats.age(ms);
    this.hasNew = true;
    this.waiting?.age(ms);
  }

  /** The contacts that answered the last time they were asked, in no order. Good until the bucket changes. */
  get healthy(): Contacts {
    const { misses } = this;
    if (misses === undefined || misses.size === 0) return this.seats;
    if (this.healthyList === undefined) {
      const contacts = this.seats.contacts.filter(({ key }) => !misses.has(key));
      this.healthyList = { contacts, heads: contacts.map(({ head }) => head) };
    }
    return this.healthyList;
  }

  /** Whether a contact has a seat and answered the last time it was asked. */
  isHealthy(contact: Contact): boolean {
    return this.has(contact) && this.misses?.has(contact.key) !== true;
  }

  /** Those with seats that have missed nothing, the one that has been there longest first. */
  byTrust(): Contact[] {
    const { misses } = this;
    return this.seats.byTrust().filter(({ key }) => misses?.has(key) !== true);
  }

  /** Those with seats, the one seen longest ago first. */
  contacts(): Contact[] {
    return this.seats.byAge().map(([contact]) => contact);
  }

  /** The same with the time at which each last answered, ms. */
  seen(): (readonly [Contact, number])[] {
    return this.seats.byAge();
  }

  private answered(seat: number, contact: Contact, now: number): void {
    this.seats.update(seat, contact, now);
    this.misses?.delete(contact.key);
    this.healthyList = undefined;
  }

  private give(contact: Contact, now: number): void {
    this.seats.add(contact, now);
    this.hasNew = true;
    this.healthyList = undefined;
  }

  private vacate(seat: number, heir: Contact | undefined): void {
    const contact = this.seats.contacts[seat] as Contact;
    this.misses?.delete(contact.key);
    this.quick?.remove(contact);
    this.seats.removeAt(seat);
    this.healthyList = undefined;
    const { waiting } = this;
    const place = heir === undefined ? -1 : (waiting?.indexOf(heir) ?? -1);
    if (waiting === undefined || place < 0) return;
    this.give(waiting.contacts[place] as Contact, waiting.seenAt(place));
    waiting.removeAt(place);
  }

  private paceOf(seat: number, isMissing: boolean): Pace {
    return isMissing || this.seats.trustOf(seat) < PROVED_MS ? "fast" : "slow";
  }

  private waitNoMore(contact: Contact): void {
    const place = this.waiting?.indexOf(contact) ?? -1;
    if (place >= 0) this.waiting?.removeAt(place);
  }
}
