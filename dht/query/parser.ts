import type { AttributeValue } from "../capability-record.ts";
import { faultAt } from "./fault.ts";
import { MAX_NESTING, MAX_QUERY_CHARS, MAX_TERMS, OPERATORS, type Query, TEXT_FIELDS } from "./query.ts";
import { faultOfTerm } from "./terms.ts";
import { type Sign, type Token, tokensOf } from "./tokens.ts";

/** A query that was text, and where in it each part stands. */
export interface Parsed {
  readonly query: Query;
  readonly text: string;
  readonly places: WeakMap<Query, number>;
}

/**
 * Reads a query. The grammar is in docs/queries.md.
 * @throws SynapseError `bad_query`, whose message shows the place.
 */
export function parseQuery(text: string): Parsed {
  if (text.length > MAX_QUERY_CHARS) throw faultAt(text, MAX_QUERY_CHARS, `a query takes at most ${MAX_QUERY_CHARS} characters`);
  return new Parser(text).parse();
}

/** Recursive descent: one method for each rule of the grammar. */
class Parser {
  private readonly text: string;
  private readonly tokens: readonly Token[];
  private readonly places = new WeakMap<Query, number>();
  private next = 0;
  private terms = 0;

  constructor(text: string) {
    this.text = text;
    this.tokens = tokensOf(text);
  }

  parse(): Parsed {
    if (this.peek().kind === "end") throw this.fault(this.peek(), "the query is empty", "name a capability, such as code-review");
    const query = this.any(0);
    const rest = this.peek();
    if (rest.kind !== "end") throw this.fault(rest, `${shown(rest)} does not belong here`);
    return { query, text: this.text, places: this.places };
  }

  private any(depth: number): Query {
    const first = this.peek();
    if (depth > MAX_NESTING) throw this.fault(first, `groups are nested at most ${MAX_NESTING} deep`);
    const of = [this.all(depth)];
    while (this.takes("|")) of.push(this.all(depth));
    return this.placed(first, of.length === 1 ? (of[0] as Query) : { kind: "any", of });
  }

  private all(depth: number): Query {
    const first = this.peek();
    const of = [this.term(depth)];
    while (this.beginsTerm()) of.push(this.term(depth));
    return this.placed(first, of.length === 1 ? (of[0] as Query) : { kind: "all", of });
  }

  private beginsTerm(): boolean {
    const { kind, text } = this.peek();
    return kind !== "end" && !(kind === "sign" && [")", "|", ","].includes(text));
  }

  private term(depth: number): Query {
    const first = this.peek();
    if (depth > MAX_NESTING) throw this.fault(first, `groups are nested at most ${MAX_NESTING} deep`);
    if (this.takes("!")) return this.placed(first, { kind: "not", of: this.term(depth + 1) });
    if (this.takes("(")) return this.group(first, depth);
    if (this.takes("@")) return this.offers(first);
    if (this.beginsSome()) return this.some(depth);
    return this.placed(first, this.word());
  }

  private group(open: Token, depth: number): Query {
    const query = this.any(depth + 1);
    this.close(open);
    return query;
  }

  /** `2 of (a, b, c)` */
  private beginsSome(): boolean {
    const [count, of, open] = this.tokens.slice(this.next, this.next + 3);
    return count?.kind === "word" && /^\d+$/.test(count.text) && of?.kind === "word" && of.text === "of" && open?.text === "(";
  }

  private some(depth: number): Query {
    const count = this.take();
    this.take();
    const open = this.take();
    const of = [this.any(depth + 1)];
    while (this.takes(",")) of.push(this.any(depth + 1));
    this.close(open);
    const least = Number(count.text);
    if (least < 1 || least > of.length) throw this.fault(count, `there are ${of.length} to choose from, ${count.text} cannot be asked for`);
    return this.placed(count, { kind: "some", least, of });
  }

  private offers(at: Token): Query {
    const name = this.take();
    if (name.kind !== "word") throw this.fault(name, "after @ stands the name of a capability");
    return this.checked(at, { kind: "offers", name: name.text });
  }

  private word(): Query {
    const name = this.take();
    if (name.kind !== "word") throw this.fault(name, this.expectation(name));
    const operator = this.peek();
    if (operator.kind !== "operator") {
      const isBelow = name.text.endsWith("/*");
      return this.checked(name, isBelow ? { kind: "below", name: name.text.slice(0, -2) } : { kind: "word", name: name.text });
    }
    this.take();
    const value = this.value(name.text, operator.text);
    return this.checked(name, { kind: "compare", field: name.text, operator: operator.text, value });
  }

  private value(field: string, operator: string): AttributeValue {
    const token = this.take();
    if (token.kind === "text" || token.kind === "shape") return token.text;
    if (token.kind !== "word") throw this.fault(token, `a value is missing after ${field}${operator}`, hintForValue(token));
    return TEXT_FIELDS.has(field) ? token.text : bareValue(token.text);
  }

  private expectation(found: Token): string {
    if (found.kind === "end") return "something is missing at the end";
    if (found.kind === "operator") return `before ${found.text} stands the name of an attribute`;
    return `here stands a capability, an attribute or a group, not ${shown(found)}`;
  }

  private checked(at: Token, term: Query): Query {
    this.terms += 1;
    if (this.terms > MAX_TERMS) throw this.fault(at, `a query has at most ${MAX_TERMS} words and comparisons`);
    const fault = faultOfTerm(term, this.text);
    if (fault !== undefined) throw this.fault(at, fault.what, fault.hint);
    return this.placed(at, term);
  }

  private close(open: Token): void {
    const found = this.peek();
    if (this.takes(")")) return;
    if (found.kind === "end") throw this.fault(open, "this is not closed", "a ) is missing");
    throw this.fault(
      found,
      `${shown(found)} does not belong here`,
      found.text === "," ? "lists stand behind a count: 2 of (a, b, c)" : undefined,
    );
  }

  private placed(at: Token, query: Query): Query {
    if (!this.places.has(query)) this.places.set(query, at.at);
    return query;
  }

  private peek(): Token {
    return this.tokens[this.next] as Token;
  }

  private take(): Token {
    const token = this.peek();
    if (token.kind !== "end") this.next += 1;
    return token;
  }

  private takes(sign: Sign): boolean {
    const { kind, text } = this.peek();
    if (kind !== "sign" || text !== sign) return false;
    this.next += 1;
    return true;
  }

  private fault({ at }: Token, what: string, hint?: string) {
    return faultAt(this.text, at, what, hint);
  }
}

/** What to do where this stands in place of a value. */
function hintForValue({ kind }: Token): string | undefined {
  if (kind === "operator") return `between name and value stands one of ${OPERATORS.join(" ")}`;
  return kind === "sign" ? 'put signs in quotation marks: "a | b"' : undefined;
}

function shown({ kind, text }: Token): string {
  return kind === "end" ? "the end" : JSON.stringify(text.slice(0, 40));
}

/** A value without quotation marks: true, false, a number as JSON has them, or the text itself. */
export function bareValue(text: string): AttributeValue {
  if (text === "true") return true;
  if (text === "false") return false;
  return /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(text) && Number.isFinite(Number(text)) ? Number(text) : text;
}
