import { expect, test } from "vitest";
import { latencyModel } from "../../simulations/engine/latency/latency-spec.ts";
import { failureOf } from "../support/net/lifetime.ts";

const square = (size: number) => Array.from({ length: size }, () => new Array<unknown>(size).fill(5));
const matrix = (fields: object) => ({ model: "matrix", rows: square(3), ...fields });
const at = (row: number, column: number, value: unknown) => {
  const rows = square(2);
  (rows[row] as unknown[])[column] = value;
  return { model: "matrix", rows };
};

test.each<[string, unknown, string]>([
  ["of no model", {}, "latency.model: is missing"],
  [
    "of a model that there is not",
    { model: "satellite" },
    'latency.model: must be one of "regions","constant","uniform","log-normal","matrix"',
  ],
  ["that is none", "regions", "latency: must be object"],
  ["with a field of another model", { model: "regions", oneWayMs: 1 }, "latency.oneWayMs: is not known"],
  ["without its figure", { model: "constant" }, "latency.oneWayMs: is missing"],
  ["that goes back in time", { model: "constant", oneWayMs: -1 }, "latency.oneWayMs: must be >= 0"],
  ["that is not a number", { model: "constant", oneWayMs: Number.NaN }, "latency.oneWayMs: must be <= 60000"],
  ["that never arrives", { model: "constant", oneWayMs: 1e9 }, "latency.oneWayMs: must be <= 60000"],
  ["the wrong way round", { model: "uniform", fromMs: 9, toMs: 3 }, "latency.toMs: must be >= fromMs, which is 9"],
  ["that is too wide", { model: "log-normal", medianMs: 9, sigma: 40 }, "latency.sigma: must be <= 4"],
  ["without rows or file", { model: "matrix" }, "latency: a matrix needs a file, or rows"],
  ["without any row", matrix({ rows: [] }), "latency.rows: must have from 1 to 1000 rows, not 0"],
  ["with too many rows", matrix({ rows: square(1_001) }), "latency.rows: must have from 1 to 1000 rows, not 1001"],
  ["with too short a row", matrix({ rows: [[1, 2], [1]] }), "latency.rows.1: must be a list of 2 round trips"],
  ["that is not square", matrix({ rows: square(3).slice(1) }), "latency.rows.0: must be a list of 2 round trips"],
  ["with a row that is none", matrix({ rows: [1] }), "latency.rows.0: must be a list of 1 round trips"],
  ["with a hole", matrix({ rows: [new Array(1)] }), "latency.rows.0.0: must be a round trip from 0 to 120000 ms, not undefined"],
  ["with a negative round trip", at(0, 1, -2), "latency.rows.0.1: must be a round trip from 0 to 120000 ms, not -2"],
  ["with NaN in it", at(1, 0, Number.NaN), "latency.rows.1.0: must be a round trip from 0 to 120000 ms, not NaN"],
  ["with text in it", at(0, 1, "soon"), "latency.rows.0.1: must be a round trip from 0 to 120000 ms, not soon"],
  ["with more names than rows", matrix({ regions: ["a", "b", "c", "d"] }), "must have a row for each of the 4 regions, not 3"],
  ["with a weight for no region", matrix({ weights: { mars: 1 } }), "latency.weights.mars: is no region of the matrix; those are 0, 1, 2"],
  ["with nobody anywhere", matrix({ weights: { 0: 0 } }), "latency.weights: at least one must be more than 0"],
  ["with half a last mile", matrix({ lastMile: { medianMs: 1 } }), "latency.lastMile.sigma: is missing"],
  ["with file and rows", matrix({ file: "a.json" }), "rows and regions come from the file a.json"],
  ["with a file where there are none", { model: "matrix", file: "a.json" }, "latency.file: files cannot be read here"],
])("A latency spec %s is refused, and it is said where and what may be", async (_, spec, message) => {
  expect(await failureOf(() => latencyModel(spec))).toMatchObject({ code: "bad_options", message: expect.stringContaining(message) });
});

const json = (content: unknown) => () => JSON.stringify(content);
const missing = () => {
  throw new Error("ENOENT: no such file");
};

test.each<[string, () => string, string]>([
  ["is not there", missing, "scenario.latency.file: a.json cannot be read as JSON: ENOENT"],
  ["is no JSON", () => "{", "scenario.latency.file: a.json cannot be read as JSON"],
  ["is another", json({ rows: [] }), "a.json.regions: is missing"],
  [
    "lacks a row",
    json({ regions: ["a", { code: "b" }], rttMs: [[1, 2]] }),
    "a.json.rttMs: must have a row for each of the 2 regions, not 1",
  ],
  ["lacks a figure", json({ regions: ["a"], rttMs: [[null]] }), "a.json.rttMs.0.0: must be a round trip"],
])("A matrix whose file %s is refused, and it is said why", async (_, readFile, message) => {
  expect(await failureOf(() => latencyModel({ model: "matrix", file: "a.json" }, readFile))).toMatchObject({
    code: "bad_options",
    message: expect.stringContaining(message),
  });
});
