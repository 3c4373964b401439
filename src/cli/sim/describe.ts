import type { AdversaryFigures, Figures, OperationFigures } from "synapse-p2p/simulations";
import { type Colours, table } from "../output.ts";

export function describeFigures(style: Colours, figures: Figures, indent = 0): string[] {
  const {
    scenario,
    level: depth,
    nodes,
    seed,
    virtualMs,
    wallMs,
    messages,
    messagesPerSecond,
    bytesPerNodeSecond,
    rssBytes,
    traceHash,
    deaths,
  } = figures;
  const pad = " ".repeat(indent);
  const facts: [string, string][] = [
    ["scenario", `${scenario}, ${depth} level, ${nodes} nodes, seed ${seed}${deaths > 0 ? `, ${deaths} left and were replaced` : ""}`],
    ["time", `${spell(virtualMs)} virtual in ${(wallMs / 1000).toFixed(1)} s (${Math.round(virtualMs / wallMs)} : 1)`],
    [
      "messages",
      `${messages.toLocaleString("en")} (${messagesPerSecond.toLocaleString("en")} a second; ${bytesPerNodeSecond} bytes a second and node)`,
    ],
    ["memory", `${Math.round(rssBytes / 1e6)} MB`],
    ["trace", `${traceHash.slice(0, 16)}…`],
  ];
  const { adversaries } = figures;
  if (adversaries !== undefined) facts.push(["attackers", describeAdversaries(adversaries)]);
  const { lookups, finds, publishes, joins, watches } = figures;
  const operations = Object.entries({ lookups, finds, publishes, joins, watches });
  const rows = operations.flatMap(([name, of]) => (of === undefined || of.count === 0 ? [] : [row(name, of)]));
  if (adversaries !== undefined && adversaries.targeted.count > 0) rows.push(row("targeted", adversaries.targeted));
  const head = ["", "COUNT", "SUCCESS", "RECALL", "HOPS", "P99", "REQUESTS", "P99", "MS P50", "P90", "P99"];
  return [...facts.map(([name, value]) => `${pad}${style.dim(name.padEnd(10))}${value}`), "", ...table(style, head, rows, indent)];
}

function row(name: string, { count, success, recall, hops, requests, latencyMs }: OperationFigures): string[] {
  const ms = [latencyMs.p50, latencyMs.p90, latencyMs.p99].map((value) => String(Math.round(value)));
  return [
    name,
    String(count),
    percent(success),
    percent(recall),
    hops.mean.toFixed(2),
    String(hops.p99),
    requests.mean.toFixed(2),
    String(requests.p99),
    ...ms,
  ];
}

function describeAdversaries({ hosts, inTables, spam, believedWrongly }: AdversaryFigures): string {
  return `${hosts} hosts; ${percent(inTables)} of the seats in tables; ${percent(spam)} of matches are spam; ${believedWrongly} believed wrongly`;
}

function percent(part: number): string {
  return `${(part * 100).toFixed(2)} %`;
}

/** A length of time, to the minute or, below ten of them, to the second. */
export function spell(ms: number): string {
  if (ms < 600_000) return ms < 60_000 ? `${Math.floor(ms / 1_000)} s` : `${Math.floor(ms / 60_000)} min ${Math.floor(ms / 1_000) % 60} s`;
  const minutes = Math.round(ms / 60_000);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
