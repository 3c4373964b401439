import type { SpecOf } from "./adversary-spec.ts";
import type { Plot, Scheme } from "./scheme.ts";

/**
 * Nodes that cost whoever asks them the whole timeout: one that does not answer at all is soon forgotten, one that does now and then is
 * not.
 */
export function silent({ random }: Plot, { rate = 1 }: SpecOf<"silent">): Scheme {
  return { answer: (_self, _request, honest) => (random.next() < rate ? undefined : honest()) };
}
