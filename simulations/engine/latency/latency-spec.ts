import { badSpec, jsonIn, kind, oneOfKinds, type ReadFile, specChecker } from "../spec-check.ts";
import { constantLatency } from "./constant.ts";
import { type LatencyModel, LONGEST_ONE_WAY_MS } from "./latency-model.ts";
import { checkRoundTrips, MAX_REGIONS, type MatrixOptions, matrixLatency, type RoundTrips } from "./matrix.ts";
import { logNormalLatency, uniformLatency } from "./pairs.ts";
import { regionLatency } from "./regions.ts";

/** How long messages take: plain data. Times in ms, one way, except in matrices. */
export type LatencySpec =
  /** The project's own: hosts in 20 cities, delays from distance, last mile and jitter. */
  | { readonly model: "regions" }
  | { readonly model: "constant"; readonly oneWayMs: number }
  /** Each pair of hosts has a delay of its own that never changes. */
  | { readonly model: "uniform"; readonly fromMs: number; readonly toMs: number }
  | { readonly model: "log-normal"; readonly medianMs: number; readonly sigma: number }
  | MatrixSpec;

/** Measured round trips between regions: from a file of the form `{ regions: [{ code }], rttMs: [[ms]] }`, or given as rows. */
export interface MatrixSpec {
  readonly model: "matrix";
  /** One of both. */
  readonly file?: string;
  readonly rows?: readonly (readonly number[])[];
  /** Names of the rows; default their numbers. A file has its own. */
  readonly regions?: readonly string[];
  /** Share of the hosts by region; those not named have none. Default: all regions alike. */
  readonly weights?: Readonly<Record<string, number>>;
  /** One way between hosts and their region, log-normal; `maxMs` bounds it (default 20 medians). Default: none. */
  readonly lastMile?: { readonly medianMs: number; readonly sigma: number; readonly maxMs?: number };
  /** Part of its way that a message takes longer, on average; exponentially distributed. Default 0. */
  readonly jitter?: number;
}

const MAX_LAST_MILE_MEDIANS = 20;
/** As much as makes the slowest hundredth of all pairs ten thousand times as slow as the median: more is a mistake. */
const LARGEST_SIGMA = 4;
const PATH = "scenario.latency";

const time = { type: "number", minimum: 0, maximum: LONGEST_ONE_WAY_MS };
const sigma = { type: "number", minimum: 0, maximum: LARGEST_SIGMA };
const name = { type: "string", maxLength: 100 };
const regionName = { anyOf: [name, { type: "object", required: ["code"], properties: { code: name } }] };
const lastMile = {
  type: "object",
  required: ["medianMs", "sigma"],
  properties: { medianMs: time, sigma, maxMs: time },
  additionalProperties: false,
};

/** Rows are checked by {@link checkRoundTrips}, which says more about a matrix than a schema can. */
export const LATENCY_SCHEMA = oneOfKinds("model", {
  regions: kind({}),
  constant: kind({ oneWayMs: time }),
  uniform: kind({ fromMs: time, toMs: time }),
  "log-normal": kind({ medianMs: time, sigma }),
  matrix: kind(
    {},
    {
      file: { type: "string", minLength: 1 },
      rows: { type: "array" },
      regions: { type: "array", maxItems: MAX_REGIONS, items: name },
      weights: { type: "object", minProperties: 1, additionalProperties: { type: "number", minimum: 0, maximum: 1e9 } },
      lastMile,
      jitter: { type: "number", minimum: 0, maximum: 1 },
    },
  ),
});

const checkSpec = specChecker(LATENCY_SCHEMA);
const checkMatrixFile = specChecker({
  type: "object",
  required: ["regions", "rttMs"],
  properties: { regions: { type: "array", maxItems: MAX_REGIONS, items: regionName }, rttMs: { type: "array" } },
});

/**
 * Makes the model that a spec describes; nothing is taken for granted about the spec. `readFile` is asked for the text of matrix files.
 * @throws SynapseError `bad_options` naming the field that is wrong, and what it may be.
 */
export function latencyModel(given: unknown = { model: "regions" }, readFile?: ReadFile): LatencyModel {
  checkSpec(given, PATH);
  const spec = given as LatencySpec;
  switch (spec.model) {
    case "regions":
      return regionLatency();
    case "constant":
      return constantLatency(spec.oneWayMs);
    case "uniform":
      if (spec.fromMs > spec.toMs) throw badSpec(`${PATH}.toMs: must be >= fromMs, which is ${spec.fromMs}`);
      return uniformLatency(spec.fromMs, spec.toMs);
    case "log-normal":
      return logNormalLatency(spec.medianMs, spec.sigma);
    case "matrix":
      return matrixModel(spec, readFile);
  }
}

function matrixModel(spec: MatrixSpec, readFile: ReadFile | undefined): LatencyModel {
  const { weights, lastMile, jitter } = spec;
  const trips = spec.file === undefined ? tripsGiven(spec) : tripsIn(spec.file, spec, readFile);
  const options: MatrixOptions = {
    ...(weights && { weights: weightsOf(weights, trips.regions) }),
    ...(lastMile && { lastMile: { maxMs: MAX_LAST_MILE_MEDIANS * lastMile.medianMs, ...lastMile } }),
    ...(jitter !== undefined && { jitter }),
  };
  return matrixLatency(trips, options);
}

function tripsGiven({ rows, regions }: MatrixSpec): RoundTrips {
  if (rows === undefined) throw badSpec(`${PATH}: a matrix needs a file, or rows`);
  const trips = { rows, regions: regions ?? rows.map((_, index) => `${index}`) };
  checkRoundTrips(trips, `${PATH}.rows`);
  return trips;
}

function tripsIn(file: string, { rows, regions }: MatrixSpec, readFile: ReadFile | undefined): RoundTrips {
  if (rows !== undefined || regions !== undefined)
    throw badSpec(`${PATH}: rows and regions come from the file ${file}; leave them out, or the file`);
  const content = jsonIn(file, `${PATH}.file`, readFile);
  checkMatrixFile(content, file);
  const matrix = content as { regions: readonly (string | { code: string })[]; rttMs: RoundTrips["rows"] };
  const trips = { rows: matrix.rttMs, regions: matrix.regions.map((region) => (typeof region === "string" ? region : region.code)) };
  checkRoundTrips(trips, `${file}.rttMs`);
  return trips;
}

function weightsOf(weights: Readonly<Record<string, number>>, regions: readonly string[]): number[] {
  const unknown = Object.keys(weights).find((name) => !regions.includes(name));
  if (unknown !== undefined)
    throw badSpec(`${PATH}.weights.${unknown}: is no region of the matrix; those are ${regions.slice(0, 30).join(", ")}`);
  const inOrder = regions.map((name) => (Object.hasOwn(weights, name) ? (weights[name] as number) : 0));
  if (!inOrder.some((weight) => weight > 0)) throw badSpec(`${PATH}.weights: at least one must be more than 0`);
  return inOrder;
}
