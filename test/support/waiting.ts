import type { KBucket } from "../../routing/index.ts";
import { keysOf } from "./ids.ts";

/** Keys of those who wait for a seat, in the order of their last answer. Found by giving them the seats of all others, so it comes last. */
export function takeWaiting(bucket: KBucket): string[] {
  for (const contact of bucket.contacts()) bucket.remove(contact);
  return keysOf(bucket.contacts());
}
