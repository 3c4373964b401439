import { MAX_REQUESTS, type OverlayRequest } from "../../../dht/index.ts";
import type { Contact } from "../../../routing/index.ts";
import type { SimNode } from "../../engine/world.ts";
import type { Report } from "./invariant.ts";

/**
 * Counts whom each walk asks. All requests of a walk are one object, or two where some are to be passed on, which tells it from others.
 * Whoever is not reached may be tried again at another address that somebody named.
 */
export class Walks {
  private readonly asked = new WeakMap<OverlayRequest, Set<string>>(); // keys with addresses; at most MAX_REQUESTS each, or it is reported
  private readonly report: Report;

  constructor(report: Report) {
    this.report = report;
  }

  onSent(asker: SimNode, to: Contact, request: OverlayRequest): void {
    if (!isOfWalk(request)) return;
    const asked = this.asked.get(request) ?? new Set();
    this.asked.set(request, asked);
    const place = `${to.key} at ${to.addresses[0]}`;
    if (asked.has(place)) this.report("budget", asker, `one walk asks ${place} twice`);
    if (to.key === asker.contact.key) this.report("budget", asker, "it asks itself");
    asked.add(place);
    if (asked.size > MAX_REQUESTS) this.report("budget", asker, `one walk sends ${asked.size} requests, ${MAX_REQUESTS} is the most`);
  }
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
