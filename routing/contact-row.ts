import type { Contact } from "./contact.ts";

/** Contacts, and the heads of their ids in a row of their own: to find or to sort contacts, nothing else need be read. */
export interface Contacts {
  readonly contacts: readonly Contact[];
  readonly heads: readonly number[];
}

/**
 * A few contacts with the times at which they last answered, in no order. Rows of numbers instead of an object for each contact: a node
 * keeps hundreds of them, and every message that it gets looks one up. Rows are made anew for each contact that comes, just as long as
 * they must be: those that grow by themselves do it by half and sixteen more, which doubles what a table takes.
 */
export class ContactRow implements Contacts {
  contacts: Contact[] = []; // as many as its owner lets in
  heads: number[] = []; // one for each contact
  private lastSeen: number[] = []; // whole ms, which take no memory of their own; one for each contact
  private since: number[] = []; // the same: since when each is trusted

  get length(): number {
    return this.contacts.length;
  }

  /** −1 when it is not here. */
  indexOf({ head, key }: Contact): number {
    const { heads, contacts } = this;
    for (let i = 0; i < heads.length; i++) if (heads[i] === head && (contacts[i] as Contact).key === key) return i;
    return -1;
  }

  add(contact: Contact, now: number): void {
    this.contacts = this.contacts.concat(contact);
    this.heads = this.heads.concat(contact.head);
    this.lastSeen = this.lastSeen.concat(Math.floor(now));
    this.since = this.since.concat(Math.floor(now));
  }

  /** The same contact has answered again, perhaps elsewhere. */
  update(index: number, contact: Contact, now: number): void {
    this.contacts[index] = contact;
    this.lastSeen[index] = Math.floor(now);
  }

  /** Takes a contact out; the last one has its place now. */
  removeAt(index: number): void {
    takeOut(this.contacts, index);
    takeOut(this.heads, index);
    takeOut(this.lastSeen, index);
    takeOut(this.since, index);
  }

  seenAt(index: number): number {
    return this.lastSeen[index] as number;
  }

  /** For how long a contact has shown that it is there: from its first answer to its last, unless it has missed any, ms. */
  trustOf(index: number): number {
    return this.seenAt(index) - (this.since[index] as number);
  }

  /** A contact has not answered: of what it had shown, a third still counts. */
  distrust(index: number): void {
    this.since[index] = this.seenAt(index) - Math.floor(this.trustOf(index) / 3);
  }

  /** All of them were heard of so much longer ago, and have shown nothing. */
  age(ms: number): void {
    this.lastSeen = this.lastSeen.map((seen) => seen - Math.ceil(ms));
    this.since = this.lastSeen.slice();
  }

  countIn(subnet: number): number {
    let count = 0;
    for (const contact of this.contacts) if (contact.subnet === subnet) count += 1;
    return count;
  }

  /** Index of the contact seen longest ago; −1 where there is none. */
  oldest(): number {
    const { lastSeen } = this;
    let oldest = lastSeen.length - 1;
    for (let i = oldest - 1; i >= 0; i--) if ((lastSeen[i] as number) < (lastSeen[oldest] as number)) oldest = i;
    return oldest;
  }

  /** Every contact, the one that has shown for longest that it is there first. */
  byTrust(): Contact[] {
    const trusted = this.contacts.map((contact, index) => [contact, this.trustOf(index)] as const);
    return trusted.sort(([, a], [, b]) => b - a).map(([contact]) => contact);
  }

  /** Every contact with the time it last answered, longest ago first. */
  byAge(): (readonly [Contact, number])[] {
    const aged = this.contacts.map((contact, index) => [contact, this.seenAt(index)] as const);
    return aged.sort(([, a], [, b]) => a - b);
  }
}

/** Takes one item out of a list whose order means nothing. */
function takeOut<T>(items: T[], index: number): void {
  const last = items.pop() as T;
  if (index < items.length) items[index] = last;
}
