import { type Contact, compareDistance, type NodeId } from "../routing/index.ts";
import type { Walker } from "./lookup-run.ts";
import type { OverlayResponse } from "./messages.ts";

/**
 * Of those that a walk has ended with, so many are asked again, from the nearest to the farthest: whoever comes makes itself known to most.
 */
const WITNESSES = 4;

/**
 * Whether anybody who has not been met may have come among the nearest to a key since a walk to it has ended. A few of the nearest know: it
 * takes one request each, all at once, where a second walk would ask everybody once more. Who does not say so leaves it open.
 */
export function lookForLatecomers(
  { peers, membership, settings }: Walker,
  key: NodeId,
  nearest: readonly Contact[],
  isMet: (contact: Contact) => boolean,
  onDone: (mayHaveCome: boolean, requests: number) => void,
): void {
  const last = nearest[settings.k - 1];
  const matters = ({ id }: Contact) => last === undefined || compareDistance(key, id, last.id) < 0;
  const brings = (answer: OverlayResponse) =>
    answer.kind !== "find_node" || answer.busy === true || answer.contacts.some((contact) => matters(contact) && !isMet(contact));
  const witnesses = someOf(nearest);
  let open = witnesses.length;
  let mayHaveCome = open === 0;
  if (open === 0) onDone(mayHaveCome, 0);
  for (const witness of witnesses)
    peers.request(witness, { kind: "find_node", target: key }, settings.requestTimeoutMs, (outcome, reached) => {
      if (outcome.kind === "failed") membership.failed(witness, outcome);
      else membership.answered(witness, reached);
      if (outcome.kind === "failed" || brings(outcome)) mayHaveCome = true;
      open -= 1;
      if (open === 0) onDone(mayHaveCome, witnesses.length);
    });
}

function someOf(nearest: readonly Contact[]): readonly Contact[] {
  const places = Array.from({ length: WITNESSES }, (_, n) => Math.round((n * (nearest.length - 1)) / (WITNESSES - 1)));
  return [...new Set(places)].flatMap((place) => nearest[place] ?? []);
}
