import { MINUTE, type Named } from "./named.ts";

/** Networks that are quiet, crowded, cut in two, or in trouble of another kind. */
export const WEATHER: readonly Named[] = [
  {
    name: "baseline",
    about: "a quiet network: nobody leaves, nothing breaks",
    targets: [
      { figure: "lookups.recall", atLeast: 0.99 },
      { figure: "lookups.requests.mean", atMost: 28 },
      { figure: "lookups.hops.p99", atMost: 5 },
      { figure: "finds.recall", atLeast: 0.999 },
    ],
  },
  {
    name: "cold-links",
    about: "no link is kept: every request dials first",
    links: { idleMs: 0 },
    targets: [{ figure: "lookups.recall", atLeast: 0.99 }],
  },
  {
    name: "stale-contacts",
    about: "30 % of the members vanish at once and for good: everybody's tables are full of dead contacts",
    durationMs: 10 * MINUTE,
    faults: [{ fault: "crash", share: 0.3, forGood: true }],
    load: { publishesPerSecond: 0.5 },
    targets: [
      { figure: "lookups.success", atLeast: 0.99 },
      { figure: "lookups.recall", atLeast: 0.95 },
      { figure: "finds.success", atLeast: 0.99 },
      { figure: "publishes.recall", atLeast: 0.95 },
    ],
  },
  {
    name: "join-storm",
    about: "the network doubles within a minute: all newcomers join through the same three bootstrap nodes",
    durationMs: 20 * MINUTE,
    arrivals: [{ atMs: 5 * MINUTE, withinMs: MINUTE, share: 1 }],
    targets: [
      { figure: "joins.success", atLeast: 0.999 },
      { figure: "joins.recall", atLeast: 0.9 },
      { figure: "lookups.recall", atLeast: 0.95 },
      { figure: "finds.recall", atLeast: 0.99 },
    ],
  },
  {
    name: "partition",
    about: "a third of the network is cut off for ten minutes, and joins again",
    faults: [{ fault: "partition", share: 1 / 3, fromMs: 15 * MINUTE, untilMs: 25 * MINUTE }],
    targets: [{ figure: "finds.success", atLeast: 0.9 }],
  },
  {
    name: "crash",
    about: "a third of the network goes down at once, and comes back with nothing a quarter of an hour later",
    faults: [{ fault: "crash", share: 1 / 3, fromMs: 15 * MINUTE, untilMs: 30 * MINUTE }],
    targets: [{ figure: "finds.success", atLeast: 0.95 }],
  },
  {
    name: "rough-weather",
    about: "links break, messages are late, pairs of hosts cannot reach each other, some disks are full",
    faults: [
      { fault: "loss", rate: 0.01 },
      { fault: "delay", rate: 0.05, addMs: 500 },
      { fault: "clog", share: 0.02, everyMs: 10 * MINUTE, lastsMs: 2 * MINUTE },
      { fault: "refuse-stores", share: 0.1 },
    ],
    targets: [{ figure: "lookups.recall", atLeast: 0.95 }],
  },
  {
    name: "hot-capability",
    about: "names are as uneven as words: some are offered and searched for by hundreds, most by few",
    load: { zipf: 1, capabilities: 200, findsPerSecond: 2 },
    targets: [{ figure: "finds.recall", atLeast: 0.99 }],
  },
  {
    name: "mixed",
    about: "a little of everything among forty nodes, for two minutes: what `sim verify` runs",
    nodes: 40,
    settleMs: 20_000,
    durationMs: 2 * MINUTE,
    churn: { model: "exponential", meanMs: 10 * MINUTE },
    faults: [
      { fault: "loss", rate: 0.01 },
      { fault: "delay", rate: 0.05, addMs: 500 },
      { fault: "partition", share: 0.3, fromMs: 30_000, untilMs: MINUTE },
      { fault: "crash", share: 0.2, fromMs: MINUTE, untilMs: 1.5 * MINUTE },
    ],
    adversaries: [
      { adversary: "liars", share: 0.05 },
      { adversary: "droppers", share: 0.05 },
      { adversary: "sybils", count: 3, sessionMs: MINUTE },
    ],
    arrivals: [{ atMs: 1.5 * MINUTE, withinMs: 15_000, share: 0.1 }],
    load: { zipf: 1, publishesPerSecond: 0.2 },
    targets: [{ figure: "finds.success", atLeast: 0.9 }],
  },
];
