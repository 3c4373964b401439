import { type Contact, compareDistance, sameId } from "../routing/index.ts";
import type { Walker } from "./lookup-run.ts";
import type { FindNodeRequest, OverlayResponse } from "./messages.ts";

/** Requests at most: enough to come near the own id in a network of a million. */
const MAX_STEPS = 8;

/**
 * A walk to this node's own neighbourhood that begins with somebody who is not in its table and asks strangers alone, one at a time. In a
 * network that is one it soon meets contacts that are known, and ends after two or three requests. What is left of a network that was cut
 * in two leads to neighbours nobody on this side has heard of.
 */
export class Detour {
  private readonly walker: Walker;
  private readonly request: FindNodeRequest;
  private readonly onDone: (neighbours: number) => void;
  private readonly asked = new Set<string>(); // at most MAX_STEPS
  /** Strangers that were named; at most K for each step. */
  private strangers: Contact[] = [];
  /** Of the known contacts that were named, the nearest to this node. */
  private nearestKnown: Contact | undefined;
  private neighbours = 0;

  /** @param onDone told how many strangers have answered that belong among the k nearest to this node. */
  constructor(walker: Walker, onDone: (neighbours: number) => void) {
    this.walker = walker;
    this.request = { kind: "find_node", target: walker.membership.table.self };
    this.onDone = onDone;
  }

  start(via: Contact): void {
    const { membership, peers, settings } = this.walker;
    const contact = membership.asKnown(via);
    this.asked.add(contact.key);
    peers.request(contact, this.request, settings.requestTimeoutMs, (outcome, reached) => {
      if (outcome.kind !== "failed") this.onAnswered(contact, reached, outcome);
      else membership.failed(contact, outcome); // it may have got a seat meanwhile
      const next = this.asked.size < MAX_STEPS ? this.nextStranger() : undefined;
      if (next === undefined) this.onDone(this.neighbours);
      else this.start(next);
    });
  }

  private onAnswered(contact: Contact, reached: Contact | undefined, response: OverlayResponse): void {
    const { membership } = this.walker;
    if (this.isMissingNeighbour(contact)) this.neighbours += 1;
    membership.answered(contact, reached);
    for (const named of "contacts" in response ? response.contacts : []) {
      if (sameId(named.id, this.request.target)) continue;
      if (!membership.table.has(named)) this.strangers.push(named);
      else if (this.nearestKnown === undefined || this.isNearer(named, this.nearestKnown)) this.nearestKnown = named;
    }
  }

  /** The nearest stranger, if it is nearer than any known contact that was named, or belongs among the neighbours. */
  private nextStranger(): Contact | undefined {
    const { table } = this.walker.membership;
    this.strangers = this.strangers.filter((contact) => !this.asked.has(contact.key) && !table.has(contact));
    const nearest = this.strangers.reduce<Contact | undefined>(
      (best, each) => (best && this.isNearer(best, each) ? best : each),
      undefined,
    );
    if (nearest === undefined) return undefined;
    const leadsOn = this.nearestKnown === undefined || this.isNearer(nearest, this.nearestKnown);
    return leadsOn || this.isMissingNeighbour(nearest) ? nearest : undefined;
  }

  private isMissingNeighbour(contact: Contact): boolean {
    const { membership, settings } = this.walker;
    if (membership.table.has(contact)) return false;
    const farthest = membership.table.closest(this.request.target, settings.k)[settings.k - 1];
    return farthest === undefined || this.isNearer(contact, farthest);
  }

  private isNearer(a: Contact, b: Contact): boolean {
    return compareDistance(this.request.target, a.id, b.id) < 0;
  }
}
