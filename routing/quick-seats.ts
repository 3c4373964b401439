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
    let longest = delayOf(contact) / QUICKER;
    let slowest = -1;
    for (let seat = 0; seat < seats.length; seat++) {
      const delay = delayOf(seats.contacts[seat] as Contact);
      if (delay < longest || this.isTenured(seat, seats)) continue;
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

  /**
   * Whether one keeps its seat: of those who did not come by being quick, whoever has been there longest does. Counted, not sorted, since
   * this is asked whenever somebody who waits has answered.
   */
  private isTenured(seat: number, seats: ContactRow): boolean {
    if (this.isQuick(seat, seats)) return false;
    const trust = seats.trustOf(seat);
    let before = 0;
    for (let other = 0; other < seats.length; other++) {
      const more = seats.trustOf(other) - trust;
      if ((more > 0 || (more === 0 && other < seat)) && !this.isQuick(other, seats)) before += 1;
    }
    return before < seats.length - this.most;
  }

  private isQuick(seat: number, { contacts }: ContactRow): boolean {
    return this.keys.size > 0 && this.keys.has((contacts[seat] as Contact).key);
  }
}
