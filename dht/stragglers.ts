import { type Contact, compareDistance, type NodeId } from "../routing/index.ts";
import type { LookupResult } from "./lookup-run.ts";
import type { OverlayResponse } from "./messages.ts";
import { type Peers, type Runtime, type Timer, withRequest } from "./ports.ts";

/** Whoever was passed over as late is waited for until so long after it was asked, ms: three round trips around the world, and slack. */
const PATIENCE_MS = 2_500;

/**
 * Those of a walk that have not answered when it ends: it has passed them over as late, though they may be alive and hold what nobody else
 * does. Whoever wants all hears them out, until they answer or their request has failed.
 */
export class Stragglers {
  private readonly runtime: Pick<Runtime, "now" | "schedule">;
  private readonly target: NodeId;
  private readonly k: number;
  private readonly onLate: (from: Contact, response: OverlayResponse) => void;
  private readonly onSettled: () => void;
  /** Asked and not heard of, by key; at most the requests of a walk. */
  private readonly open = new Map<string, { readonly contact: Contact; readonly askedAt: number }>();
  /** Of these, those that are waited for. */
  private awaited = new Set<string>();
  private isOver = false;
  private patience: Timer | undefined;
  /** Of those who were waited for. */
  failures = 0;
  private result: LookupResult | undefined;

  constructor(
    runtime: Pick<Runtime, "now" | "schedule">,
    target: NodeId,
    k: number,
    onLate: (from: Contact, response: OverlayResponse) => void,
    onSettled: () => void,
  ) {
    this.runtime = runtime;
    this.target = target;
    this.k = k;
    this.onLate = onLate;
    this.onSettled = onSettled;
  }

  /** The same way to others, on which it is seen who answers. */
  listening(peers: Peers): Peers {
    return withRequest(peers, (to, request, timeoutMs, done) => {
      this.open.set(to.key, { contact: to, askedAt: this.runtime.now() });
      peers.request(to, request, timeoutMs, (outcome, reached) => {
        this.open.delete(to.key);
        done(outcome, reached);
        this.heard(to, outcome.kind === "failed" ? undefined : outcome);
      });
    });
  }

  /** The walk has ended. From now on answers count that could matter: from those nearer than the last of its result. */
  begin(result: LookupResult): void {
    const last = result.closest[this.k - 1];
    const matters = ({ contact: { id } }: { readonly contact: Contact }) =>
      last === undefined || compareDistance(this.target, id, last.id) < 0;
    this.isOver = true;
    this.result = result;
    const awaited = [...this.open.values()].filter(matters);
    this.awaited = new Set(awaited.map(({ contact }) => contact.key));
    if (!this.isWaiting) return;
    const askedAt = Math.max(...awaited.map((asked) => asked.askedAt));
    this.patience = this.runtime.schedule(Math.max(0, askedAt + PATIENCE_MS - this.runtime.now()), () => this.giveUp());
  }

  get isWaiting(): boolean {
    return this.awaited.size > 0;
  }

  /** Whether nobody near is left of whom it is not known whether he is there. For those who have failed, others have answered. */
  get isComplete(): boolean {
    if (this.result === undefined || this.isWaiting || this.result.spent) return false;
    return this.result.complete || this.result.closest.length >= this.k || this.result.failed + this.failures === 0;
  }

  /** Whoever is there would have been heard by now. */
  private giveUp(): void {
    this.failures += this.awaited.size;
    this.awaited.clear();
    this.onSettled();
  }

  private heard(from: Contact, response: OverlayResponse | undefined): void {
    if (!this.isOver || !this.awaited.delete(from.key)) return;
    if (response === undefined) this.failures += 1;
    else this.onLate(from, response);
    if (this.isWaiting) return;
    this.patience?.cancel();
    this.onSettled();
  }
}
