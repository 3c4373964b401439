import { type Contact, type NodeId, toHex } from "../routing/index.ts";
import { GrowingWait } from "./growing-wait.ts";
import type { KeyReader } from "./key-reader.ts";
import type { OverlayResponse, WatchRequest } from "./messages.ts";
import type { Failed } from "./ports.ts";
import type { Where } from "./query/index.ts";
import type { FinderContext } from "./reading.ts";

/**
 * Of the holders of a key, those nearest to it are asked to tell of changes: enough that losing all of them between two renewals is rare.
 */
const HOLDERS = 5;
/** How long a holder is to remember, ms: twice it may miss being reminded. */
const LEASE_MS = 120_000;
/**
 * So often in a row a holder must renew a lease before what it did not tell counts as the first time again: one that does so every other
 * time is no better.
 */
const CALM_AFTER = 4;

interface Lease {
  readonly holder: Contact;
  readonly key: NodeId;
  readonly name: string;
  /**
   * How soon to read what its holder does not tell: neither a flood of leases nor a holder that always has missed something is to have
   * whole keys read for ever.
   */
  readonly untold: GrowingWait;
  /** How often in a row it was renewed. */
  renewals: number;
}

export interface WatchLeaseOptions {
  /** Tells this node's watches apart at the holders. */
  readonly number: number;
  readonly whereFor: (name: string) => Where | undefined;
  /** A change may have gone untold: everything is to be read again so long after it was last read, ms, at the latest. */
  readonly onGap: (withinMs: number) => void;
  /** All holders have answered, or will not. */
  readonly onAsked: () => void;
  /** How soon at first, and how soon at the latest where a holder says again and again that it did not tell, or will not. */
  readonly soonMs: number;
  readonly latestMs: number;
}

/** Who is to tell a watch of changes: the holders nearest to each of its keys, for as long as it reminds them. */
export class WatchLeases {
  private readonly context: FinderContext;
  private readonly options: WatchLeaseOptions;
  /** By holder and key; at most {@link HOLDERS} for each key. */
  private leases = new Map<string, Lease>();
  private ended = false;

  constructor(context: FinderContext, options: WatchLeaseOptions) {
    this.context = context;
    this.options = options;
  }

  /** Whether a node was asked to tell of changes under a key. */
  isAsked(holder: string, key: NodeId): boolean {
    return this.leases.has(idOf(holder, key));
  }

  /** The holders may be others than last time. */
  takeAnew(readers: readonly KeyReader[]): void {
    const before = this.leases;
    const { soonMs, latestMs } = this.options;
    this.leases = new Map();
    for (const reader of readers) {
      for (const { key, holders } of reader.holders()) {
        for (const holder of holders.slice(0, HOLDERS)) {
          const id = idOf(holder.key, key);
          const untold = new GrowingWait(soonMs, latestMs);
          this.leases.set(id, before.get(id) ?? { holder, key, name: reader.name, untold, renewals: 0 });
        }
      }
    }
    this.renew();
  }

  renew(): void {
    const { peers, settings } = this.context;
    let unanswered = this.leases.size;
    for (const lease of this.leases.values()) {
      peers.request(lease.holder, this.requestFor(lease), settings.requestTimeoutMs, (outcome) => {
        unanswered -= 1;
        if (this.ended) return;
        this.onRenewed(lease, outcome);
        if (unanswered === 0) this.options.onAsked();
      });
    }
  }

  stop(): void {
    this.ended = true;
  }

  private requestFor({ key, name }: Lease): WatchRequest {
    const { number, whereFor } = this.options;
    const where = whereFor(name);
    return { kind: "watch", key, number, leaseMs: LEASE_MS, ...(where && { where }) };
  }

  /** Between reading and lease something may have changed; and whoever has lost a lease, or refuses one, has told nothing since. */
  private onRenewed(lease: Lease, outcome: OverlayResponse | Failed): void {
    if (outcome.kind === "watch" && outcome.outcome === "renewed") {
      lease.renewals += 1;
      if (lease.renewals >= CALM_AFTER) lease.untold.reset();
    } else {
      lease.renewals = 0;
      this.options.onGap(lease.untold.next());
    }
  }
}

function idOf(holder: string, key: NodeId): string {
  return `${holder} ${toHex(key)}`;
}
