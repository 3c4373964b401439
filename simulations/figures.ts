import type { AdversaryFigures } from "./adversaries/damage.ts";
import type { OperationFigures } from "./engine/statistics.ts";
import type { RecordFigures } from "./scenarios/census.ts";
import type { QueryFigures } from "./scenarios/queries/load.ts";
import type { Level } from "./scenarios/scenario.ts";

/** What a run has measured. */
export interface Figures {
  readonly scenario: string;
  readonly level: Level;
  readonly seed: number;
  readonly nodes: number;
  /** SHA-256 over every event of the run. */
  readonly traceHash: string;
  readonly virtualMs: number;
  readonly wallMs: number;
  /** Messages delivered. */
  readonly messages: number;
  readonly messagesPerSecond: number;
  readonly bytesPerNodeSecond: number;
  /** The most that the process has held so far. */
  readonly rssBytes: number;
  /** What the world and all its nodes take at the end; garbage included, unless Node was started with --expose-gc. */
  readonly heapBytes: number;
  /** Members that left by churn. */
  readonly deaths: number;
  readonly lookups: OperationFigures;
  readonly finds: OperationFigures;
  readonly publishes: OperationFigures;
  readonly joins: OperationFigures;
  /** What stores hold, and who is asked for it. */
  readonly records?: RecordFigures;
  /**
   * Where the scenario has watches: of those who began to offer what is watched, how many were told, and how soon after they had published.
   */
  readonly watches?: OperationFigures;
  /** Where the scenario has queries: how many were answered exactly. */
  readonly queries?: QueryFigures;
  /** Where the scenario has adversaries: how far they got. */
  readonly adversaries?: AdversaryFigures;
  /** Exceptions that nobody caught. A run with any is a failed run. */
  readonly faults: readonly string[];
}

/** A figure by its path: `lookups.recall`, `finds.latencyMs.p99`. Undefined when there is none. */
export function figureAt(figures: Figures, path: string): number | undefined {
  let at: unknown = figures;
  for (const step of path.split(".")) at = typeof at === "object" && at !== null ? (at as Record<string, unknown>)[step] : undefined;
  return typeof at === "number" ? at : undefined;
}

/** The same for what was measured: where there was no operation of a kind, its figures are zeros that mean nothing. */
export function measuredAt(figures: Figures, path: string): number | undefined {
  const steps = path.split(".");
  const isEmpty = steps.some((_, place) => place > 0 && figureAt(figures, [...steps.slice(0, place), "count"].join(".")) === 0);
  return isEmpty && steps.at(-1) !== "count" ? undefined : figureAt(figures, path);
}

/** The unit of a figure by its path: "part", "ms", "B/s", or none. */
export function unitOf(path: string): string {
  if (/\.(success|recall)$/.test(path)) return "part";
  if (path === "bytesPerNodeSecond") return "B/s";
  return /Ms\b/.test(path) ? "ms" : "";
}
