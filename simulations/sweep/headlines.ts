import { type Figures, measuredAt } from "../figures.ts";
import { isSame } from "./parameter.ts";
import type { PointResult, SweepResult } from "./sweep.ts";

/** A figure over the repetitions of a point. */
export interface Headline {
  readonly mean: number;
  /** Standard deviation of the repetitions; 0 for one alone. */
  readonly deviation: number;
}

/** One combination of parameters, all repetitions together. */
export interface HeadlineRow {
  /** Parameters but the seed. */
  readonly values: PointResult["values"];
  /** Repetitions that have figures, and those that failed. */
  readonly runs: number;
  readonly failed: number;
  /** In the order of {@link HEADLINES}; undefined where no repetition has figures. */
  readonly figures: readonly (Headline | undefined)[];
}

/** The figures that tell runs apart at a glance: by their path in the figures, with a short name and a unit. */
export const HEADLINES = [
  { figure: "lookups.success", name: "LOOKUPS OK", unit: "part" },
  { figure: "lookups.recall", name: "RECALL", unit: "part" },
  { figure: "lookups.requests.mean", name: "REQUESTS", unit: "" },
  { figure: "lookups.latencyMs.p50", name: "MS P50", unit: "ms" },
  { figure: "lookups.latencyMs.p99", name: "P99", unit: "ms" },
  { figure: "finds.success", name: "FINDS OK", unit: "part" },
  { figure: "finds.recall", name: "RECALL", unit: "part" },
  { figure: "bytesPerNodeSecond", name: "B/S NODE", unit: "bytes" },
] as const;

/** A row for each combination of parameters. Seeds that were given as a parameter and those of repetitions are taken together. */
export function headlineRows({ parameters, results }: Pick<SweepResult, "parameters" | "results">): HeadlineRow[] {
  const isRepeated = parameters.length > 1 && parameters.some(({ path }) => path === "seed");
  const rows: { values: PointResult["values"]; points: PointResult[] }[] = []; // at most one a point
  for (const result of results) {
    const { seed: _, ...others } = result.values;
    const values = isRepeated ? others : result.values;
    const row = rows.find((each) => isSame(each.values, values));
    if (row === undefined) rows.push({ values, points: [result] });
    else row.points.push(result);
  }
  return rows.map(({ values, points }) => rowOf(values, points));
}

function rowOf(values: PointResult["values"], points: readonly PointResult[]): HeadlineRow {
  const runs = points.flatMap((point) => ("recording" in point ? [point.recording.figures] : []));
  const figures = HEADLINES.map(({ figure }) => headlineOf(runs, figure));
  return { values, runs: runs.length, failed: points.length - runs.length, figures };
}

/** A figure over several runs; undefined where none has it. */
export function headlineOf(runs: readonly Figures[], figure: string): Headline | undefined {
  const all = runs.map((figures) => measuredAt(figures, figure)).filter((value) => value !== undefined);
  if (all.length === 0) return undefined;
  const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
  const squares = all.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: all.length < 2 ? 0 : Math.sqrt(squares / (all.length - 1)) };
}
