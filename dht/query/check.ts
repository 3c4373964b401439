import { badQuery } from "./fault.ts";
import { formatQuery } from "./format.ts";
import { MAX_NESTING, MAX_QUERY_CHARS, MAX_TERMS, type Query, type Word } from "./query.ts";
import { faultOfTerm } from "./terms.ts";

/**
 * A query that came as an object: nothing else than it should be, and groups of one part replaced by it.
 * @throws SynapseError `bad_query`.
 */
export function checkQuery(query: Query): Query {
  const left = { terms: MAX_TERMS };
  const checked = part(query, 0, left);
  if (formatQuery(checked).length > MAX_QUERY_CHARS) throw badQuery(`written out, a query takes at most ${MAX_QUERY_CHARS} characters`);
  return checked;
}

function part(query: Query, depth: number, left: { terms: number }): Query {
  if (depth > MAX_NESTING) throw badQuery(`groups are nested at most ${MAX_NESTING} deep`);
  if (typeof query !== "object" || query === null)
    throw badQuery("a part of the query is no object", 'such as { kind: "word", name: "code-review" }');
  switch (query.kind) {
    case "word":
    case "offers":
    case "below":
    case "compare":
      return term(query, left);
    case "not":
      return { kind: "not", of: part(query.of, depth + 1, left) };
    case "all":
    case "any": {
      const of = parts(query, depth, left);
      return of.length === 1 ? (of[0] as Query) : { kind: query.kind, of };
    }
    case "some":
      return some(query.least, parts(query, depth, left));
    default:
      throw badQuery(`a part of the query is of no kind that is known: ${JSON.stringify((query as { kind?: unknown }).kind)}`);
  }
}

function parts({ kind, of }: { readonly kind: string; readonly of: readonly Query[] }, depth: number, left: { terms: number }): Query[] {
  if (!Array.isArray(of) || of.length === 0) throw badQuery(`${kind} of nothing`);
  return of.map((each) => part(each, depth + 1, left));
}

function some(least: number, of: readonly Query[]): Query {
  if (!Number.isInteger(least) || least < 1 || least > of.length) throw badQuery(`${least} of ${of.length} cannot be asked for`);
  return { kind: "some", least, of };
}

function term(query: Query, left: { terms: number }): Query {
  left.terms -= 1;
  if (left.terms < 0) throw badQuery(`a query has at most ${MAX_TERMS} words and comparisons`);
  if (typeof ("field" in query ? query.field : (query as Word).name) !== "string") throw badQuery(`a ${query.kind} has no name`);
  const fault = faultOfTerm(query, formatQuery(query));
  if (fault !== undefined) throw badQuery(fault.what, fault.hint);
  return query.kind === "compare" && query.value === 0 ? { ...query, value: 0 } : { ...query }; // −0 is written as 0
}
