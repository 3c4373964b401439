import { simulate } from "synapse-p2p/simulations";

console.log("mean session     α    recall  requests   p50 ms   p99 ms");
for (const churnMs of [undefined, 30 * 60_000]) {
  for (const alpha of [1, 2, 3, 4, 6, 8]) {
    const options = {
      nodes: Number(process.argv[2] ?? 500),
      seed: 21,
      durationMs: 15 * 60_000,
      load: { lookupsPerSecond: 1 },
      overlay: { alpha },
    };
    const { lookups } = await simulate({ ...options, ...(churnMs !== undefined && { churn: { model: "exponential", meanMs: churnMs } }) });
    const { recall, requests, latencyMs } = lookups;
    const cells = [String(alpha), (recall * 100).toFixed(2), requests.mean.toFixed(2), latencyMs.p50.toFixed(0), latencyMs.p99.toFixed(0)];
    console.log(
      (churnMs === undefined ? "for ever" : "30 min").padEnd(14) +
        cells.map((cell, i) => cell.padStart([4, 10, 10, 9, 9][i] ?? 9)).join(""),
    );
  }
}
