import { type Contact, headOf } from "./contact.ts";
import { bitAt, commonPrefixLength } from "./distance.ts";
import { type Admission, K, KBucket, MAX_PER_SUBNET, type Pace } from "./k-bucket.ts";
import { ID_BITS, type NodeId } from "./node-id.ts";
import { pushByDistance } from "./push-by-distance.ts";
import type { DelayOf } from "./quick-seats.ts";

/** Contacts of one subnet in a whole table, with a seat or waiting for one. As go-ethereum has it. */
export const MAX_PER_SUBNET_IN_ALL = 10;

/**
 * The contacts a node knows, in k-buckets by the length of the id prefix they share with it. Bucket 0 holds the far half of the
 * network, each further bucket half of what is left. At most 256 buckets of K contacts, and about log2(n) of them are ever used.
 *
 * Only contacts that answered enter; nothing here does I/O or knows the time.
 */
export class RoutingTable {
  readonly self: NodeId;
  private readonly selfHead: number;
  /** By prefix length, made when first needed; at most {@link ID_BITS}. */
  private readonly buckets: (KBucket | undefined)[] = [];
  private count = 0;

  constructor(self: NodeId) {
    this.self = self;
    this.selfHead = headOf(self);
  }

  /** Whether anybody answered the last time it was asked. */
  get hasHealthy(): boolean {
    return this.buckets.some((bucket) => bucket !== undefined && bucket.healthy.heads.length > 0);
  }

  /** Whether anybody may be there who is checked fast. */
  get mayHaveNew(): boolean {
    return this.buckets.some((bucket) => bucket?.mayHaveNew);
  }

  /** Contacts that hold a seat. */
  get size(): number {
    return this.count;
  }

  /** One more than the highest prefix length in use: deeper buckets are empty. */
  get depth(): number {
    return this.buckets.length;
  }

  /** In which bucket a contact belongs; {@link ID_BITS} for this node itself. */
  bucketIndex({ head, id }: Contact): number {
    const difference = head ^ this.selfHead;
    return difference === 0 ? commonPrefixLength(this.self, id) : Math.clz32(difference);
  }

  bucket(index: number): KBucket | undefined {
    return this.buckets[index];
  }

  /** Enters a contact that has just answered. The own id is never entered. */
  addVerified(contact: Contact, now: number): Admission | "self" {
    const index = this.bucketIndex(contact);
    if (index === ID_BITS) return "self";
    const bucket = this.bucketAt(index);
    if (bucket.refresh(contact, now)) return "updated"; // nearly always, and then limits need no look
    if (this.isCrowded(contact, bucket)) return "crowded";
    const admission = bucket.addVerified(contact, now);
    if (admission === "added") this.count += 1;
    return admission;
  }

  /**
   * Has a contact that waits for a seat take that of a slower one, where both are farther than k others: who is next to this node must be
   * known whether it is quick or not. @returns whether it has a seat now.
   */
  preferQuicker(contact: Contact, delayOf: DelayOf): boolean {
    const index = this.bucketIndex(contact);
    let nearer = 0;
    for (let i = index + 1; i < this.depth && nearer < K; i++) nearer += this.buckets[i]?.size ?? 0;
    return nearer >= K && this.buckets[index]?.preferQuicker(contact, delayOf) === true;
  }

  /** @param heir who gets the seat, should it fall free. */
  markMissed(contact: Contact, heir?: Contact): "kept" | "removed" | "unknown" {
    const bucket = this.buckets[this.bucketIndex(contact)];
    if (bucket === undefined) return "unknown";
    const before = bucket.size;
    const outcome = bucket.markMissed(contact, heir);
    this.count += bucket.size - before;
    return outcome;
  }

  remove(contact: Contact): boolean {
    const bucket = this.buckets[this.bucketIndex(contact)];
    if (bucket === undefined) return false;
    const before = bucket.size;
    const removed = bucket.remove(contact);
    this.count += bucket.size - before;
    return removed;
  }

  has(contact: Contact): boolean {
    return this.buckets[this.bucketIndex(contact)]?.has(contact) ?? false;
  }

  /** Whether a contact has a seat and answered the last time it was asked. */
  isHealthy(contact: Contact): boolean {
    return this.buckets[this.bucketIndex(contact)]?.isHealthy(contact) ?? false;
  }

  /** A contact as it is known here, with a seat or waiting for one: its addresses are those that were proved. */
  known(contact: Contact): Contact | undefined {
    return this.buckets[this.bucketIndex(contact)]?.known(contact);
  }

