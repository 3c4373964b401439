import type { Contact } from "./contact.ts";
import type { ContactRow } from "./contact-row.ts";

/** A seat changes hands for this part of its holder's delay or less: what differs by less may be noise. */
const QUICKER = 3 / 4;

/** How long a contact takes to answer, ms. */
export type DelayOf = (contact: Contact) => number;

/**
 * Who has a seat of a bucket because it answers soon: proximity neighbour selection (Gummadi, Gribble and others, SIGCOMM 2003, section 4).
 * It is bounded, since whoever stands next to a victim is quick, and could have all its seats: so many are for the quick, and the others
 * for those who have been there longest, however slow they are.
 */
export class QuickSeats {
  private readonly most: number;
  private readonly keys = new Set<string>(); // at most `most`

  constructor(most: number) {
    this.most = most;
  }

  /** The seat in a full bucket that a contact may have, that of the slowest who gives way; −1 where it is not quicker than any. */
  seatFor(contact: Contact, seats: ContactRow, delayOf: DelayOf): number {
    const enough = delayOf(contact) / QUICKER;
    if (!seats.contacts.some((other) => delayOf(other) >= enough)) return -1; // nearly always
    const tenured = this.tenured(seats);
    let slowest = -1;
    let longest = enough;
    for (const [seat, other] of seats.contacts.entries()) {
      const delay = delayOf(other);
      if (delay < longest || tenured.has(other)) continue;
      longest = delay;
      slowest = seat;
    }
    return slowest;
  }

  add({ key }: Contact): void {
    this.keys.add(key);
  }

  remove({ key }: Contact): void {
    this.keys.delete(key);
  }

  /** Those who keep their seats, of those who did not come by being quick: whoever has been there longest. */
  private tenured(seats: ContactRow): Set<Contact> {
    const others = seats.byTrust().filter(({ key }) => !this.keys.has(key));
    return new Set(others.slice(0, seats.length - this.most));
  }
}
