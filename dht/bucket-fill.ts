import { type Contact, idInBucket, K } from "../routing/index.ts";
import { LookupRun, type Walker } from "./lookup-run.ts";
import type { OverlayResponse } from "./messages.ts";
import type { Timer } from "./ports.ts";

/** Contacts with which a newcomer leaves a bucket alone: those who call it, and refreshes, do the rest. */
const FILLED = K / 2;
/** Of the contacts that one names, so many are taken at most: whoever names only its own friends fills half of that at most. */
const MOST_OF_ONE = K / 4;
/** Requests under way at once: each dials a link, and two that answer name enough. */
const FILL_ALPHA = 2;
/** Answers that name nobody new of the bucket after which it is as full as it gets. */
const MAX_DRY = 3;
/** When it is looked whether those who were taken are there: by then each was reached, or not, ms. */
const SECOND_PASS_MS = 5_000;

/**
 * Fills each bucket that may have others than those that are known, one after the other, until it has contacts enough, and once more when
 * those who were named have been reached or not: some may be gone. The own id has been looked up before: all there is nearer than the k-th
 * nearest node has been met.
 */
export function fillBuckets(walker: Walker): { stop(): void } {
  let isStopped = false;
  let secondPass: Timer | undefined;
  const isWanted = () => !isStopped;
  fillAll(walker, isWanted, () => {
    secondPass = walker.runtime.schedule(SECOND_PASS_MS, () => fillAll(walker, isWanted, () => undefined));
  });
  return {
    stop: () => {
      isStopped = true;
      secondPass?.cancel();
    },
  };
}

/** Looks up a random id that belongs in a bucket, so that its contacts are asked and it hears of others. */
export function refreshBucket(walker: Walker, index: number): void {
  const target = targetIn(walker, index);
  new LookupRun(walker, { target, request: { kind: "find_node", target }, onDone: () => undefined }).start();
}

function fillAll(walker: Walker, isWanted: () => boolean, onDone: () => void): void {
  const { table } = walker.membership;
  const fill = (index: number) => {
    if (!isWanted()) return;
    if (index < 0) onDone();
    else new BucketFill(walker, index, () => fill(index - 1)).start();
  };
  const farthestMet = table.closest(table.self, walker.settings.k)[walker.settings.k - 1];
  // Fewer than k may be all there are, or all that those who have too much to do have named.
  fill(farthestMet === undefined ? table.depth - 2 : table.bucketIndex(farthestMet));
}

/**
 * A walk to a random id in one bucket that takes in those whom its members name: to have an address proved is much cheaper than a link over
 * which to ask. Others than members name candidates for the walk alone: those who come after each other would all take the same few.
 */
class BucketFill {
  private readonly walker: Walker;
  private readonly index: number;
  private readonly onDone: () => void;
  /** Those named who are asked to prove their address, by key; at most FILLED. */
  private readonly taken = new Map<string, Contact>();
  private dry = 0;

  constructor(walker: Walker, index: number, onDone: () => void) {
    this.walker = walker;
    this.index = index;
    this.onDone = onDone;
  }

  start(): void {
    if (this.isFilled) {
      this.onDone();
      return;
    }
    const target = targetIn(this.walker, this.index);
    const settings = { ...this.walker.settings, alpha: FILL_ALPHA, closingAlpha: FILL_ALPHA };
    new LookupRun(
      { ...this.walker, settings },
      { target, request: { kind: "find_node", target }, onAnswer: (from, response) => this.onAnswer(from, response), onDone: this.onDone },
    ).start();
  }

  private get isFilled(): boolean {
    const { table } = this.walker.membership;
    let expected = table.bucket(this.index)?.size ?? 0;
    for (const contact of this.taken.values()) if (!table.has(contact)) expected += 1;
    return expected >= FILLED;
  }

  private onAnswer(from: Contact, response: OverlayResponse): "enough" | "go-on" {
    const { table } = this.walker.membership;
    const named = response.kind === "find_node" ? response.contacts : [];
    const isOwn = (contact: Contact) => table.bucketIndex(contact) === this.index;
    const strangers = named.filter((contact) => isOwn(contact) && !table.has(contact) && !this.taken.has(contact.key));
    if (strangers.length === 0) this.dry += 1;
    if (isOwn(from)) this.take(strangers);
    return this.isFilled || this.dry >= MAX_DRY ? "enough" : "go-on";
  }

  private take(strangers: readonly Contact[]): void {
    for (const contact of strangers.slice(0, MOST_OF_ONE)) {
      if (this.isFilled) return;
      if (this.walker.membership.addNamed(contact)) this.taken.set(contact.key, contact);
    }
  }
}

function targetIn({ membership, runtime }: Walker, index: number): Uint8Array {
  return idInBucket(membership.table.self, index, runtime.randomBytes(32));
}
