import { badSpec } from "../spec-check.ts";
import { type LatencyModel, LONGEST_ONE_WAY_MS, type Place } from "./latency-model.ts";
import { drawLastMileMs, type LastMile, weightedIndex } from "./placing.ts";

/** Regions that a matrix has at most. */
export const MAX_REGIONS = 1_000;
/** Longest round trip in it, ms. */
const LONGEST_ROUND_TRIP_MS = 2 * LONGEST_ONE_WAY_MS;

/** Measured round trips between regions, ms; within a region on the diagonal. */
export interface RoundTrips {
  /** One for each row. */
  readonly regions: readonly string[];
  readonly rows: readonly (readonly number[])[];
}

export interface MatrixOptions {
  /** Share of the hosts in each region, in the order of the regions. Default: all alike. */
  readonly weights?: readonly number[];
  /** Default: none, as between machines in data centres. */
  readonly lastMile?: LastMile;
  /** Part of its way that a message takes longer, on average; exponentially distributed. Default 0. */
  readonly jitter?: number;
}

/**
 * Hosts stand in the regions of a matrix of measured round trips. Each way takes half of the mean of both measurements of a pair, since
 * both ends measure the same circle.
 */
export function matrixLatency({ regions, rows }: RoundTrips, { weights, lastMile, jitter = 0 }: MatrixOptions = {}): LatencyModel {
  const oneWay = rows.map((row, from) => row.map((ms, to) => (ms + (rows[to]?.[from] as number)) / 4));
  const drawRegion = weightedIndex(weights ?? rows.map(() => 1));
  const oneWayMs = (from: Place, to: Place) => ((oneWay[from.region] as number[])[to.region] as number) + from.lastMileMs + to.lastMileMs;
  return {
    name: `matrix of ${rows.length} regions`,
    nameOf: ({ region }) => regions[region] ?? "",
    place: (random) => ({
      region: drawRegion(random),
      lastMileMs: lastMile === undefined ? 0 : drawLastMileMs(lastMile, random),
      key: 0,
    }),
    oneWayMs,
    sampleMs: jitter === 0 ? oneWayMs : (from, to, random) => oneWayMs(from, to) * (1 + random.exponential(jitter)),
  };
}

/** @throws SynapseError `bad_options` unless it is a square of round trips with a name for each row; `path` is what the rows are called. */
export function checkRoundTrips({ regions, rows }: RoundTrips, path: string): void {
  if (rows.length === 0 || rows.length > MAX_REGIONS) throw badSpec(`${path}: must have from 1 to ${MAX_REGIONS} rows, not ${rows.length}`);
  if (regions.length !== rows.length)
    throw badSpec(`${path}: must have a row for each of the ${regions.length} regions, not ${rows.length}`);
  for (const [from, row] of rows.entries()) checkRow(row, rows.length, `${path}.${from}`);
}

function checkRow(row: unknown, length: number, path: string): void {
  if (!Array.isArray(row) || row.length !== length)
    throw badSpec(`${path}: must be a list of ${length} round trips, as there are rows; a matrix is square`);
  for (const [to, ms] of (row as readonly unknown[]).entries())
    if (typeof ms !== "number" || !(ms >= 0 && ms <= LONGEST_ROUND_TRIP_MS))
      throw badSpec(`${path}.${to}: must be a round trip from 0 to ${LONGEST_ROUND_TRIP_MS} ms, not ${String(ms).slice(0, 40)}`);
}
