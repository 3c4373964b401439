import { SynapseError } from "../../routing/index.ts";

/** Characters of a query shown on either side of the place where it is wrong. */
const SHOWN = 60;

/** What is wrong with a query, and where: shown as the text with a caret below it. */
export function faultAt(text: string, at: number, what: string, hint?: string): SynapseError {
  const from = Math.max(0, at - SHOWN);
  const cut = text.slice(from, at + SHOWN).replace(/\s/g, " ");
  const before = from > 0 ? "…" : "";
  const after = at + SHOWN < text.length ? "…" : "";
  const caret = " ".repeat(before.length + at - from);
  return badQuery(`${what}\n  ${before}${cut}${after}\n  ${caret}^`, hint);
}

export function badQuery(what: string, hint?: string): SynapseError {
  return new SynapseError("bad_query", what, hint === undefined ? {} : { hint });
}
