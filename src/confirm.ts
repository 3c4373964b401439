import pLimit from "p-limit";
import { type Comparison, compileQuery, gives, type Match, type Query, readShape, takes } from "../dht/index.ts";
import { messageOf } from "./errors.ts";
import { isMap } from "./rpc/messages.ts";
import { shapeOfSchema } from "./schema-shape.ts";

/** Agents asked at once. */
const MAX_ASKED = 8;

/** A match that did not stand up to being asked itself. */
export interface Unconfirmed {
  readonly match: Match;
  readonly why: string;
}

export interface Confirmed {
  readonly matches: readonly Match[];
  readonly unconfirmed: readonly Unconfirmed[];
}

/**
 * Asks each agent for the whole schemas of which its record carries the shape, and compares again. They are read as data: nothing of a
 * stranger's schema, neither code nor a regular expression, is ever run.
 * @param capabilitiesOf what `_agent.capabilities` of an agent answers.
 */
export async function confirm(
  query: string | Query,
  matches: readonly Match[],
  capabilitiesOf: (match: Match) => Promise<unknown>,
): Promise<Confirmed> {
  const limit = pLimit(MAX_ASKED);
  const alternatives = compileQuery(query).clauses.map(({ conditions }) => conditions.filter(isAboutSchema));
  const verdicts = await Promise.all(
    matches.map((match) => limit(async () => ({ match, why: await faultOf(match, alternatives, capabilitiesOf) }))),
  );
  return {
    matches: verdicts.flatMap(({ match, why }) => (why === undefined ? [match] : [])),
    unconfirmed: verdicts.flatMap(({ match, why }) => (why === undefined ? [] : [{ match, why }])),
  };
}

function isAboutSchema(condition: { readonly kind: string }): condition is { readonly kind: "compare" } & Comparison {
  return condition.kind === "compare" && "field" in condition && (condition.field === "accepts" || condition.field === "returns");
}

async function faultOf(
  match: Match,
  alternatives: readonly (readonly Comparison[])[],
  capabilitiesOf: (match: Match) => Promise<unknown>,
): Promise<string | undefined> {
  const { record } = match;
  if (alternatives.some(({ length }) => length === 0)) return undefined;
  let answer: unknown;
  try {
    answer = await capabilitiesOf(match);
  } catch (error) {
    return messageOf(error);
  }
  const own = Array.isArray(answer) ? answer.find((item) => isMap(item) && item["name"] === record.capability) : undefined;
  if (!isMap(own)) return `it does not name ${record.capability} among what it can do`;
  return alternatives.some((comparisons) => comparisons.every((comparison) => fits(own, comparison)))
    ? undefined
    : "its whole schema does not fit";
}

function fits(capability: Record<string, unknown>, { field, value, negated }: Comparison): boolean {
  const asked = readShape(String(value));
  if (typeof asked === "string") return negated;
  const fitting =
    field === "accepts"
      ? takes(shapeOfSchema(capability["input_schema"]), asked)
      : gives(shapeOfSchema(capability["output_schema"]), asked);
  return fitting !== negated;
}
