import type { Mark, Recording, Series } from "../recording.ts";
import { finite } from "./scales.ts";

/** How a run went from where it was measured. */
export interface Measured {
  readonly series: Series;
  readonly marks: readonly Mark[];
}

/**
 * Without the time in which the network grew and settled: nothing is measured there, and the crowd of joins would flatten all that comes
 * after. Time begins anew behind it, as the scenario itself counts it.
 */
export function measuredPart({ scenario, series, marks }: Pick<Recording, "scenario" | "series" | "marks">): Measured {
  const fromMs = beganAt(scenario);
  const left = Math.round(fromMs / Math.max(1, finite(series.stepMs)));
  const longest = series.columns.reduce((most, { values }) => Math.max(most, values.length), 0);
  if (left === 0 || left >= longest) return { series, marks };
  const since = (ms: number) => Math.max(0, finite(ms) - fromMs);
  return {
    series: { ...series, columns: series.columns.map((column) => ({ ...column, values: column.values.slice(left) })) },
    marks: marks.map((mark) => ({ ...mark, fromMs: since(mark.fromMs), untilMs: since(mark.untilMs) })),
  };
}

/** A recording may have been written by hand: what is no time there is none. */
function beganAt({ nodes, growthMs, settleMs }: Recording["scenario"]): number {
  const grown = Number(nodes) * Number(growthMs) + Number(settleMs);
  return grown > 0 ? finite(grown) : 0;
}
