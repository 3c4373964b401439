import { faultAt } from "./fault.ts";
import { OPERATORS, type Operator } from "./query.ts";

/** A piece of a query, and where it begins. */
export type Token =
  /** Anything without spaces and signs: a name, a number, a value. */
  | { readonly kind: "word"; readonly text: string; readonly at: number }
  /** A value in quotation marks. */
  | { readonly kind: "text"; readonly text: string; readonly at: number }
  | { readonly kind: "operator"; readonly text: Operator; readonly at: number }
  /** A shape in braces, as it stands. */
  | { readonly kind: "shape"; readonly text: string; readonly at: number }
  | { readonly kind: "sign"; readonly text: Sign; readonly at: number }
  | { readonly kind: "end"; readonly text: ""; readonly at: number };

export type Sign = "(" | ")" | "|" | "," | "!" | "@";

const SIGNS = "()|,!@";
/** What ends a word. */
const ENDS_WORD = /[\s()|,!@"<>={}]/;

/**
 * Cuts a query into tokens, one look at each character.
 * @throws SynapseError `bad_query`.
 */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []; // at most one for each character
  let at = 0;
  while (at < text.length) {
    if (/\s/.test(text[at] as string)) {
      at += 1;
      continue;
    }
    const { token, end } = tokenAt(text, at);
    tokens.push(token);
    at = end;
  }
  tokens.push({ kind: "end", text: "", at: text.length });
  return tokens;
}

interface Cut {
  readonly token: Token;
  readonly end: number;
}

function tokenAt(text: string, at: number): Cut {
  const operator = OPERATORS.find((each) => text.startsWith(each, at));
  if (operator !== undefined) return { token: { kind: "operator", text: operator, at }, end: at + operator.length };
  const character = text[at] as string;
  if (SIGNS.includes(character)) return { token: { kind: "sign", text: character as Sign, at }, end: at + 1 };
  if (character === '"') return quotedAt(text, at);
  if (character === "{") return shapeAt(text, at);
  if (character === "}") throw faultAt(text, at, "nothing was opened that this would close");
  let end = at;
  while (end < text.length && !ENDS_WORD.test(text[end] as string)) end += 1;
  return { token: { kind: "word", text: text.slice(at, end), at }, end };
}

/** Written as in JSON. */
function quotedAt(text: string, at: number): Cut {
  let end = at + 1;
  while (end < text.length && text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
  if (end >= text.length) throw faultAt(text, at, "these quotation marks are not closed");
  try {
    return { token: { kind: "text", text: JSON.parse(text.slice(at, end + 1)), at }, end: end + 1 };
  } catch {
    throw faultAt(
      text,
      at,
      "this cannot be read",
      'between quotation marks stands what JSON allows: \\" and \\\\ for those signs themselves',
    );
  }
}

/** Up to the brace that closes it, and the brackets that make it a list. */
function shapeAt(text: string, at: number): Cut {
  let depth = 0;
  let end = at;
  do {
    if (end >= text.length) throw faultAt(text, at, "this brace is not closed");
    if (text[end] === "{") depth += 1;
    if (text[end] === "}") depth -= 1;
    end += 1;
  } while (depth > 0);
  while (text.startsWith("[]", end)) end += 2;
  return { token: { kind: "shape", text: text.slice(at, end), at }, end };
}
