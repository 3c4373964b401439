import type { AttributeValue } from "../capability-record.ts";
import { bareValue } from "./parser.ts";
import { type ComparisonTerm, type Query, TEXT_FIELDS } from "./query.ts";

/** A query as text: what `parseQuery` makes the same query of. */
export function formatQuery(query: Query): string {
  switch (query.kind) {
    case "word":
      return query.name;
    case "offers":
      return `@${query.name}`;
    case "below":
      return `${query.name}/*`;
    case "compare":
      return formatComparison(query);
    case "not":
      return `!${inGroup(query.of, "any", "all")}`;
    case "all":
      return query.of.map((part) => inGroup(part, "any", "all")).join(" ");
    case "any":
      return query.of.map((part) => inGroup(part, "any")).join(" | ");
    case "some":
      return `${query.least} of (${query.of.map(formatQuery).join(", ")})`;
  }
}

/** In parentheses where it would be read as part of what is around it. */
function inGroup(query: Query, ...kinds: readonly Query["kind"][]): string {
  return kinds.includes(query.kind) ? `(${formatQuery(query)})` : formatQuery(query);
}

export function formatComparison({ field, operator, value }: Omit<ComparisonTerm, "kind">): string {
  return `${field}${operator}${formatValue(field, value)}`;
}

function formatValue(field: string, value: AttributeValue): string {
  if (typeof value !== "string") return String(value);
  if ((field === "accepts" || field === "returns") && value.startsWith("{")) return value;
  const isBare = /^[^\s()|,!@"<>={}]+$/.test(value) && (TEXT_FIELDS.has(field) || bareValue(value) === value);
  return isBare ? value : JSON.stringify(value);
}
