import Table from "cli-table3";

/** One measured figure beside what it is measured against in the same run. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What it is compared with, measured in the same run. */
  readonly reference?: { readonly name: string; readonly value: number };
  /** What is aimed at: of the ratio, or of the value where there is no reference. */
  readonly target?: { readonly atLeast: number } | { readonly atMost: number };
}

export function ratioOf({ value, reference }: Figure): number | undefined {
  return reference === undefined || reference.value === 0 ? undefined : value / reference.value;
}

/** Prints figures: as a table for people, as one object for machines. */
export function printFigures(title: string, figures: readonly Figure[], asJson: boolean): void {
  if (asJson) console.log(JSON.stringify({ figures: figures.map(plain) }));
  else console.log(`\n${title}\n${tableOf(figures)}`);
}

function plain(figure: Figure) {
  const { name, value, unit, reference, target } = figure;
  return {
    name,
    value: round(value),
    unit,
    reference: reference?.name ?? null,
    ratio: round(ratioOf(figure) ?? Number.NaN),
    target: target ?? null,
  };
}

function tableOf(figures: readonly Figure[]): string {
  const table = new Table({ head: ["figure", "measured", "beside", "ratio", "target", ""], style: { head: [], border: [] } });
  for (const figure of figures) {
    const ratio = ratioOf(figure);
    const { reference } = figure;
    table.push([
      figure.name,
      `${readable(figure.value)} ${figure.unit}`,
      reference === undefined ? "" : `${reference.name}: ${readable(reference.value)}`,
      ratio === undefined ? "" : ratio.toFixed(2),
      targetText(figure),
      verdict(figure),
    ]);
  }
  return table.toString();
}

function targetText({ target }: Figure): string {
  if (target === undefined) return "";
  return "atLeast" in target ? `≥ ${target.atLeast.toLocaleString("en")}` : `≤ ${target.atMost.toLocaleString("en")}`;
}

function verdict(figure: Figure): string {
  const ratio = ratioOf(figure);
  const { target } = figure;
  if (target === undefined) return "";
  const counts = ratio ?? figure.value;
  const isReached = "atLeast" in target ? counts >= target.atLeast : counts <= target.atMost;
  return isReached ? "reached" : "missed";
}

function readable(value: number): string {
  const digits = value >= 100 ? 0 : value >= 1 ? 1 : 3;
  return value.toLocaleString("en", { maximumFractionDigits: digits });
}

function round(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(4)) : null;
}

/** The middle one of several measurements: one that was disturbed does not count. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}
