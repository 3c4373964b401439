import { element, type Markup, percentOf, together } from "./markup.ts";
import { finite } from "./scales.ts";

export interface BarRow {
  readonly name: string;
  readonly value: number;
  /** A second value, marked on the bar. */
  readonly mark?: number;
  readonly texts: readonly string[];
}

const BAR = 12;

/** The largest value of any row: what a whole bar stands for. */
export function mostOf(rows: readonly BarRow[]): number {
  return rows.reduce((high, row) => Math.max(high, finite(row.value), finite(row.mark ?? 0)), 0);
}

/** A table with a bar in each row: to be looked at, and to be read out. */
export function barTable(heads: readonly string[], rows: readonly BarRow[], colour: string, most = mostOf(rows)): Markup {
  const [first = "", ...others] = heads;
  const head = element(
    "tr",
    {},
    element("th", { scope: "col" }, first),
    element("td", { class: "bar", "aria-hidden": "true" }),
    others.map((text) => element("th", { scope: "col" }, text)),
  );
  const body = rows.map((row) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, row.name),
      element("td", { class: "bar", "aria-hidden": "true" }, bar(row, most, colour)),
      row.texts.map((text) => element("td", {}, text)),
    ),
  );
  return element("div", { class: "scroll" }, element("table", { class: "bars" }, element("thead", {}, head), element("tbody", {}, body)));
}

function bar({ value, mark }: BarRow, most: number, colour: string): Markup {
  const part = (of: number) => (most > 0 ? Math.max(0, finite(of)) / most : 0);
  const width = value > 0 ? percentOf(Math.max(0.004, part(value))) : 0;
  const at = mark === undefined ? undefined : percentOf(part(mark));
  return element(
    "svg",
    { width: "100%", height: BAR },
    together(element("rect", { width: "100%", height: BAR, rx: 2, class: "track" })),
    element("rect", { width, height: BAR, rx: 2, class: `filled ${colour}` }),
    at && element("line", { x1: at, x2: at, y1: -2, y2: BAR + 2, class: "tick" }),
  );
}
