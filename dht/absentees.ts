import { type Contact, sameAddresses } from "../routing/index.ts";

/** A contact that did not answer is not asked again for this long, ms: whoever went down is seldom back within a minute. */
export const ABSENT_FOR_MS = 60_000;
/** Absentees remembered; the one noted longest ago is forgotten first. */
const MAX_ABSENT = 128;

/**
 * Contacts that did not answer lately, at the addresses where they did not: elsewhere they may well be. They are told apart by all of their
 * ids and addresses. Whoever may invent contacts can have any of them not answer, so by a part, or a hash that can be foreseen, it could
 * make others count as absent.
 */
export class Absentees {
  private readonly contacts: Contact[] = []; // at most MAX_ABSENT
  private readonly heads: number[] = []; // of the same
  private readonly notedAt: number[] = []; // the same: whole ms
  private next = 0;

  note(contact: Contact, now: number): void {
    const known = this.indexOf(contact);
    const at = known >= 0 ? known : this.next;
    this.contacts[at] = contact;
    this.heads[at] = contact.head;
    this.notedAt[at] = Math.floor(now);
    if (known < 0) this.next = (at + 1) % MAX_ABSENT;
  }

  /** False where it is surely not here, wherever it may be reached. */
  mayHave({ head }: Contact): boolean {
    return this.heads.includes(head);
  }

  has(contact: Contact, now: number): boolean {
    const at = this.indexOf(contact);
    return at >= 0 && now - (this.notedAt[at] as number) < ABSENT_FOR_MS;
  }

  /** It has answered after all. */
  forget(contact: Contact): void {
    const at = this.indexOf(contact);
    if (at >= 0) this.notedAt[at] = -ABSENT_FOR_MS;
  }

  /** Where a contact stands; −1 where it does not. */
  private indexOf(contact: Contact): number {
    const { heads, contacts } = this;
    for (let at = heads.indexOf(contact.head); at >= 0; at = heads.indexOf(contact.head, at + 1)) {
      const other = contacts[at] as Contact;
      if (other.key === contact.key && sameAddresses(other, contact)) return at;
    }
    return -1;
  }
}
