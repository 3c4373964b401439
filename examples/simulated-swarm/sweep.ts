import { simulate } from "synapse-p2p/simulations";

console.log("mean session   lookups: recall  requests   finds: success  recall");
for (const minutes of [undefined, 60, 20, 5]) {
  const { lookups, finds } = await simulate({
    nodes: Number(process.argv[2] ?? 200),
    seed: 7,
    durationMs: 20 * 60_000,
    ...(minutes !== undefined && { churn: { model: "exponential", meanMs: minutes * 60_000 } }),
  });
  const name = minutes === undefined ? "for ever" : `${minutes} min`;
  const cells = [lookups.recall.toFixed(4), lookups.requests.mean.toFixed(1), finds.success.toFixed(4), finds.recall.toFixed(4)];
  console.log(name.padEnd(15) + cells.map((cell, i) => cell.padStart([15, 10, 17, 8][i] ?? 8)).join(""));
}
