import type { Failed, OverlayRequest, OverlayResponse } from "../../../dht/index.ts";
import { type Contact, compareDistance, K, type NodeId } from "../../../routing/index.ts";
import type { Inside } from "../../engine/observer.ts";
import type { SimNode } from "../../engine/world.ts";
import type { Report } from "./invariant.ts";
import { everybodyIn } from "./seats.ts";

/** One answer in so many is compared with the whole table; the others only for what they name. */
const COMPARED = 8;

/** Whom one life of a node has met. At most one entry for each node of the world. */
interface Met {
  /** Address at which each has answered. */
  readonly proved: Map<string, string | undefined>;
  /** Those whose last answer to a walk or a challenge never came. */
  readonly missed: Set<string>;
}

/** Keeps account of who has answered whom, and holds what nodes tell others about it against that. */
export class Acquaintances {
  private readonly met = new WeakMap<Inside, Met>();
  private readonly report: Report;
  private answers = 0;

  constructor(report: Report) {
    this.report = report;
  }

  onProved(asker: SimNode, contact: Contact): void {
    const { proved, missed } = this.metBy(asker);
    proved.set(contact.key, contact.addresses[0]);
    missed.delete(contact.key);
  }

  onOutcome(asker: SimNode, to: Contact, request: OverlayRequest, outcome: OverlayResponse | Failed, reached: Contact | undefined): void {
    if (outcome.kind !== "failed") {
      if (reached !== undefined) this.onProved(asker, reached);
      else this.metBy(asker).missed.delete(to.key);
    } else if (outcome.reason !== "refused" && countsAsMiss(request)) this.metBy(asker).missed.add(to.key);
  }

  onServed(giver: SimNode, asker: SimNode, request: OverlayRequest, response: OverlayResponse): void {
    if (!("contacts" in response) || (request.kind !== "find_node" && request.kind !== "find_records")) return;
    const target = request.kind === "find_node" ? request.target : request.key;
    const { contacts } = response;
    for (const contact of contacts) this.checkNamed(giver, contact);
    this.checkOrder(giver, asker, target, contacts);
    this.answers += 1;
    const isFirstPage = request.kind === "find_node" || request.after === undefined;
    if (response.kind === "find_node" && response.busy) return; // it names fewer than it knows, and says so
    if (request.kind === "find_records" && request.relay) return; // put together before another was asked: the table may have changed since
    if (isFirstPage && this.answers % COMPARED === 0) this.compare(giver, asker, target, contacts);
  }

  /** Everybody in a table has answered this very life of the node. */
  checkTable(node: SimNode): void {
    const { table } = node.inside.membership;
    const { proved } = this.metBy(node);
    for (let index = 0; index < table.depth; index++) {
      const bucket = table.bucket(index);
      for (const { key, addresses } of bucket === undefined ? [] : everybodyIn(bucket))
        if (!proved.has(key) || proved.get(key) !== addresses[0])
          this.report("proved", node, `${key} is in its table, and never answered at ${addresses[0]}`);
    }
  }

  private checkNamed(giver: SimNode, { key, addresses }: Contact): void {
    const { proved, missed } = this.metBy(giver);
    if (!proved.has(key) || proved.get(key) !== addresses[0])
      this.report("proved", giver, `it names ${key}, who never answered it at ${addresses[0]}`);
    if (missed.has(key)) this.report("missed", giver, `it names ${key}, who did not answer when last asked`);
  }

  private checkOrder(giver: SimNode, asker: SimNode, target: NodeId, contacts: readonly Contact[]): void {
    if (contacts.length > K) this.report("nearest", giver, `it names ${contacts.length} contacts in one answer`);
    if (contacts.some(({ key }) => key === asker.contact.key)) this.report("nearest", giver, `it names ${asker.contact.key} to itself`);
    if (!isSorted(target, contacts)) this.report("nearest", giver, "an answer is not in the order of distance");
  }

  private compare(giver: SimNode, asker: SimNode, target: NodeId, contacts: readonly Contact[]): void {
    const { table } = giver.inside.membership;
    const known: Contact[] = []; // those of the table
    for (let index = 0; index < table.depth; index++) known.push(...(table.bucket(index)?.healthy.contacts ?? []));
    const others = known.filter(({ key }) => key !== asker.contact.key).sort((a, b) => compareDistance(target, a.id, b.id));
    const right = others.slice(0, K);
    if (right.length !== contacts.length || right.some(({ key }, place) => contacts[place]?.key !== key))
      this.report("nearest", giver, `it knows nearer contacts than the ${contacts.length} that it names`);
  }

  private metBy({ inside }: SimNode): Met {
    let met = this.met.get(inside);
    if (met === undefined) {
      met = { proved: new Map(), missed: new Set() };
      this.met.set(inside, met);
    }
    return met;
  }
}

export function isSorted(target: NodeId, contacts: readonly Contact[]): boolean {
  return contacts.every(({ id }, place) => place === 0 || compareDistance(target, (contacts[place - 1] as Contact).id, id) < 0);
}

/** Whoever does not store, watch, or give a further page may keep its seat: only walks and challenges decide about that. */
function countsAsMiss(request: OverlayRequest): boolean {
  switch (request.kind) {
    case "find_records":
      return request.after === undefined;
    case "find_node":
    case "ping":
      return true;
    default:
      return false;
  }
}
