import type { Contact } from "../routing/index.ts";

/**
 * Of the holders of a key, those who must say that it is split before its children are searched. Publishers go there when a quarter of the
 * holders are full; holders come and go in between, and more are asked for here, so that wherever finders look records are. A lone liar
 * sends nobody anywhere.
 */
const QUORUM = 1 / 3;
/** The same below a child where neither it nor its parent has given a record: nothing but their word says that anybody has been there. */
const QUORUM_ALONE = 1 / 2;

/**
 * Who says of one key that it is split. Liars may be the third part of the holders of some keys by chance: if that sufficed everywhere,
 * each would lead to two more such keys, and so on to all. Records cannot be invented so easily: whoever wants to have one under each child
 * must grind an identity for it.
 */
export class SplitClaims {
  /** Whether a record was read under the key. */
  hasRecords = false;
  private readonly parent: SplitClaims | undefined;
  private readonly claimants = new Set<string>(); // by key; at most those asked on the walks to one key
  private readonly near = new Set<string>(); // of these, those who are responsible for the key
  private nearest: readonly Contact[] = [];

  constructor(parent: SplitClaims | undefined) {
    this.parent = parent;
  }

  /** @param isNear whether it is probably among the nearest: nobody else can know. */
  claim({ key }: Contact, isNear: boolean): void {
    this.claimants.add(key);
    if (isNear) this.near.add(key);
  }

  /** The walk to the key has ended with these. */
  walked(nearest: readonly Contact[]): void {
    this.nearest = nearest;
  }

  /** @param k how many are responsible for a key. */
  areBelieved(k: number): boolean {
    const count = this.nearest.filter(({ key }) => this.claimants.has(key)).length;
    return this.suffice(this.near.size, k) || this.suffice(count, this.nearest.length);
  }

  private suffice(count: number, of: number): boolean {
    if (count === 0 || count < of * QUORUM) return false;
    const isBacked = this.parent === undefined || this.hasRecords || this.parent.hasRecords;
    return isBacked || count >= of * QUORUM_ALONE;
  }
}
