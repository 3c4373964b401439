import { type Contact, commonPrefixLength, compareDistance, type NodeId, partBetween } from "../routing/index.ts";
import { LookupRun, type Walker } from "./lookup-run.ts";
import type { Timer } from "./ports.ts";
import { type Posting, Postings } from "./postings.ts";
import { RegionWalk } from "./region.ts";

export type { Posting } from "./postings.ts";

/** Records near each other that are worth looking around for the nodes near all of them; fewer are walked to one by one. */
const WORTH_A_REGION = 4;
/** Walks for one region at most: it takes two or three. */
const MAX_WALKS = 8;
/** Records stored at once, each at k nodes. */
const AT_ONCE = 8;
/** The zero of the id space: keys pass by in the order of their distance from it. */
const ZERO: NodeId = new Uint8Array(32);

/** Stores a record at the nodes nearest to its key. Calls `done` when all have answered. */
export type Deliver<P extends Posting> = (posting: P, nearest: readonly Contact[], done: () => void) => void;

/**
 * Republishing as a sweep through the id space, once in an interval: each key has its moment in it, by where it lies, and whoever
 * publishes much meets the nodes of one region after the other (Provide Sweep of IPFS, 2024). One walk shows the nodes near a key; where
 * several keys are near each other, two or three show all nodes of their region, and so the nearest to each of these keys.
 */
export class RepublishSweep<P extends Posting> {
  private readonly walker: Walker;
  private readonly deliver: Deliver<P>;
  private readonly postings = new Postings<P>();
  private readonly offset: number;
  private timer: Timer | undefined;
  private timerAt = Number.POSITIVE_INFINITY;
  private isBusy = false;
  private stopped = false;

  constructor(walker: Walker, deliver: Deliver<P>) {
    this.walker = walker;
    this.deliver = deliver;
    this.offset = partBetween(ZERO, walker.membership.table.self); // nodes begin at different places
  }

  /** From now on this is stored again, first at that time. */
  schedule(posting: P, dueAt: number): void {
    posting.dueAt = dueAt;
    this.postings.put(posting);
    this.wakeAt(dueAt);
  }

  remove(posting: P): void {
    this.postings.remove(posting);
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
  }

  /**
   * When the sweep passes a key next, if it was last stored at `storedAt`: after half an interval at the earliest, one and a half at the
   * latest.
   */
  dueAfter(key: NodeId, storedAt: number): number {
    const interval = this.walker.settings.republishIntervalMs;
    const phase = ((partBetween(ZERO, key) + this.offset) % 1) * interval;
    const earliest = storedAt + interval / 2;
    return earliest + ((((phase - earliest) % interval) + interval) % interval);
  }

  private wakeAt(dueAt: number): void {
    if (this.stopped || this.isBusy || dueAt >= this.timerAt) return;
    this.timer?.cancel();
    this.timerAt = dueAt;
    const { runtime } = this.walker;
    this.timer = runtime.schedule(Math.max(0, dueAt - runtime.wallClock()), () => {
      this.timerAt = Number.POSITIVE_INFINITY;
      this.next();
    });
  }

  /** Takes the one that has waited longest, or sleeps until there is one. */
  private next(): void {
    if (this.stopped) return;
    const { first } = this.postings;
    if (first === undefined) return;
    if (first.dueAt > this.walker.runtime.wallClock()) this.wakeAt(first.dueAt);
    else this.pass(first);
  }

  private pass(first: P): void {
    this.isBusy = true;
    new LookupRun(this.walker, {
      target: first.key,
      request: { kind: "find_node", target: first.key },
      onDone: ({ closest }) => {
        const last = closest[this.walker.settings.k - 1];
        const shared = last === undefined ? 0 : commonPrefixLength(first.key, last.id);
        const batch = this.dueWithin(first, shared);
        if (batch.length < WORTH_A_REGION) this.deliverAll([first], closest);
        else if (last === undefined) this.deliverAll(batch, closest);
        else this.seeRegion(first.key, shared, closest, (members) => this.deliverAll(batch, members));
      },
    }).start();
  }

  /** What is due now or soon and shares so many leading bits with a key; that one first. */
  private dueWithin(first: P, shared: number): P[] {
    const { runtime, settings } = this.walker;
    const until = runtime.wallClock() + settings.republishIntervalMs / 2;
    const others = this.postings.near(first.key, shared).filter((posting) => posting !== first && posting.dueAt <= until);
    return [first, ...others];
  }

  /**
   * The k nearest to a key are known, and all share so many bits with it: beside them there are those on the other side of the next bit.
   */
  private seeRegion(key: NodeId, shared: number, nearest: readonly Contact[], done: (members: readonly Contact[]) => void): void {
    const members = new Map(nearest.map((contact) => [contact.key, contact])); // at most k for each walk
    new RegionWalk(this.walker, {
      parts: [{ of: key, bit: shared }],
      mostWalks: MAX_WALKS,
      onMember: (member) => {
        members.set(member.key, member);
        return "go-on";
      },
      onDone: () => done([...members.values()]),
    }).start();
  }

  private deliverAll(batch: readonly P[], members: readonly Contact[]): void {
    const waiting = batch.filter((posting) => this.postings.has(posting));
    let open = 0;
    let isHandingOut = false;
    const next = () => {
      if (isHandingOut) return; // one that was done with at once: the loop goes on by itself
      isHandingOut = true;
      while (open < AT_ONCE && !this.stopped) {
        const posting = waiting.shift();
        if (posting === undefined) break;
        open += 1;
        this.deliver(posting, nearestTo(posting.key, members, this.walker.settings.k), () => {
          open -= 1;
          next();
        });
      }
      isHandingOut = false;
      if (open === 0) this.rest();
    };
    next();
  }

  private rest(): void {
    this.isBusy = false;
    this.next();
  }
}

function nearestTo(key: NodeId, contacts: readonly Contact[], count: number): Contact[] {
  return [...contacts].sort((a, b) => compareDistance(key, a.id, b.id)).slice(0, count);
}
