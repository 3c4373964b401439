import { type Contact, type NodeId, partBetween } from "../routing/index.ts";

/**
 * How near to a key the nearest are that a walk has heard of so far, asked or not. It knows better than any estimate of the network's size
 * who will be among them in the end: whatever comes later can only be nearer.
 */
export class NearestHeard {
  private readonly key: NodeId;
  private readonly count: number;
  private parts: number[] = []; // of the id space, ascending; at most `count`

  constructor(key: NodeId, count: number) {
    this.key = key;
    this.count = count;
  }

  /** As a part of the id space, the distance of the last of them; 0 while there are fewer. */
  get within(): number {
    return this.parts[this.count - 1] ?? 0;
  }

  add(contacts: readonly Contact[]): void {
    for (const { id } of contacts) {
      const part = partBetween(this.key, id);
      const isFar = this.parts.length >= this.count && part >= this.within;
      if (isFar || this.parts.includes(part)) continue; // two ids as far as each other are one and the same
      this.parts.push(part);
      this.parts.sort((a, b) => a - b);
      if (this.parts.length > this.count) this.parts.pop();
    }
  }

  /** Nobody else counts any more: these are the nearest, however few. */
  settle(contacts: readonly Contact[]): void {
    this.parts = [];
    this.add(contacts);
    while (this.parts.length < this.count) this.parts.push(1);
  }
}
