import { checkQuery } from "./check.ts";
import { type Clause, clausesOf } from "./clauses.ts";
import { badQuery, faultAt } from "./fault.ts";
import { formatQuery } from "./format.ts";
import { parseQuery } from "./parser.ts";
import type { Query } from "./query.ts";

/** A query made ready. */
export interface CompiledQuery {
  readonly query: Query;
  /** As it was written, or would be. */
  readonly text: string;
  readonly clauses: readonly Clause[];
}

/**
 * Reads a query and works out what it means.
 * @throws SynapseError `bad_query`; of a text it shows the place.
 */
export function compileQuery(given: string | Query): CompiledQuery {
  if (typeof given !== "string") {
    const query = checkQuery(given);
    return { query, text: formatQuery(query), clauses: clausesOf(query) };
  }
  const { query, text, places } = parseQuery(given);
  const clauses = clausesOf(query, (at, what, hint) => {
    const place = places.get(at);
    return place === undefined ? badQuery(what, hint) : faultAt(text, place, what, hint);
  });
  return { query, text, clauses };
}
