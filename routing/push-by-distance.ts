import { type Contact, headOf } from "./contact.ts";
import type { Contacts } from "./contact-row.ts";
import { compareDistance } from "./distance.ts";
import type { NodeId } from "./node-id.ts";

/** First 32 bits of the distances of what is being sorted. Grows to the longest list there was: a bucket, in practice. */
let distances = new Uint32Array(64);

/**
 * Appends the `most` contacts nearest to `target`, or all where there are fewer, nearest first. By insertion, since lists are as short as
 * a bucket, and on the heads of the distances, which decide almost always: every answer to a lookup sorts one or two buckets.
 */
export function pushByDistance(into: Contact[], { contacts, heads }: Contacts, target: NodeId, most: number): void {
  const start = into.length;
  if (distances.length < most) distances = new Uint32Array(most * 2);
  const targetHead = headOf(target);
  let count = 0;
  for (let i = 0; i < contacts.length; i++) {
    const distance = ((heads[i] as number) ^ targetHead) >>> 0;
    if (count === most && distance > (distances[count - 1] as number)) continue;
    const contact = contacts[i] as Contact;
    let at = count;
    for (; at > 0; at--) {
      const other = distances[at - 1] as number;
      const before = into[start + at - 1] as Contact;
      if (other < distance || (other === distance && compareDistance(target, before.id, contact.id) <= 0)) break;
      if (at === most) continue; // the farthest of them falls off the end
      distances[at] = other;
      into[start + at] = before;
    }
    if (at === most) continue;
    distances[at] = distance;
    into[start + at] = contact;
    if (count < most) count += 1;
  }
}
