import { HOUR, MINUTE, type Named } from "./named.ts";

/**
 * Networks in which agents offer random things and are looked for by random queries. Two of five offer the same, more than one key has room
 * for, so that it is split. A stranger is as bad as a loss: both must be 0 wherever the report says complete.
 */
const queries: Omit<Named, "name" | "about"> = {
  nodes: 500,
  durationMs: 30 * MINUTE,
  load: { capabilities: 50, lookupsPerSecond: 0, findsPerSecond: 0, queriesPerSecond: 1 },
  targets: [
    { figure: "queries.exact", atLeast: 1 },
    { figure: "queries.silentLosses", atMost: 0 },
    { figure: "queries.wronglyFound", atMost: 0 },
    { figure: "queries.recall", atLeast: 0.999 },
  ],
};

export const QUERIES: readonly Named[] = [
  { name: "queries", about: "random queries, with AND, OR, NOT, ranges, prefixes and counts, against brute force", ...queries },
  {
    name: "queries-churn",
    about: "the same while members come and go: a mean session lasts an hour",
    ...queries,
    churn: { model: "exponential", meanMs: HOUR },
  },
  {
    name: "watches",
    about: "fifty members watch who offers a name, while members come and go: how soon they are told of newcomers",
    nodes: 500,
    durationMs: HOUR,
    churn: { model: "exponential", meanMs: HOUR, graceful: 0.5 },
    load: { capabilities: 25, watches: 50, lookupsPerSecond: 0, findsPerSecond: 0 },
    targets: [
      { figure: "watches.success", atLeast: 0.999 },
      { figure: "watches.latencyMs.p50", atMost: 2_000 },
    ],
  },
];
