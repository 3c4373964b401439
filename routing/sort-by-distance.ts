import { type Contact, headOf } from "./contact.ts";
import { compareDistance } from "./distance.ts";
import type { NodeId } from "./node-id.ts";

/** First 32 bits of the distances of what is being sorted. Grows to the longest list there was: a bucket, in practice. */
let heads = new Uint32Array(64);

/**
 * Sorts the contacts from index `start` on by their distance to `target`, nearest first, in place. By insertion, since lists are as short
 * as a bucket, and on the heads of the distances: every answer to a lookup sorts one or two buckets, so this is the busiest place of all.
 */
export function sortByDistance(contacts: Contact[], start: number, target: NodeId): void {
  const count = contacts.length - start;
  if (heads.length < count) heads = new Uint32Array(count * 2);
  const targetHead = headOf(target);
  for (let i = 0; i < count; i++) {
    const contact = contacts[start + i] as Contact;
    const head = (contact.head ^ targetHead) >>> 0;
    let at = i;
    for (; at > 0; at--) {
      const other = heads[at - 1] as number;
      const before = contacts[start + at - 1] as Contact;
      if (other < head || (other === head && compareDistance(target, before.id, contact.id) <= 0)) break;
      heads[at] = other;
      contacts[start + at] = before;
    }
    heads[at] = head;
    contacts[start + at] = contact;
  }
}
