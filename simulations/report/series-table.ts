import type { SeriesColumn } from "../recording.ts";
import { quantity } from "./format.ts";
import type { NumberedMark } from "./marks.ts";
import { cut, element, type Markup } from "./markup.ts";
import { finite } from "./scales.ts";

export interface SummedLine {
  readonly name: string;
  readonly unit: string;
  readonly stepMs: number;
  readonly column: SeriesColumn;
}

interface Summary {
  readonly least: number;
  readonly mean: number;
  readonly most: number;
}

/** Stretches that get a column of their own. */
const MAX_STRETCHES = 6;

/** Least, mean and most of what was measured; nothing where nothing was. */
export function summaryOf(values: SeriesColumn["values"]): Summary | undefined {
  const measured = values.flatMap((value) => (value !== null && Number.isFinite(value) ? [finite(value)] : []));
  if (measured.length === 0) return undefined;
  const mean = measured.reduce((sum, value) => sum + value / measured.length, 0);
  return { least: measured.reduce((a, b) => Math.min(a, b)), mean, most: measured.reduce((a, b) => Math.max(a, b)) };
}

/** What the lines over time amount to, and their means while something was done to the network. */
export function seriesTable(lines: readonly SummedLine[], marks: readonly NumberedMark[]): Markup {
  const stretches = marks.filter(({ fromMs, untilMs }) => untilMs > fromMs).slice(0, MAX_STRETCHES);
  const heads = ["", "mean", "least", "most", ...stretches.map(({ label }) => `mean in ${cut(label, 24)}`)];
  const rows = lines.map((each) => {
    const summary = summaryOf(each.column.values);
    const within = stretches.map((mark) => summaryOf(valuesIn(each, mark))?.mean);
    const values = [summary?.mean, summary?.least, summary?.most, ...within];
    const name = element("th", { scope: "row" }, each.name);
    return element(
      "tr",
      {},
      name,
      values.map((value) => element("td", {}, quantity(value, each.unit))),
    );
  });
  const head = element(
    "thead",
    {},
    element(
      "tr",
      {},
      heads.map((text) => element(text === "" ? "td" : "th", { scope: text === "" ? undefined : "col" }, text)),
    ),
  );
  const table = element("table", { class: "small" }, head, element("tbody", {}, rows));
  return element("details", {}, element("summary", {}, "The same as a table"), element("div", { class: "scroll" }, table));
}

/** Values of the steps that begin within the stretch. */
function valuesIn({ column, stepMs }: SummedLine, { fromMs, untilMs }: NumberedMark): SeriesColumn["values"] {
  return column.values.filter((_, index) => index * stepMs >= fromMs && index * stepMs < untilMs);
}
