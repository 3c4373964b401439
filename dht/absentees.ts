import type { Contact } from "../routing/index.ts";

/** A contact that did not answer is not asked again for this long, ms: whoever went down is seldom back within a minute. */
export const ABSENT_FOR_MS = 60_000;
/** Absentees remembered; the one noted longest ago is forgotten first. Room is made as they come, from the first few on. */
const MAX_ABSENT = 128;
const FIRST_ABSENT = 16;

/** Four whole numbers for each: 64 bits of its id, a hash of its addresses, and the second in which it was noted. */
const WIDTH = 4;
const SECOND_MS = 1_000;

/**
 * Contacts that did not answer lately, at the addresses where they did not: elsewhere they may well be. One row of numbers, since in a
 * network of which a third has vanished every node remembers as many as it may. An attacker who wants somebody else to count as absent
 * would have to grind an id with the same first 64 bits.
 */
export class Absentees {
  private row: Int32Array | undefined; // at most MAX_ABSENT × WIDTH
  private noted = 0;

  note(contact: Contact, now: number): void {
    const known = this.find(contact);
    const at = known >= 0 ? known : this.room();
    const [head, next, addresses] = marksOf(contact);
    (this.row as Int32Array).set([head, next, addresses, Math.floor(now / SECOND_MS)], at);
  }

  /** False where it is surely not here, wherever it may be reached. */
  mayHave({ head }: Contact): boolean {
    const { row } = this;
    if (row === undefined) return false;
    for (let at = 0; at < row.length; at += WIDTH) if (row[at] === head) return true;
    return false;
  }

  has(contact: Contact, now: number): boolean {
    const at = this.find(contact);
    return at >= 0 && now - ((this.row as Int32Array)[at + WIDTH - 1] as number) * SECOND_MS < ABSENT_FOR_MS;
  }

  /** It has answered after all. */
  forget(contact: Contact): void {
    const at = this.find(contact);
    if (at >= 0) (this.row as Int32Array).fill(0, at, at + WIDTH);
  }

  /** Where a contact stands; −1 where it does not. */
  private find(contact: Contact): number {
    const { row } = this;
    if (row === undefined) return -1;
    const { head } = contact;
    for (let at = 0; at < row.length; at += WIDTH) {
      if (row[at] !== head) continue;
      const [, next, addresses] = marksOf(contact);
      if (row[at + 1] === next && row[at + 2] === addresses) return at;
    }
    return -1;
  }

  /** The next place around the row, which holds the one noted longest ago once it is full. */
  private room(): number {
    const { row } = this;
    const used = this.noted * WIDTH;
    if (row === undefined) this.row = new Int32Array(FIRST_ABSENT * WIDTH);
    else if (used >= row.length && row.length < MAX_ABSENT * WIDTH) {
      this.row = new Int32Array(row.length * 2);
      this.row.set(row);
    }
    this.noted += 1;
    const { length } = this.row as Int32Array;
    if (this.noted > MAX_ABSENT) this.noted -= MAX_ABSENT;
    return used % length;
  }
}

function marksOf({ id, head, addresses }: Contact): readonly [number, number, number] {
  const next = ((id[4] as number) << 24) | ((id[5] as number) << 16) | ((id[6] as number) << 8) | (id[7] as number);
  let hash = 0;
  for (const address of addresses) for (let i = 0; i < address.length; i++) hash = (Math.imul(hash, 31) + address.charCodeAt(i)) | 0;
  return [head, next, hash];
}
