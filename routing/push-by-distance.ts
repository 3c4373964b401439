import { type Contact, headOf } from "./contact.ts";
import type { Contacts } from "./contact-row.ts";
import { compareDistance } from "./distance.ts";
import type { NodeId } from "./node-id.ts";

/** What is being sorted: the first 32 bits of each distance, and where its contact is. They grow to the longest list there was. */
let distances = new Uint32Array(64);
let places = new Uint32Array(64);

/**
 * Appends the `most` contacts nearest to `target`, or all where there are fewer, nearest first. By insertion, since lists are as short as
 * a bucket, and on rows of numbers: every answer to a lookup sorts one or two buckets, and the heads decide almost always.
 */
export function pushByDistance(into: Contact[], { contacts, heads }: Contacts, target: NodeId, most: number): void {
  if (distances.length < heads.length) makeRoomFor(heads.length);
  const targetHead = headOf(target);
  let count = 0;
  for (let i = 0; i < heads.length; i++) {
    const distance = ((heads[i] as number) ^ targetHead) >>> 0;
    let at = count;
    for (; at > 0; at--) {
      const other = distances[at - 1] as number;
      if (other < distance || (other === distance && isNearer(contacts, target, places[at - 1] as number, i))) break;
      distances[at] = other; // the farthest of them may fall off the end
      places[at] = places[at - 1] as number;
    }
    if (at === most) continue;
    distances[at] = distance;
    places[at] = i;
    if (count < most) count += 1;
  }
  for (let at = 0; at < count; at++) into.push(contacts[places[at] as number] as Contact);
}

function isNearer(contacts: readonly Contact[], target: NodeId, a: number, b: number): boolean {
  return compareDistance(target, (contacts[a] as Contact).id, (contacts[b] as Contact).id) < 0;
}

function makeRoomFor(count: number): void {
  distances = new Uint32Array(count * 2);
  places = new Uint32Array(count * 2);
}
