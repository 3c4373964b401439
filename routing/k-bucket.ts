import type { Contact } from "./contact.ts";

/** Contacts in a bucket: k of the paper, and how many nodes hold a record. */
export const K = 20;
/** Verified contacts that wait for a seat in a full bucket. */
export const REPLACEMENTS = 10;
/** Misses in a row after which a contact loses its seat even though nobody waits for it. */
const MAX_MISSES = 3;

interface Seat {
  contact: Contact;
  /** False while it waits for a seat. */
  isTaken: boolean;
  /** Requests in a row that it did not answer. */
  misses: number;
  /** When it last answered, ms. */
  lastSeen: number;
}

/** Contacts, and the heads of their ids in a row of their own: to sort them, nothing else need be read. */
export interface HealthyContacts {
  readonly contacts: readonly Contact[];
  readonly heads: Int32Array;
}

export type Admission = "added" | "updated" | "waiting";

/**
 * One k-bucket: at most {@link K} verified contacts, least recently seen first, and at most {@link REPLACEMENTS} waiting for a seat,
 * least recently seen first, where a newcomer displaces the oldest. Long-lived contacts keep their seats: the longer a node has
 * been up, the longer it will stay (paper, section 2.2), and a flood of new ids displaces nobody who answers.
 */
export class KBucket {
  private readonly seats: Seat[] = []; // at most K
  private readonly waiting: Seat[] = []; // at most REPLACEMENTS
  /** All of them by their contacts' keys: every message looks one up. */
  private readonly byKey = new Map<string, Seat>(); // at most K + REPLACEMENTS
  /** Made when asked for, dropped when it may have changed: it is read far more often. */
  private healthyList: HealthyContacts | undefined;

  get size(): number {
    return this.seats.length;
  }

  get isFull(): boolean {
    return this.seats.length >= K;
  }

  /** The contact seen longest ago: the one to ping before a newcomer may take its place. */
  get oldest(): Contact | undefined {
    return this.seats[0]?.contact;
  }

  get oldestSeen(): number {
    return this.seats[0]?.lastSeen ?? Number.POSITIVE_INFINITY;
  }

  /** The contact that gets the next seat to fall free. */
  get nextInLine(): Contact | undefined {
    return this.waiting.at(-1)?.contact;
  }

  has(key: string): boolean {
    return this.byKey.get(key)?.isTaken ?? false;
  }

  /** A contact that has a seat or waits for one. */
  known(key: string): Contact | undefined {
    return this.byKey.get(key)?.contact;
  }

  /** Whether a contact that is not known here would get a seat, or a place among those who wait, without displacing anybody. */
  get hasRoom(): boolean {
    return !this.isFull || this.waiting.length < REPLACEMENTS;
  }

  /** Enters a contact that has just answered us, as the most recently seen. Where the bucket is full it waits for a seat. */
  addVerified(contact: Contact, now: number): Admission {
    const known = this.byKey.get(contact.key);
    if (known?.isTaken) {
      this.moveToEnd(known, contact, now);
      return "updated";
    }
    if (known !== undefined) this.forget(known);
    const seat: Seat = { contact, isTaken: !this.isFull, misses: 0, lastSeen: now };
    this.byKey.set(contact.key, seat);
    if (seat.isTaken) {
      this.seats.push(seat);
      this.healthyList = undefined;
      return "added";
    }
    if (this.waiting.length >= REPLACEMENTS) this.forget(this.waiting[0] as Seat);
    this.waiting.push(seat);
    return "waiting";
  }

  /**
   * Notes that a contact did not answer. It loses its seat to the most recently seen replacement, or after
   * {@link MAX_MISSES} misses in a row. Until it answers again it is not handed out.
   */
  markMissed(key: string): "kept" | "removed" | "unknown" {
    const seat = this.byKey.get(key);
    if (seat === undefined) return "unknown";
    if (!seat.isTaken) {
      this.forget(seat);
      return "unknown";
    }
    seat.misses += 1;
    this.healthyList = undefined;
    if (this.waiting.length === 0 && seat.misses < MAX_MISSES) return "kept";
    this.forget(seat);
    this.promote();
    return "removed";
  }

  remove(key: string): boolean {
    const seat = this.byKey.get(key);
    if (seat === undefined) return false;
    this.forget(seat);
    if (!seat.isTaken) return false;
    this.promote();
    return true;
  }

  /** The contacts that answered the last time they were asked. Good until the bucket changes. */
  get healthy(): HealthyContacts {
    if (this.healthyList === undefined) {
      const contacts = this.seats.filter(({ misses }) => misses === 0).map(({ contact }) => contact);
      this.healthyList = { contacts, heads: Int32Array.from(contacts, ({ head }) => head) };
    }
    return this.healthyList;
  }

  *contacts(): IterableIterator<Contact> {
    for (const seat of this.seats) yield seat.contact;
  }

  /** Every contact with the time it last answered, ms. */
  *seen(): IterableIterator<readonly [Contact, number]> {
    for (const seat of this.seats) yield [seat.contact, seat.lastSeen];
  }

  private moveToEnd(seat: Seat, contact: Contact, now: number): void {
    this.seats.splice(this.seats.indexOf(seat), 1);
    if (seat.misses > 0 || seat.contact !== contact) this.healthyList = undefined;
    seat.contact = contact;
    seat.misses = 0;
    seat.lastSeen = now;
    this.seats.push(seat);
  }

  private forget(seat: Seat): void {
    const row = seat.isTaken ? this.seats : this.waiting;
    row.splice(row.indexOf(seat), 1);
    this.byKey.delete(seat.contact.key);
    if (seat.isTaken) this.healthyList = undefined;
  }

  private promote(): void {
    const next = this.waiting.pop();
    if (next === undefined) return;
    next.isTaken = true;
    // Kept in order of `lastSeen`: the promoted contact may have been seen before some that hold seats.
    let at = this.seats.length;
    while (at > 0 && (this.seats[at - 1] as Seat).lastSeen > next.lastSeen) at -= 1;
    this.seats.splice(at, 0, next);
  }
}
