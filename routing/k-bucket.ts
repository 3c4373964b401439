import type { Contact } from "./contact.ts";
import { ContactRow, type Contacts, takeOut } from "./contact-row.ts";

/** Contacts in a bucket: k of the paper, and how many nodes hold a record. */
export const K = 20;
/** Verified contacts that wait for a seat in a full bucket. */
export const REPLACEMENTS = 10;
/** Misses in a row after which a contact loses its seat even though nobody waits for it. */
const MAX_MISSES = 3;

export type Admission = "added" | "updated" | "waiting";

/**
 * One k-bucket: at most {@link K} verified contacts, and at most {@link REPLACEMENTS} waiting for a seat, where a newcomer displaces the
 * one seen longest ago. Long-lived contacts keep their seats: the longer a node has been up, the longer it will stay (paper, section
 * 2.2), and a flood of new ids displaces nobody who answers.
 */
export class KBucket {
  private readonly seats = new ContactRow(); // at most K
  private readonly waiting = new ContactRow(); // at most REPLACEMENTS
  /** Requests in a row that each seat has not answered. */
  private readonly misses: number[] = []; // one for each seat
  /** Seats that have missed any. */
  private missing = 0;
  /** Made when asked for while somebody is missing, dropped when that may have changed. */
  private healthyList: Contacts | undefined;

  get size(): number {
    return this.seats.length;
  }

  get isFull(): boolean {
    return this.seats.length >= K;
  }

  /** The contact seen longest ago: the one to ping before a newcomer may take its place. */
  get oldest(): Contact | undefined {
    return this.seats.contacts[this.seats.oldest()];
  }

  get oldestSeen(): number {
    return this.size === 0 ? Number.POSITIVE_INFINITY : this.seats.seenAt(this.seats.oldest());
  }

  /** The contact that gets the next seat to fall free. */
  get nextInLine(): Contact | undefined {
    return this.waiting.contacts[this.waiting.newest()];
  }

  has(contact: Contact): boolean {
    return this.seats.indexOf(contact) >= 0;
  }

  /** A contact as it is known here, with a seat or waiting for one. */
  known(contact: Contact): Contact | undefined {
    const seat = this.seats.indexOf(contact);
    if (seat >= 0) return this.seats.contacts[seat];
    const place = this.waiting.indexOf(contact);
    return place < 0 ? undefined : this.waiting.contacts[place];
  }

  /** Whether a contact that is not known here would get a seat, or a place among those who wait, without displacing anybody. */
  get hasRoom(): boolean {
    return !this.isFull || this.waiting.length < REPLACEMENTS;
  }

  /** Enters a contact that has just answered us. Where the bucket is full it waits for a seat. */
  addVerified(contact: Contact, now: number): Admission {
    const seat = this.seats.indexOf(contact);
    if (seat >= 0) {
      this.answered(seat, contact, now);
      return "updated";
    }
    const place = this.waiting.indexOf(contact);
    if (place >= 0) this.waiting.removeAt(place);
    if (!this.isFull) {
      this.give(contact, now);
      return "added";
    }
    if (this.waiting.length >= REPLACEMENTS) this.waiting.removeAt(this.waiting.oldest());
    this.waiting.add(contact, now);
    return "waiting";
  }

  /**
   * Notes that a contact did not answer. It loses its seat to the most recently seen replacement, or after
   * {@link MAX_MISSES} misses in a row. Until it answers again it is not handed out.
   */
  markMissed(contact: Contact): "kept" | "removed" | "unknown" {
    const seat = this.seats.indexOf(contact);
    if (seat < 0) {
      const place = this.waiting.indexOf(contact);
      if (place >= 0) this.waiting.removeAt(place);
      return "unknown";
    }
    const misses = (this.misses[seat] as number) + 1;
    this.misses[seat] = misses;
    if (misses === 1) this.missing += 1;
    this.healthyList = undefined;
    if (this.waiting.length === 0 && misses < MAX_MISSES) return "kept";
    this.vacate(seat);
    return "removed";
  }

  remove(contact: Contact): boolean {
    const seat = this.seats.indexOf(contact);
    if (seat >= 0) this.vacate(seat);
    const place = this.waiting.indexOf(contact);
    if (place >= 0) this.waiting.removeAt(place);
    return seat >= 0;
  }

  /** The contacts that answered the last time they were asked, in no order. Good until the bucket changes. */
  get healthy(): Contacts {
    if (this.missing === 0) return this.seats;
    if (this.healthyList === undefined) {
      const contacts = this.seats.contacts.filter((_, seat) => this.misses[seat] === 0);
      this.healthyList = { contacts, heads: contacts.map(({ head }) => head) };
    }
    return this.healthyList;
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
    if (this.misses[seat] !== 0) this.missing -= 1;
    this.misses[seat] = 0;
    if (this.missing > 0) this.healthyList = undefined;
  }

  private give(contact: Contact, now: number): void {
    this.seats.add(contact, now);
    this.misses.push(0);
    this.healthyList = undefined;
  }

  /** Whoever waits and was seen last has the seat now. */
  private vacate(seat: number): void {
    if (this.misses[seat] !== 0) this.missing -= 1;
    this.seats.removeAt(seat);
    takeOut(this.misses, seat);
    this.healthyList = undefined;
    const next = this.waiting.newest();
    if (next < 0) return;
    this.give(this.waiting.contacts[next] as Contact, this.waiting.seenAt(next));
    this.waiting.removeAt(next);
  }
}
