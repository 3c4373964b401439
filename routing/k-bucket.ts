import type { Contact } from "./contact.ts";
import { ContactRow, type Contacts } from "./contact-row.ts";

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
  private waiting: ContactRow | undefined; // at most REPLACEMENTS; made when the first one waits, which in most buckets nobody does
  /** Requests in a row that they have not answered, by key; at most K. Made when the first is missed. */
  private misses: Map<string, number> | undefined;
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
    return this.waiting?.contacts[this.waiting.newest()];
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

  /**
   * Notes that a contact did not answer. It loses its seat to the most recently seen replacement, or after
   * {@link MAX_MISSES} misses in a row. Until it answers again it is not handed out.
   */
  markMissed(contact: Contact): "kept" | "removed" | "unknown" {
    const seat = this.seats.indexOf(contact);
    if (seat < 0) {
      this.waitNoMore(contact);
      return "unknown";
    }
    this.misses ??= new Map();
    const misses = (this.misses.get(contact.key) ?? 0) + 1;
    this.misses.set(contact.key, misses);
    this.healthyList = undefined;
    if ((this.waiting?.length ?? 0) === 0 && misses < MAX_MISSES) return "kept";
    this.vacate(seat);
    return "removed";
  }

  remove(contact: Contact): boolean {
    const seat = this.seats.indexOf(contact);
    if (seat >= 0) this.vacate(seat);
    else this.waitNoMore(contact);
    return seat >= 0;
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
    this.healthyList = undefined;
  }

  /** Whoever waits and was seen last has the seat now. */
  private vacate(seat: number): void {
    this.misses?.delete((this.seats.contacts[seat] as Contact).key);
    this.seats.removeAt(seat);
    this.healthyList = undefined;
    const { waiting } = this;
    const next = waiting?.newest() ?? -1;
    if (waiting === undefined || next < 0) return;
    this.give(waiting.contacts[next] as Contact, waiting.seenAt(next));
    waiting.removeAt(next);
  }

  private waitNoMore(contact: Contact): void {
    const place = this.waiting?.indexOf(contact) ?? -1;
    if (place >= 0) this.waiting?.removeAt(place);
  }
}
