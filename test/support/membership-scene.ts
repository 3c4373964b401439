import { DEFAULT_SETTINGS, Membership } from "../../dht/index.ts";
import { type Contact, idInBucket } from "../../routing/index.ts";
import { contactOf } from "./ids.ts";
import { Random } from "./random.ts";
import { MINUTE } from "./records.ts";
import { AskedPeers } from "./store-peers.ts";
import { VirtualClock } from "./virtual-clock.ts";
import { takeWaiting } from "./waiting.ts";

/** Whose table it is. */
export const SELF = new Uint8Array(32).fill(0x5a);
export const FRESH_MS = 5 * MINUTE;

/** Somebody in a bucket; the number tells those of one bucket apart. */
export function peer(number: number, bucket = 0): Contact {
  return contactOf(idInBucket(SELF, bucket, new Random(1_000 * bucket + number).bytes(32)));
}

export const peers = (count: number, from = 0, bucket = 0): Contact[] => Array.from({ length: count }, (_, i) => peer(from + i, bucket));

export interface Scene {
  readonly membership: Membership;
  readonly asked: AskedPeers;
  readonly clock: VirtualClock;
  readonly newcomers: Contact[];
}

/** A membership whose bucket 0 has so many contacts, heard of a second after one another, the last of them now. */
export function sceneWith(count: number): Scene {
  const clock = new VirtualClock(1);
  const asked = new AskedPeers();
  const membership = new Membership(SELF, clock, asked, DEFAULT_SETTINGS);
  for (const contact of peers(count)) {
    clock.advance(1_000);
    membership.addVerified(contact);
  }
  const newcomers: Contact[] = [];
  membership.onNewcomer = (contact) => newcomers.push(contact);
  return { membership, asked, clock, newcomers };
}

/** Who waits for a seat in the first bucket. Takes all others out of it, so it comes last. */
export function waiting({ membership }: Scene): string[] {
  const bucket = membership.table.bucket(0);
  return bucket === undefined ? [] : takeWaiting(bucket);
}
