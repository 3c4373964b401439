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

interface Lease {
  readonly holder: Contact;
  readonly key: NodeId;
  readonly name: string;
  /** How soon to read what its holder, refusing, does not tell: a flood of leases must not have everybody read whole keys for ever. */
  readonly refused: GrowingWait;
}

export interface WatchLeaseOptions {
  /** Tells this node's watches apart at the holders. */
  readonly number: number;
  readonly whereFor: (name: string) => Where | undefined;
  /** A change may have gone untold: everything is to be read again so long after it was last read, ms, at the latest. */
  readonly onGap: (withinMs: number) => void;
  /** All holders have answered, or will not. */
  readonly onAsked: () => void;
  /** How soon at first, and how soon where a holder says for the n-th time that it will not tell. */
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
          const refused = new GrowingWait(soonMs, latestMs);
          this.leases.set(id, before.get(id) ?? { holder, key, name: reader.name, refused });
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

  private onRenewed({ refused }: Lease, outcome: OverlayResponse | Failed): void {
    const told = outcome.kind === "watch" ? outcome.outcome : "full";
    if (told === "renewed" || told === "begun" || told === "missed") {
      refused.reset();
      // Between reading and lease something may have changed; and whoever has lost a lease has told nothing since.
      if (told !== "renewed") this.options.onGap(this.options.soonMs);
    } else this.options.onGap(refused.next());
  }
}

function idOf(holder: string, key: NodeId): string {
  return `${holder} ${toHex(key)}`;
}
