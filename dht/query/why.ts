import type { CapabilityRecord } from "../capability-record.ts";
import { isUnder, type Known } from "./agent.ts";
import type { Clause, Condition, Pattern } from "./clauses.ts";
import { fieldOf, holdsOf } from "./comparison.ts";
import { formatComparison } from "./format.ts";

/** Characters of a value that are shown. */
const SHOWN = 60;

/**
 * Why a query does not find a record: what is missing in the alternative to which the least is. Undefined where it is nothing that any of
 * them looks for.
 */
export function whyNot(clauses: readonly Clause[], record: CapabilityRecord, known: Known): string[] | undefined {
  const tried = clauses.filter(({ offers }) => offers.some((pattern) => isUnder(record, pattern)));
  const reasons = tried.map((clause) => missingIn(clause, record, known));
  return reasons.length === 0 ? undefined : reasons.reduce((least, more) => (more.length < least.length ? more : least));
}

function missingIn({ offers, conditions }: Clause, record: CapabilityRecord, known: Known): string[] {
  const failing = conditions.flatMap((condition) => faultOf(condition, record, known));
  const absent = offers.filter((pattern) => !offersUnder(known, pattern)).map((pattern) => `it does not offer ${shown(pattern)}`);
  const all = [...failing, ...absent];
  return all.length > 0 ? all : ["another of its records does not fit"];
}

function faultOf(condition: Condition, record: CapabilityRecord, known: Known): string[] {
  switch (condition.kind) {
    case "compare":
      return holdsOf(record, condition)
        ? []
        : [`${condition.negated ? "!" : ""}${formatComparison(condition)}: ${said(record, condition.field)}`];
    case "word": {
      const { name, negated } = condition;
      const has = record.attributes[name] === true || offersUnder(known, { name, below: false });
      return has === negated ? [negated ? `!${name}: it is` : `${name}: it neither says so nor offers it`] : [];
    }
    case "lacks":
      return offersUnder(known, condition.pattern) ? [`!${shown(condition.pattern)}: it offers that`] : [];
  }
}

function said(record: CapabilityRecord, field: string): string {
  const value = fieldOf(record, field);
  return value === undefined ? `it says nothing of its ${field}` : `its ${field} is ${String(value).slice(0, SHOWN)}`;
}

function offersUnder({ records }: Known, pattern: Pattern): boolean {
  return records.some((record) => isUnder(record, pattern));
}

function shown({ name, below }: Pattern): string {
  return below ? `${name}/*` : name;
}
