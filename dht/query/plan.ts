import { ATTRIBUTE_NAME } from "../capability-record.ts";
import type { Clause, Condition } from "./clauses.ts";
import type { Comparison } from "./comparison.ts";
import { MAX_WHERE_COMPARISONS, type Where } from "./where.ts";

/**
 * Which names a query has to read. Each alternative needs one of its capabilities read whole; all further ones are asked about by agent.
 */
export interface Plan {
  /** Must be read: the only capability of an alternative. */
  readonly required: ReadonlySet<string>;
  /** Of each of these one must be read: that of which there are fewest. */
  readonly choices: readonly (readonly string[])[];
}

export function planOf(clauses: readonly Clause[]): Plan {
  const named = clauses.map(({ offers }) => [...new Set(offers.map(({ name }) => name))]);
  const required = new Set(named.flatMap((names) => (names.length === 1 ? names : []))); // at most one for each clause
  const choices = named.filter((names) => !names.some((name) => required.has(name)));
  return { required, choices };
}

/** Every name on which the answer may depend. */
export function namesIn(clauses: readonly Clause[]): Set<string> {
  const names = new Set<string>(); // at most the words of the query
  for (const { offers, conditions } of clauses) {
    for (const { name } of offers) names.add(name);
    for (const condition of conditions) {
      if (condition.kind === "word") names.add(condition.name);
      if (condition.kind === "lacks") names.add(condition.pattern.name);
    }
  }
  return names;
}

/** What holders of a name can sort out beforehand; undefined where they must give everything. */
export function whereFor(name: string, clauses: readonly Clause[]): Where | undefined {
  if (clauses.some(({ conditions }) => conditions.some((condition) => isAbout(condition, name)))) return undefined;
  const any = clauses
    .filter(({ offers }) => offers.some((pattern) => pattern.name === name))
    .map(({ conditions }) => conditions.flatMap(comparisonOf));
  const count = any.reduce((sum, { length }) => sum + length, 0);
  if (count > MAX_WHERE_COMPARISONS || any.some(({ length }) => length === 0)) return undefined;
  return { any, publishers: [] };
}

/** Whether it matters that an agent has anything under the name at all. */
function isAbout(condition: Condition, name: string): boolean {
  return (condition.kind === "word" && condition.name === name) || (condition.kind === "lacks" && condition.pattern.name === name);
}

/** What a condition demands of the record alone. */
function comparisonOf(condition: Condition): Comparison[] {
  if (condition.kind === "compare") {
    const { field, operator, value, negated } = condition;
    return [{ field, operator, value, negated }];
  }
  if (condition.kind !== "word" || !condition.negated || !ATTRIBUTE_NAME.test(condition.name)) return [];
  return [{ field: condition.name, operator: "=", value: true, negated: true }];
}
