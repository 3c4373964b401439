import { MAX_REQUESTS, type OverlayRequest } from "../../../dht/index.ts";
import type { Contact } from "../../../routing/index.ts";
import type { SimNode } from "../../engine/world.ts";
import type { Report } from "./invariant.ts";

/**
 * Counts whom each walk asks. {@link walkOf} tells walks apart. Whoever is not reached may be tried again at another address that somebody
 * named.
 */
export class Walks {
  private readonly asked = new WeakMap<object, Set<string>>(); // keys with addresses; at most MAX_REQUESTS each, or it is reported
  private readonly report: Report;

  constructor(report: Report) {
    this.report = report;
  }

  onSent(asker: SimNode, to: Contact, request: OverlayRequest): void {
    if (!isOfWalk(request)) return;
    const walk = walkOf(asker, request);
    const asked = this.asked.get(walk) ?? new Set();
    this.asked.set(walk, asked);
    const place = `${to.key} at ${to.addresses[0]}`;
    if (asked.has(place)) this.report("budget", asker, `one walk asks ${place} twice`);
    if (to.key === asker.contact.key) this.report("budget", asker, "it asks itself");
    asked.add(place);
    if (asked.size > MAX_REQUESTS) this.report("budget", asker, `one walk sends ${asked.size} requests, ${MAX_REQUESTS} is the most`);
  }
}

/** Walks for records, by key, who asks and filter. */
const searching = new WeakMap<Uint8Array, Map<SimNode, Map<unknown, object>>>();

/**
 * The walk that a request belongs to. Those for nodes are one object; those for records have in common their key, what is to be sorted out
 * and who asks: whoever passes one on asks for the same key.
 */
export function walkOf(asker: SimNode, request: OverlayRequest): object {
  if (request.kind !== "find_records") return request;
  const byAsker = searching.get(request.key) ?? new Map<SimNode, Map<unknown, object>>();
  const byFilter = byAsker.get(asker) ?? new Map<unknown, object>();
  const walk = byFilter.get(request.where) ?? {};
  byFilter.set(request.where, walk);
  searching.set(request.key, byAsker.set(asker, byFilter));
  return walk;
}

export function isOfWalk(request: OverlayRequest): boolean {
  return request.kind === "find_node" || (request.kind === "find_records" && request.after === undefined);
}

/**
 * Requests that a lookup among honest nodes may take, those that failed or were late not counted. Everyone asked is, at that moment,
 * among the k nearest that are known; a node asked names the nearest that it knows, and these share at least one bit more with the target
 * than it does. So no more than k are asked for each bit by which the k nearest are ahead of those it began with, k nearest themselves
 * included, and the alpha that were under way when the last of these was heard of.
 */
export function lookupBudget(nodes: number, k: number, alpha: number): number {
  const bits = Math.ceil(Math.log2(Math.max(1, nodes / k)));
  return Math.min(MAX_REQUESTS, k * (1 + bits) + alpha);
}
