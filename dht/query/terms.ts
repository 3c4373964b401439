import { messageOf, type SynapseError } from "../../routing/index.ts";
import { assertCapabilityName, isCapabilityName } from "../capability-key.ts";
import { ATTRIBUTE_NAME } from "../capability-record.ts";
import { MAX_VALUE_CHARS, OPERATORS, type Query, TEXT_FIELDS, type Term } from "./query.ts";
import { readShape } from "./shape.ts";

export interface TermFault {
  readonly what: string;
  readonly hint?: string | undefined;
}

/** A word that stands in a count: `2 of (…)`. As the name of a capability it is written with an @. */
const RESERVED = "of";

/** What is wrong with a word or comparison, or undefined. Groups have nothing wrong of their own. */
export function faultOfTerm(term: Query, text: string): TermFault | undefined {
  switch (term.kind) {
    case "word":
      return faultOfWord(term.name, text);
    case "offers":
    case "below":
      return isCapabilityName(term.name) ? undefined : notAName(term.name, term.name);
    case "compare":
      return faultOfComparison(term);
    default:
      return undefined;
  }
}

function faultOfWord(name: string, text: string): TermFault | undefined {
  if (name === RESERVED)
    return { what: `${RESERVED} stands in counts: 2 of (a, b, c)`, hint: `a capability of that name is written @${RESERVED}` };
  return isCapabilityName(name) || ATTRIBUTE_NAME.test(name) ? undefined : notAName(name, text);
}

/** @param text what may have been meant: `Code Review` for `Code`. */
function notAName(name: string, text: string): TermFault {
  const what = `not a capability name: ${JSON.stringify(name.slice(0, 100))}`;
  try {
    assertCapabilityName(/^[\p{L}\p{N}\s_/-]+$/u.test(text) ? text : name);
  } catch (error) {
    return { what, hint: (error as SynapseError).hint ?? messageOf(error) };
  }
  return { what };
}

function faultOfComparison({ field, operator, value }: Extract<Term, { kind: "compare" }>): TermFault | undefined {
  if (!ATTRIBUTE_NAME.test(field)) return { what: `not the name of an attribute: ${JSON.stringify(String(field).slice(0, 40))}` };
  if (!OPERATORS.includes(operator))
    return { what: `not an operator: ${JSON.stringify(String(operator).slice(0, 10))}`, hint: `one of ${OPERATORS.join(" ")}` };
  if (TEXT_FIELDS.has(field) && typeof value !== "string")
    return { what: `${field} is compared with text`, hint: `${field}${operator}"${value}"` };
  if (typeof value === "string" && value.length > MAX_VALUE_CHARS)
    return { what: `${field} is compared with at most ${MAX_VALUE_CHARS} characters` };
  if (typeof value === "number" && !Number.isFinite(value)) return { what: `${field} is compared with a number that is none` };
  if (!["string", "number", "boolean"].includes(typeof value)) return { what: `${field} is compared with text, a number, true or false` };
  return field === "accepts" || field === "returns" ? faultOfShape(field, operator, value as string) : faultOfOrder(field, operator, value);
}

function faultOfOrder(field: string, operator: string, value: unknown): TermFault | undefined {
  const isOrder = operator !== "=" && operator !== "!=";
  return isOrder && typeof value === "boolean"
    ? { what: `${field} cannot be more or less than ${value}`, hint: `write ${field}=${value}` }
    : undefined;
}

function faultOfShape(field: string, operator: string, value: string): TermFault | undefined {
  if (operator !== "=") return { what: `${field} is compared with = alone`, hint: `for those that do not: !${field}=${value}` };
  const shape = readShape(value);
  return typeof shape === "string"
    ? { what: `${field}: ${shape}`, hint: `a shape is written ${field}={text:string, limit?:integer}` }
    : undefined;
}
