import type { Headline, Recording, SweepResult } from "synapse-p2p/simulations";
import { type Colours, table } from "../output.ts";
import { describeTargetsOfAll, describeTargetsTogether } from "./describe-targets.ts";

/** A sweep as a table: a row for each combination of parameters, with the spread of its repetitions; then what all were to reach. */
export async function describeSweep(style: Colours, result: SweepResult): Promise<string[]> {
  const { HEADLINES, headlineRows, recordingsOf } = await import("synapse-p2p/simulations");
  const rows = headlineRows(result);
  const paths = Object.keys(rows[0]?.values ?? {});
  const isRepeated = rows.some(({ runs, failed }) => runs + failed > 1);
  const head = [...paths, ...(isRepeated ? ["RUNS"] : []), ...HEADLINES.map(({ name }) => name)];
  const cells = rows.map(({ values, runs, failed, figures }) => [
    ...paths.map((path) => valueInWords(path, values[path])),
    ...(isRepeated ? [failed === 0 ? String(runs) : `${runs}, ${failed} failed`] : []),
    ...figures.map((figure, n) => headline(figure, HEADLINES[n]?.unit ?? "")),
  ]);
  return [...table(style, head, cells), ...(await describeTargetsTogether(style, recordingsOf(result)))];
}

/** Runs side by side: a row for each, then what each was to reach. */
export async function describeComparison(style: Colours, recordings: readonly Recording[]): Promise<string[]> {
  const { HEADLINES, headlineOf } = await import("synapse-p2p/simulations");
  const rows = recordings.map(({ figures }) => [
    figures.scenario,
    String(figures.nodes),
    ...HEADLINES.map(({ figure, unit }) => headline(headlineOf([figures], figure), unit)),
  ]);
  return [
    ...table(style, ["SCENARIO", "NODES", ...HEADLINES.map(({ name }) => name)], rows),
    ...(await describeTargetsOfAll(style, recordings)),
  ];
}

function headline(figure: Headline | undefined, unit: string): string {
  if (figure === undefined) return "–";
  const { mean, deviation } = figure;
  const [scale, digits, suffix] = unit === "part" ? [100, 2, " %"] : unit === "" ? [1, 1, ""] : [1, 0, ""];
  const spread = deviation === 0 ? "" : ` ± ${(scale * deviation).toFixed(digits)}`;
  return `${(scale * mean).toFixed(digits)}${spread}${suffix}`;
}

const UNITS: readonly (readonly [ms: number, name: string])[] = [
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "m"],
  [1_000, "s"],
];

function valueInWords(path: string, value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value !== "number" || !path.endsWith("Ms")) return JSON.stringify(value) ?? "–";
  const [ms, name] = UNITS.find(([unit]) => value >= unit && value % unit === 0) ?? [1, "ms"];
  return `${Number((value / ms).toPrecision(6))}${name}`;
}
