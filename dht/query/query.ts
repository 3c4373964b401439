import type { AttributeValue } from "../capability-record.ts";

/** Characters of a query as text. */
export const MAX_QUERY_CHARS = 1_024;
/** Words and comparisons in one query. */
export const MAX_TERMS = 32;
/** How far groups may be nested. */
export const MAX_NESTING = 16;
/** Characters of a text that something is compared with: no text in a record is longer. */
export const MAX_VALUE_CHARS = 512;

export const OPERATORS = ["<=", ">=", "!=", "=", "<", ">"] as const;
export type Operator = (typeof OPERATORS)[number];

/** A capability by its name. docs/queries.md says when a word is one, and when it is an attribute that is true. */
export interface Word {
  readonly kind: "word";
  readonly name: string;
}

/** A capability, and nothing else: `@code-review`. With everything below it, as ever. */
export interface OffersTerm {
  readonly kind: "offers";
  readonly name: string;
}

/** Something below a capability: `code-review/*`. */
export interface BelowTerm {
  readonly kind: "below";
  readonly name: string;
}

/** A field or attribute of the record: `lang=typescript`, `price<0.02`, `version>=1.2`. */
export interface ComparisonTerm {
  readonly kind: "compare";
  readonly field: string;
  readonly operator: Operator;
  readonly value: AttributeValue;
}

export type Term = Word | OffersTerm | BelowTerm | ComparisonTerm;

/** What agents are looked for: as text in {@link parseQuery}, or as an object of this form. */
export type Query =
  | Term
  | { readonly kind: "all"; readonly of: readonly Query[] }
  | { readonly kind: "any"; readonly of: readonly Query[] }
  /** At least so many of several. */
  | { readonly kind: "some"; readonly least: number; readonly of: readonly Query[] }
  | { readonly kind: "not"; readonly of: Query };

/** Fields of a record that can be compared like attributes. They are text whatever they look like, and hide attributes of the same name. */
export const TEXT_FIELDS: ReadonlySet<string> = new Set(["name", "role", "version", "accepts", "returns"]);
