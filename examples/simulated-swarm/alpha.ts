import { simulate } from "synapse-p2p/simulations";

/** The networks in which slots are compared: quiet and used, quiet and unused, a third of it gone, and coming and going. */
const NETWORKS = {
  "warm links": { links: { idleMs: "24h" } },
  "cold links": { links: { idleMs: 0 } },
  "30 % gone": { links: { idleMs: "24h" }, faults: [{ fault: "crash", share: 0.3, forGood: true }] },
  "30 min": { churn: { model: "exponential", meanMs: "30m" } },
} as const;

/** α, β, and the slots once β of the nearest have answered. */
const SLOTS = [
  [3, 20, 3],
  [6, 20, 6],
  [6, 3, 12],
  [6, 1, 20],
  [3, 1, 20],
  [10, 1, 20],
] as const;

console.log("network       α  β  then   recall  requests   p50 ms   p99 ms   first p50   first p99   a find");
for (const [name, network] of Object.entries(NETWORKS)) {
  for (const [alpha, beta, closingAlpha] of SLOTS) {
    const { lookups, finds } = await simulate({
      nodes: Number(process.argv[2] ?? 300),
      seed: 21,
      durationMs: "10m",
      load: { lookupsPerSecond: 1, findsPerSecond: 1, findLimit: 1, capabilities: 200 },
      overlay: { alpha, beta, closingAlpha },
      ...network,
    });
    const { recall, requests, latencyMs } = lookups;
    const of = [requests.mean, latencyMs.p50, latencyMs.p99, finds.firstMs?.p50 ?? 0, finds.firstMs?.p99 ?? 0, finds.requests.mean];
    const cells = [alpha, beta, closingAlpha, (recall * 100).toFixed(2), ...of.map((value, i) => value.toFixed(i % 5 === 0 ? 2 : 0))];
    console.log(name.padEnd(11) + cells.map((cell, i) => String(cell).padStart([4, 3, 6, 9, 10, 9, 9, 12, 12, 9][i] ?? 9)).join(""));
  }
}
