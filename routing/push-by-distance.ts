import { type Contact, headOf } from "./contact.ts";
import { compareDistance } from "./distance.ts";
import type { HealthyContacts } from "./k-bucket.ts";
import type { NodeId } from "./node-id.ts";

/** First 32 bits of the distances of what is being sorted. Grows to the longest list there was: a bucket, in practice. */
let distances = new Uint32Array(64);

/**
 * Appends contacts in the order of their distance to `target`, nearest first. By insertion, since lists are as short as a bucket, and on
 * the heads of the distances, which decide almost always: every answer to a lookup sorts one or two buckets.
 */
export function pushByDistance(into: Contact[], { contacts, heads }: HealthyContacts, target: NodeId): void {
  const count = contacts.length;
  const start = into.length;
  if (distances.length < count) distances = new Uint32Array(count * 2);
  const targetHead = headOf(target);
  for (let i = 0; i < count; i++) {
    const contact = contacts[i] as Contact;
    const distance = ((heads[i] as number) ^ targetHead) >>> 0;
    let at = i;
    for (; at > 0; at--) {
      const other = distances[at - 1] as number;
      const before = into[start + at - 1] as Contact;
      if (other < distance || (other === distance && compareDistance(target, before.id, contact.id) <= 0)) break;
      distances[at] = other;
      into[start + at] = before;
    }
    distances[at] = distance;
    into[start + at] = contact;
  }
}
