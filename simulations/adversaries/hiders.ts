import { type FindRecordsResponse, MAX_SPLIT } from "../../dht/index.ts";
import { toHex } from "../../routing/index.ts";
import type { SpecOf } from "./adversary-spec.ts";
import { keysOf, type Plot, type Scheme } from "./scheme.ts";

/** Holders that do not give what they hold: the denial of the index in KAD (Steiner, En-Najjary, Biersack 2007). */
export function hiders({ world }: Plot, { how = "hide", capability }: SpecOf<"hiders">): Scheme {
  const keys = capability === undefined ? undefined : keysOf(world.options.swarm, capability);
  let pages = 0;
  return {
    answer: (_, request, honest) => {
      const answer = honest();
      if (request.kind !== "find_records" || answer.kind !== "find_records") return answer;
      if (keys !== undefined && !keys.has(toHex(request.key))) return answer;
      pages += 1;
      return withheld(how, answer, pages);
    },
  };
}

function withheld(how: NonNullable<SpecOf<"hiders">["how"]>, answer: FindRecordsResponse, page: number): FindRecordsResponse {
  switch (how) {
    case "hide":
      return { ...answer, records: [], more: undefined, split: 0 };
    case "truncate":
      return { ...answer, records: answer.records.slice(0, 1), more: undefined, split: 0 };
    case "endless":
      return { ...answer, more: `${page}` }; // sorts before every id, so that it begins anew
    case "split":
      return { ...answer, records: [], more: undefined, split: MAX_SPLIT };
  }
}
