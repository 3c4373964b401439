import type { Contact } from "../routing/index.ts";
import { fillBuckets } from "./bucket-fill.ts";
import { Detour } from "./detour.ts";
import { GrowingWait } from "./growing-wait.ts";
import { LookupRun, type Walker } from "./lookup-run.ts";
import type { Timer } from "./ports.ts";

/** Pause before somebody is tried again, in refresh intervals, give or take half: it doubles from the first to the longest. */
const FIRST_PAUSE = 1 / 8;
const LONGEST_PAUSE = 1 / 2;
/** Part of the nearest nodes that were strangers, from which on a network counts as having been in parts. Churn alone leaves less. */
const PARTED = 1 / 4;

/**
 * Mends networks that were cut in two for so long that each part has dropped the other. Contacts that were lost and bootstrap addresses
 * are tried again now and then, one at a time; whoever answers is asked for a way to this node's own neighbourhood. Where that leads to
 * others than those in the table, this node joins them as well.
 */
export class Reunion {
  /** Addresses through which this node has joined. */
  bootstrap: readonly string[] = [];
  private readonly walker: Walker;
  private readonly onReunited: () => void;
  private readonly pause = new GrowingWait(FIRST_PAUSE, LONGEST_PAUSE);
  private timer: Timer | undefined;
  private isSeeking = false;
  private filling: { stop(): void } | undefined;
  private stopped = true;

  /** @param onReunited told when this node has joined another part of its network. */
  constructor(walker: Walker, onReunited: () => void) {
    this.walker = walker;
    this.onReunited = onReunited;
  }

  start(): void {
    if (!this.stopped) return;
    this.stopped = false;
    this.wait();
  }

  stop(): void {
    this.stopped = true;
    this.timer?.cancel();
    this.filling?.stop();
  }

  /** Tries somebody now: for a node that has lost everybody. */
  seek(): void {
    if (this.stopped || this.isSeeking) return;
    const address = this.anyBootstrap();
    const contact = this.walker.membership.lost.pick();
    const prefersLost = this.walker.runtime.random() < 0.5;
    if (contact !== undefined && (prefersLost || address === undefined)) this.goThrough(contact);
    else if (address !== undefined) this.dial(address);
  }

  private wait(): void {
    const { runtime, settings } = this.walker;
    const ms = this.pause.next() * settings.refreshIntervalMs * (0.5 + runtime.random());
    this.timer?.cancel();
    this.timer = runtime.schedule(ms, () => {
      this.seek();
      this.wait();
    });
  }

  private anyBootstrap(): string | undefined {
    return this.bootstrap[Math.floor(this.walker.runtime.random() * this.bootstrap.length)];
  }

  /** A bootstrap node that has a seat is in this part of the network, and cannot lead to another. */
  private dial(address: string): void {
    const { peers, membership, settings } = this.walker;
    this.isSeeking = true;
    peers.contactAt(address, settings.requestTimeoutMs, (outcome) => {
      this.isSeeking = false;
      if (!this.stopped && !("kind" in outcome) && !membership.table.has(outcome)) this.goThrough(outcome);
    });
  }

  private goThrough(contact: Contact): void {
    const { membership, settings } = this.walker;
    const { table } = membership;
    const before = new Set(table.closest(table.self, settings.k).map(({ key }) => key)); // at most k
    this.isSeeking = true;
    const detour = new Detour(this.walker, (neighbours) => {
      this.isSeeking = false;
      if (!this.stopped && neighbours > 0) this.meetNeighbours(before);
    });
    detour.start(contact);
  }

  /** @param before keys of the nearest that were known. */
  private meetNeighbours(before: ReadonlySet<string>): void {
    const { self } = this.walker.membership.table;
    new LookupRun(this.walker, {
      target: self,
      request: { kind: "find_node", target: self },
      onDone: ({ closest }) => {
        const strangers = closest.filter(({ key }) => !before.has(key)).length;
        if (!this.stopped && strangers > 0 && strangers >= PARTED * closest.length) this.unite();
      },
    }).start();
  }

  private unite(): void {
    this.pause.reset(); // there may be more than two parts
    this.wait();
    this.filling?.stop();
    this.filling = fillBuckets(this.walker);
    this.onReunited();
  }
}
