import { MINUTE, type Named } from "./named.ts";

/** What is done to routing tables and to those through whom everybody joins. */
export const TABLES: readonly Named[] = [
  {
    name: "eclipse",
    about: "two attackers, with an address and a thousand ids each, try to fill the tables of a thousand members",
    adversaries: [{ adversary: "droppers", count: 2_000, addresses: 2, fromMs: 5 * MINUTE }],
    targets: [
      { figure: "adversaries.eclipsed", atMost: 0 },
      { figure: "lookups.success", atLeast: 0.99 },
      { figure: "finds.success", atLeast: 0.99 },
    ],
  },
  {
    name: "bootstrap-storm",
    about: "ten thousand newcomers within two minutes, all through the same two bootstrap nodes, on lines of 2 Mbit/s",
    nodes: 10,
    bootstraps: 2,
    durationMs: 8 * MINUTE,
    hosts: { upload: { bytesPerSecond: 250_000 } },
    overlay: { fullAnswersPerSecond: 50 },
    arrivals: [{ atMs: MINUTE, withinMs: 2 * MINUTE, nodes: 10_000 }],
    load: { capabilities: 1_000 },
    targets: [
      { figure: "joins.success", atLeast: 0.999 },
      { figure: "joins.latencyMs.p99", atMost: 30_000 },
    ],
  },
];