  /** Whether a contact that is not known here would get a seat, or a place among those who wait, without displacing anybody. */
  hasRoomFor(contact: Contact): boolean {
    const bucket = this.buckets[this.bucketIndex(contact)];
    return bucket === undefined ? !this.isCrowdedInAll(contact) : bucket.hasRoom && !this.isCrowded(contact, bucket);
  }

  /**
   * Those to be checked at a pace that were last heard of before a moment, or have missed a request since: of the first bucket that has
   * any, beginning with a random one. @param draw from [0, 1).
   */
  due(pace: Pace, heardBefore: number, draw: number): Contact[] {
    const due: Contact[] = []; // at most K
    const first = Math.floor(draw * this.depth);
    for (let n = 0; n < this.depth && due.length === 0; n++) this.buckets[(first + n) % this.depth]?.pushDue(due, pace, heardBefore);
    return due;
  }

  /** For a node that has slept: everybody was heard of so much longer ago, and has to show anew that it is there. */
  age(ms: number): void {
    for (const bucket of this.buckets) bucket?.age(ms);
  }

  *contacts(): IterableIterator<Contact> {
    for (const bucket of this.buckets) if (bucket !== undefined) yield* bucket.contacts();
  }

  /**
   * The `count` healthy contacts nearest to `target`, nearest first, exactly: the buckets are walked in order of their distance
   * from the target, so only those that can still matter are sorted.
   */
  closest(target: NodeId, count: number): Contact[] {
    const result: Contact[] = [];
    const difference = headOf(target) ^ this.selfHead;
    const shared = difference === 0 ? commonPrefixLength(this.self, target) : Math.clz32(difference);
    // Those in the target's own bucket share one bit more with it than anybody else.
    this.collect(shared, target, count, result);
    // Deeper buckets agree with the target in bit `shared` as little as this node does, and split further on its own bits: where
    // target and self differ in bit i, bucket i is nearer than all deeper ones; where they agree, it is farther.
    for (let i = shared + 1; i < this.depth && result.length < count; i++) {
      if (this.differsAt(i, target, difference)) this.collect(i, target, count, result);
    }
    for (let i = this.depth - 1; i > shared && result.length < count; i--) {
      if (!this.differsAt(i, target, difference)) this.collect(i, target, count, result);
    }
    for (let i = Math.min(shared, this.depth) - 1; i >= 0 && result.length < count; i--) this.collect(i, target, count, result);
    return result;
  }

  /**
   * How many healthy contacts are nearer to `target` than this node is: all in the buckets where the two differ in the bucket's own bit.
   */
  countNearer(target: NodeId): number {
    const difference = headOf(target) ^ this.selfHead;
    let count = 0;
    for (let i = 0; i < this.depth; i++) {
      if (this.differsAt(i, target, difference)) count += this.buckets[i]?.healthy.heads.length ?? 0;
    }
    return count;
  }

  /** Whether there are as many others of its subnet as there may be. */
  private isCrowded(contact: Contact, bucket: KBucket): boolean {
    const { subnet } = contact;
    if (subnet === 0 || bucket.known(contact)?.subnet === subnet) return false;
    return bucket.countIn(subnet) >= MAX_PER_SUBNET || this.isCrowdedInAll(contact);
  }

  private isCrowdedInAll({ subnet }: Contact): boolean {
    if (subnet === 0) return false;
    let count = 0;
    for (const bucket of this.buckets) count += bucket?.countIn(subnet) ?? 0;
    return count >= MAX_PER_SUBNET_IN_ALL;
  }

  /** Whether this node and the target differ in a bit. @param difference of their heads, which nearly always says it. */
  private differsAt(index: number, target: NodeId, difference: number): boolean {
    return index < 32 ? difference << index < 0 : bitAt(this.self, index) !== bitAt(target, index);
  }

  private collect(index: number, target: NodeId, count: number, into: Contact[]): void {
    const bucket = this.buckets[index];
    if (bucket === undefined || bucket.size === 0) return;
    pushByDistance(into, bucket.healthy, target, count - into.length);
  }

  private bucketAt(index: number): KBucket {
    while (this.buckets.length <= index) this.buckets.push(undefined);
    let bucket = this.buckets[index];
    if (bucket === undefined) {
      bucket = new KBucket();
      this.buckets[index] = bucket;
    }
    return bucket;
  }
}
