import { type NodeId, SynapseError } from "../routing/index.ts";
import type { CapabilityRecord } from "./capability-record.ts";
import { compileQuery, type Query } from "./query/index.ts";
import type { FinderContext } from "./reading.ts";
import { OWN_STORE, Watch, type WatchEvent } from "./watch.ts";

/** Standing queries of one node. */
export const MAX_WATCHES = 64;

export interface StandingOptions {
  readonly onEvent: (event: WatchEvent) => void;
  /** Called each time everything has been read: whether nothing was missing. */
  readonly onRead?: ((complete: boolean) => void) | undefined;
}

/** The standing queries of a node. */
export class Watches {
  private readonly context: FinderContext;
  private readonly running = new Set<Watch>(); // at most MAX_WATCHES
  private number = 0;

  constructor(context: FinderContext) {
    this.context = context;
  }

  /** @throws SynapseError `bad_query`, `too_many`. */
  begin(query: string | Query, options: StandingOptions): { stop(): void } {
    const compiled = compileQuery(query);
    if (this.running.size >= MAX_WATCHES) throw new SynapseError("too_many", `a node watches at most ${MAX_WATCHES} queries`);
    this.number += 1;
    const watch = new Watch(this.context, { ...options, query: compiled, number: this.number });
    this.running.add(watch);
    watch.start();
    return {
      stop: () => {
        watch.stop();
        this.running.delete(watch);
      },
    };
  }

  /** Whether a node was asked to tell of changes under a key. */
  haveAsked(holder: string, key: NodeId): boolean {
    for (const watch of this.running) if (watch.hasAsked(holder, key)) return true;
    return false;
  }

  /** A node that was asked to tell of changes under a key has told of something that was passed over unread. */
  onLost(holder: string, key: NodeId): void {
    for (const watch of this.running) if (watch.hasAsked(holder, key)) watch.onLost();
  }

  /** Whether any of them wants it. Without a holder: it has come into this node's own store. */
  onChanged(key: NodeId, record: CapabilityRecord, holder = OWN_STORE): boolean {
    let wanted = false;
    for (const watch of this.running) if (watch.onChanged(key, record, holder)) wanted = true;
    return wanted;
  }

  stop(): void {
    for (const watch of this.running) watch.stop();
    this.running.clear();
  }
}
