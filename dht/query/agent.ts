import type { CapabilityRecord } from "../capability-record.ts";
import type { Clause, Condition, Pattern } from "./clauses.ts";
import { holdsOf } from "./comparison.ts";

/** What is known of an agent: its records in force, and of which names there can be no further ones. */
export interface Known {
  readonly records: readonly CapabilityRecord[];
  /** Whether all that the agent has under this name is among the records. */
  readonly isSettled: (name: string) => boolean;
}

/** What a clause comes to for an agent. */
export type Verdict =
  /** With what is found, and the records of the other capabilities. */
  | { readonly kind: "holds"; readonly found: readonly CapabilityRecord[]; readonly beside: readonly CapabilityRecord[] }
  | { readonly kind: "fails" }
  /** It depends on what else the agent has under these names. */
  | { readonly kind: "open"; readonly names: ReadonlySet<string> };

const FAILS: Verdict = { kind: "fails" };

/** The records of an agent that a query finds, in the order in which it names them, each with those it is found by besides. */
export function foundBy(clauses: readonly Clause[], known: Known): Map<CapabilityRecord, readonly CapabilityRecord[]> {
  const all = new Map<CapabilityRecord, readonly CapabilityRecord[]>(); // at most the records of the agent
  for (const clause of clauses) {
    const verdict = verdictOf(clause, known);
    if (verdict.kind !== "holds") continue;
    for (const record of verdict.found) if (!all.has(record)) all.set(record, verdict.beside);
  }
  return all;
}

export function verdictOf({ offers, conditions }: Clause, known: Known): Verdict {
  const open = new Set<string>(); // at most the words of the clause
  if (!conditions.every((condition) => condition.kind !== "lacks" || lacks(condition.pattern, known, open))) return FAILS;
  const searched = known.records.filter((record) => offers.some((pattern) => isUnder(record, pattern)));
  const offered = offersOf(known);
  const fitting = searched.filter((record) => conditions.every((condition) => fits(condition, record, known, offered, open)));
  const byPattern = offers.map((pattern) => fitting.filter((record) => isUnder(record, pattern)));
  for (const [i, { name }] of offers.entries()) {
    if (byPattern[i]?.length !== 0) continue;
    if (known.isSettled(name)) return FAILS;
    open.add(name);
  }
  if (open.size > 0) return { kind: "open", names: open };
  const [found = [], ...others] = byPattern;
  const beside = [...others.flatMap(([first]) => first ?? []), ...conditions.flatMap((condition) => offeredBy(condition, known))];
  return { kind: "holds", found, beside: [...new Set(beside)] };
}

/** The record by which a word holds, where it is a capability of the agent. */
function offeredBy(condition: Condition, { records }: Known): readonly CapabilityRecord[] {
  if (condition.kind !== "word" || condition.negated) return [];
  return records.filter((record) => isUnder(record, { name: condition.name, below: false })).slice(0, 1);
}

/** Whether a condition can hold of a record, as far as is known. */
function fits(
  condition: Condition,
  record: CapabilityRecord,
  { isSettled }: Known,
  offers: (name: string) => boolean,
  open: Set<string>,
): boolean {
  switch (condition.kind) {
    case "compare":
      return holdsOf(record, condition);
    case "lacks":
      return true;
    case "word": {
      const { name, negated } = condition;
      if (record.attributes[name] === true || offers(name)) return !negated;
      if (isSettled(name)) return negated;
      open.add(name);
      return true;
    }
  }
}

/** Looks through an agent's records once for each name, not once for each of its records: it may have hundreds. */
function offersOf(known: Known): (name: string) => boolean {
  const answers = new Map<string, boolean>(); // at most the words of the clause
  return (name) => {
    const answer = answers.get(name) ?? offersUnder(known, { name, below: false });
    answers.set(name, answer);
    return answer;
  };
}

function lacks(pattern: Pattern, known: Known, open: Set<string>): boolean {
  if (offersUnder(known, pattern)) return false;
  if (!known.isSettled(pattern.name)) open.add(pattern.name);
  return true;
}

function offersUnder({ records }: Known, pattern: Pattern): boolean {
  return records.some((record) => isUnder(record, pattern));
}

export function isUnder({ capability }: { readonly capability: string }, { name, below }: Pattern): boolean {
  if (!capability.startsWith(name)) return false;
  return capability.length === name.length ? !below : capability[name.length] === "/";
}
