import type { OverlayRequest, OverlayResponse } from "../../dht/index.ts";
import { type Contact, idInBucket, K, makeContact, type NodeId } from "../../routing/index.ts";
import { nearestOf } from "../engine/nearest.ts";
import type { SpecOf } from "./adversary-spec.ts";
import type { Plot, Scheme } from "./scheme.ts";

/** Leading bits that an invented id shares with the target: nearer than anybody in a network that can be simulated. */
const INVENTED_BITS = 40;
/** The latest nodes among which dead ones are looked for. */
const RECENT_NODES = 5_000;
/** Documentation addresses (RFC 5737): nobody has one. */
const nowhere = (n: number) => `tcp://203.0.113.${1 + (n % 254)}:${1 + (n % 65_535)}`;

type Lie = NonNullable<SpecOf<"liars">["names"]>;
const LIES: readonly Lie[] = ["nobody", "dead", "misplaced"];

/** Nodes that fill their answers with contacts which lead nowhere (routing table poisoning: Naoumov and Ross 2006 for Overnet). */
export function liars(plot: Plot, { names }: SpecOf<"liars">): Scheme {
  const { random } = plot;
  return {
    answer: (_, request, honest) => {
      const answer = honest();
      const target = targetOf(request);
      if (target === undefined || !("contacts" in answer)) return answer;
      return { ...answer, contacts: lies(plot, names ?? random.pick(LIES), target) } satisfies OverlayResponse;
    },
  };
}

function targetOf(request: OverlayRequest): NodeId | undefined {
  if (request.kind === "find_node") return request.target;
  return request.kind === "find_records" && request.after === undefined ? request.key : undefined;
}

function lies(plot: Plot, lie: Lie, target: NodeId): Contact[] {
  const { random, oracle, world } = plot;
  switch (lie) {
    case "nobody":
      return Array.from({ length: K }, (_, n) => invented(plot, target, n));
    case "dead": {
      const gone = world.nodes.slice(-RECENT_NODES).filter((node) => !node.isAlive);
      const nearest = nearestOf(gone, target, K).map(({ contact }) => contact);
      return nearest.length > 0 ? nearest : lies(plot, "nobody", target); // nobody has died yet
    }
    case "misplaced":
      return nearestOf(oracle.live, target, K).map(({ id }) => makeContact(id, random.pick(oracle.live).contact.addresses));
  }
}

function invented({ random }: Plot, target: NodeId, n: number): Contact {
  return makeContact(idInBucket(target, INVENTED_BITS + n, random.bytes(32)), [nowhere(random.integer(2 ** 16))]);
}

/** An address at which nobody listens. */
export function addressOfNobody({ random }: Plot): string {
  return nowhere(random.integer(2 ** 16));
}
