import { isCapabilityName } from "../capability-key.ts";
import type { Comparison } from "./comparison.ts";
import { badQuery } from "./fault.ts";
import type { Query } from "./query.ts";

/** Alternatives that a query may have once it is multiplied out. */
export const MAX_CLAUSES = 64;

/** A capability: itself and all below it, or only what is below. */
export interface Pattern {
  readonly name: string;
  readonly below: boolean;
}

/** What must hold beside the capabilities that are looked for. */
export type Condition =
  /** Of the record. */
  | ({ readonly kind: "compare" } & Comparison)
  /** The record has an attribute of this name that is true, or its agent offers a capability of this name. */
  | { readonly kind: "word"; readonly name: string; readonly negated: boolean }
  /** The agent offers nothing of this. */
  | { readonly kind: "lacks"; readonly pattern: Pattern };

/**
 * One alternative of a query: an agent that offers all of several capabilities, each in a record of which all conditions hold. The first
 * of them is what is found.
 */
export interface Clause {
  readonly offers: readonly Pattern[];
  readonly conditions: readonly Condition[];
}

/** Says what is wrong at a part of a query. */
export type Complain = (at: Query, what: string, hint?: string) => Error;

/**
 * Multiplies a query out into alternatives: it holds of an agent where one of them does. This is what a query means.
 * @throws SynapseError `bad_query` when there are more than {@link MAX_CLAUSES}, or when one of them has no capability to look for.
 */
export function clausesOf(query: Query, complain: Complain = (_, what, hint) => badQuery(what, hint)): Clause[] {
  return new Multiplication(complain).clauses(query);
}

class Multiplication {
  private readonly complain: Complain;

  constructor(complain: Complain) {
    this.complain = complain;
  }

  clauses(query: Query): Clause[] {
    const clauses = this.expand(query, true, false);
    for (const { offers } of clauses) if (offers.length === 0) throw this.noCapability(query);
    return clauses;
  }

  /** @param leads whether a word is the first of what must hold together, and so a capability. */
  private expand(query: Query, leads: boolean, negated: boolean): Clause[] {
    switch (query.kind) {
      case "word":
        return [this.word(query, leads, negated)];
      case "offers":
      case "below":
        return [capability({ name: query.name, below: query.kind === "below" }, negated)];
      case "compare":
        return [{ offers: [], conditions: [{ ...query, negated }] }];
      case "not":
        return this.expand(query.of, false, !negated);
      case "all":
        return negated ? this.union(query, leads, negated) : this.product(query, query.of, leads, negated);
      case "any":
        return negated ? this.product(query, query.of, leads, negated) : this.union(query, leads, negated);
      case "some":
        // Fewer than k of n hold where n − k + 1 do not.
        return this.choices(query, negated ? query.of.length - query.least + 1 : query.least, leads, negated);
    }
  }

  private word(query: Extract<Query, { kind: "word" }>, leads: boolean, negated: boolean): Clause {
    const { name } = query;
    if (!leads) return { offers: [], conditions: [{ kind: "word", name, negated }] };
    if (isCapabilityName(name)) return { offers: [{ name, below: false }], conditions: [] };
    throw this.complain(query, `${name} is an attribute, and no capability to look for`, "a capability comes first: code-review has_gpu");
  }

  private union(whole: Query & { readonly of: readonly Query[] }, leads: boolean, negated: boolean): Clause[] {
    const clauses = distinct(whole.of.flatMap((part) => this.expand(part, leads, negated)));
    if (clauses.length > MAX_CLAUSES) throw this.tooMany(whole);
    return clauses;
  }

  private product(whole: Query, parts: readonly Query[], leads: boolean, negated: boolean): Clause[] {
    let clauses: Clause[] = [{ offers: [], conditions: [] }];
    let stillLeads = leads;
    for (const part of parts) {
      const expanded = this.expand(part, stillLeads, negated);
      if (expanded.some(({ offers }) => offers.length > 0)) stillLeads = false;
      if (clauses.length * expanded.length > MAX_CLAUSES) throw this.tooMany(whole);
      clauses = distinct(clauses.flatMap((left) => expanded.map((right) => joined(left, right))));
    }
    return clauses;
  }

  /** Every way to take so many of the parts. */
  private choices(whole: Extract<Query, { kind: "some" }>, count: number, leads: boolean, negated: boolean): Clause[] {
    if (combinations(whole.of.length, count) > MAX_CLAUSES) throw this.tooMany(whole);
    const clauses: Clause[] = []; // at most MAX_CLAUSES
    for (const chosen of subsets(whole.of, count)) {
      // Each part is looked for as if it stood alone: in a count none of them comes first.
      const parts = chosen.map((part) => this.expand(part, leads, negated));
      if (clauses.length + parts.reduce((product, { length }) => product * length, 1) > MAX_CLAUSES) throw this.tooMany(whole);
      clauses.push(...parts.reduce((left, right) => left.flatMap((one) => right.map((other) => joined(one, other)))));
    }
    return distinct(clauses);
  }

  private tooMany(at: Query): Error {
    return this.complain(at, `multiplied out, this has more than ${MAX_CLAUSES} alternatives`, "ask for less at once, in several queries");
  }

  private noCapability(query: Query): Error {
    const hint = "each alternative names one, before or beside its conditions: code-review lang=go; those with ! do not count";
    return this.complain(culprit(query), "this names no capability to look for", hint);
  }
}

/** The first branch at which no capability is named. */
function culprit(query: Query): Query {
  if (query.kind !== "any") return query;
  return query.of.find((part) => !hasCapability(part)) ?? query;
}

function hasCapability(query: Query): boolean {
  if (query.kind === "word" || query.kind === "offers" || query.kind === "below") return true;
  return "of" in query && query.kind !== "not" && query.of.some(hasCapability);
}

function capability(pattern: Pattern, negated: boolean): Clause {
  return negated ? { offers: [], conditions: [{ kind: "lacks", pattern }] } : { offers: [pattern], conditions: [] };
}

function joined(left: Clause, right: Clause): Clause {
  return { offers: distinct([...left.offers, ...right.offers]), conditions: distinct([...left.conditions, ...right.conditions]) };
}

function distinct<T>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

function combinations(of: number, count: number): number {
  let ways = 1;
  for (let i = 0; i < count; i++) ways = (ways * (of - i)) / (i + 1);
  return ways;
}

function* subsets<T>(items: readonly T[], count: number, from = 0): Generator<T[]> {
  if (count === 0) yield [];
  for (let i = from; count > 0 && i <= items.length - count; i++)
    for (const rest of subsets(items, count - 1, i + 1)) yield [items[i] as T, ...rest];
}
