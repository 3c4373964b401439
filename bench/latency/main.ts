import Table from "cli-table3";
import { fitOf } from "../../simulations/engine/latency/fit.ts";
import type { LatencyModel } from "../../simulations/engine/latency/latency-model.ts";
import { latencyModel } from "../../simulations/engine/latency/latency-spec.ts";
import { RandomStream } from "../../simulations/engine/random.ts";
import { Samples } from "../../simulations/engine/statistics.ts";
import { AWS, AWS_PAIRS } from "../../test/support/aws-round-trips.ts";

/** Pairs of hosts drawn from a model. */
const DRAWS = 200_000;
/** Upper ends of the bands of relative error. */
const BANDS = [0.1, 0.2, 0.3, 0.5, Number.POSITIVE_INFINITY];

const fit = fitOf(
  AWS_PAIRS.map(({ measuredMs }) => measuredMs),
  AWS_PAIRS.map(({ modelledMs }) => modelledMs),
);
const percent = (part: number) => `${(100 * part).toFixed(1)} %`;

/** Round trips between random hosts, ms. */
function drawn(model: LatencyModel): string[] {
  const random = new RandomStream(1, "latency");
  const trips = new Samples();
  for (let n = 0; n < DRAWS; n++) trips.add(2 * model.oneWayMs(model.place(random), model.place(random)));
  return fit.quantiles.map(({ part }) => trips.quantile(part).toFixed(0));
}

function quantileTable(): string {
  const { quantiles } = fit;
  const table = new Table({ head: ["round trips, ms", ...quantiles.map(({ part }) => `p${100 * part}`)], style: { head: [], border: [] } });
  table.push(["measured between 21 regions", ...quantiles.map(({ measured }) => measured.toFixed(0))]);
  table.push(["regions, between the same places", ...quantiles.map(({ modelled }) => modelled.toFixed(0))]);
  table.push(["regions, between random hosts", ...drawn(latencyModel({ model: "regions" }))]);
  table.push(["matrix, between random hosts", ...drawn(latencyModel({ model: "matrix", rows: AWS.rttMs }))]);
  return table.toString();
}

function histogram(): string {
  const errors = AWS_PAIRS.map(({ measuredMs, modelledMs }) => Math.abs(modelledMs - measuredMs) / measuredMs);
  return BANDS.map((upTo, index) => {
    const from = BANDS[index - 1] ?? 0;
    const count = errors.filter((error) => error >= from && error < upTo).length;
    const label = upTo === Number.POSITIVE_INFINITY ? `${100 * from} % and more` : `${100 * from} to ${100 * upTo} %`;
    return `${label.padEnd(14)} ${String(count).padStart(3)} ${"#".repeat(count)}`;
  }).join("\n");
}

console.log(quantileTable());
console.log(`\n${fit.pairs} pairs: relative error median ${percent(fit.relativeError.p50)}, p90 ${percent(fit.relativeError.p90)};`);
console.log(`correlation ${fit.correlation.toFixed(3)}\n\nrelative error, pairs\n${histogram()}`);
