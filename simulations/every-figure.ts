import type { OperationFigures } from "./engine/statistics.ts";
import { type Figures, figureAt } from "./figures.ts";

const TIMES = { p50: 0, p90: 0, p95: 0, p99: 0 };

const OPERATIONS: Required<OperationFigures> = {
  count: 0,
  success: 0,
  recall: 0,
  hops: { mean: 0, p50: 0, p99: 0 },
  requests: { mean: 0, p99: 0 },
  latencyMs: TIMES,
  firstMs: TIMES,
};

/** Every figure that there may be, without its value: the compiler sees to it that none is missing. */
const EVERY_FIGURE: Required<Figures> = {
  scenario: "",
  level: "overlay",
  seed: 0,
  nodes: 0,
  traceHash: "",
  virtualMs: 0,
  wallMs: 0,
  messages: 0,
  messagesPerSecond: 0,
  bytesPerNodeSecond: 0,
  rssBytes: 0,
  heapBytes: 0,
  deaths: 0,
  lookups: OPERATIONS,
  finds: OPERATIONS,
  publishes: OPERATIONS,
  joins: OPERATIONS,
  watches: OPERATIONS,
  records: { offered: 0, lost: 0, holders: 0, atNearest: 0, fullestStore: 0, fullestKey: 0, busiestHolder: 0, bulkWalks: 0 },
  queries: { ...OPERATIONS, complete: 0, exact: 0, silentLosses: 0, wronglyFound: 0 },
  adversaries: {
    hosts: 0,
    amongNearest: 0,
    inResults: 0,
    inTables: 0,
    eclipsed: 0,
    fullestStore: 0,
    spam: 0,
    believedWrongly: 0,
    overBudget: 0,
    targeted: OPERATIONS,
  },
  faults: [],
};

/** Whether a run may have such a figure. */
export function isFigure(path: string): boolean {
  return figureAt(EVERY_FIGURE, path) !== undefined;
}

/** The paths of all figures that are numbers. */
export function figurePaths(within: object = EVERY_FIGURE, path = ""): string[] {
  return Object.entries(within).flatMap(([name, value]) => {
    if (typeof value === "number") return [path + name];
    return typeof value === "object" ? figurePaths(value, `${path}${name}.`) : [];
  });
}
