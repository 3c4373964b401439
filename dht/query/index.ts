/** What agents are asked for: the language of queries, what one means, and how it is answered. No I/O, no clock. */
export { foundBy, type Known, type Verdict, verdictOf } from "./agent.ts";
export { checkQuery } from "./check.ts";
export { type Clause, type Complain, type Condition, MAX_CLAUSES, type Pattern } from "./clauses.ts";
export { type Comparison, fieldOf, holdsOf } from "./comparison.ts";
export { type CompiledQuery, compileQuery } from "./compile.ts";
export { formatQuery } from "./format.ts";
export { bareValue, type Parsed, parseQuery } from "./parser.ts";
export { namesIn, type Plan, planOf, whereFor } from "./plan.ts";
export { MAX_NESTING, MAX_QUERY_CHARS, MAX_TERMS, MAX_VALUE_CHARS, OPERATORS, type Operator, type Query, type Term } from "./query.ts";
export {
  FIELD_NAME,
  formatShape,
  gives,
  MAX_SHAPE_CHARS,
  MAX_SHAPE_DEPTH,
  MAX_SHAPE_FIELDS,
  readShape,
  type Shape,
  takes,
} from "./shape.ts";
export { faultOfTerm } from "./terms.ts";
export { compareVersions } from "./version.ts";
export {
  admits,
  chunksOfPublishers,
  MAX_WHERE_COMPARISONS,
  MAX_WHERE_PUBLISHERS,
  ofPublishers,
  PUBLISHER_BYTES,
  sieveOf,
  type Where,
} from "./where.ts";
export { whyNot } from "./why.ts";
