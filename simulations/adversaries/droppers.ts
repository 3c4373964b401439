import type { OverlayRequest, OverlayResponse } from "../../dht/index.ts";
import { type Contact, K, type NodeId } from "../../routing/index.ts";
import { nearestOf } from "../engine/nearest.ts";
import type { SimNode } from "../engine/world.ts";
import type { Plot, Scheme } from "./scheme.ts";

/**
 * Nodes that take part in everything and lead nowhere: the adversaries of S/Kademlia (Baumgart and Mies 2007, section 3), and of Castro
 * et al. (Secure routing for structured peer-to-peer overlay networks, 2002).
 */
export function droppers(plot: Plot): Scheme {
  return { answer: (self, request, honest) => dropped(plot, self, request) ?? honest() };
}

/** What a dropper answers; undefined where it has no reason to lie. */
export function dropped(plot: Plot, self: SimNode, request: OverlayRequest): OverlayResponse | undefined {
  switch (request.kind) {
    case "ping":
    case "changed":
    case "hint":
      return undefined;
    case "find_node":
      return { kind: "find_node", contacts: accomplices(plot, self, request.target) };
    case "find_records":
      return { kind: "find_records", records: [], more: undefined, split: 0, contacts: accomplices(plot, self, request.key) };
    case "store":
      return { kind: "store", outcome: "stored", split: undefined, reason: undefined };
    case "watch":
      return { kind: "watch", outcome: "renewed", leaseMs: request.leaseMs };
  }
}

function accomplices({ members }: Plot, self: SimNode, target: NodeId): readonly Contact[] {
  const others = members.filter((member) => member !== self && member.isAlive);
  return nearestOf(others, target, K).map(({ contact }) => contact);
}
