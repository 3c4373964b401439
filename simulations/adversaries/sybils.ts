import type { SpecOf } from "./adversary-spec.ts";
import type { Scheme } from "./scheme.ts";

/** Hosts with one id after the other (Douceur, The Sybil attack, 2002), none of which stays: tables fill with what is gone. */
export function sybils({ sessionMs }: SpecOf<"sybils">): Scheme {
  return { sessionMs };
}
