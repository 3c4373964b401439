import { HOUR, MINUTE, type Named } from "./named.ts";

const PUBLISH_TARGETS: Named["targets"] = [
  { figure: "publishes.latencyMs.p50", atMost: 1_000 },
  { figure: "publishes.latencyMs.p95", atMost: 2_500 },
  { figure: "publishes.recall", atLeast: 0.95 }, // 19 of 20
];

/** What becomes of records: how fast they are where they belong, whether they stay, and who has to hold and give them. */
export const RECORDS: readonly Named[] = [
  {
    name: "publish",
    about: "members publish in a large network: how long it takes, and whether the 20 nearest hold it",
    nodes: 10_000,
    durationMs: 20 * MINUTE,
    load: { publishesPerSecond: 2, lookupsPerSecond: 0, findsPerSecond: 0 },
    targets: PUBLISH_TARGETS,
  },
  {
    name: "publish-cold",
    about: "the same where no link is kept: every request dials first",
    nodes: 10_000,
    durationMs: 20 * MINUTE,
    links: { idleMs: 0 },
    load: { publishesPerSecond: 2, lookupsPerSecond: 0, findsPerSecond: 0 },
    targets: PUBLISH_TARGETS,
  },
  {
    name: "records-day",
    about: "a day of sessions as measured of KAD: ten records each, of which none may be lost while its publisher lives",
    durationMs: 24 * HOUR,
    churn: { model: "kad" },
    load: { capabilities: 10_000, offersEach: 10, lookupsPerSecond: 0.05 },
    targets: [
      { figure: "records.lost", atMost: 0 },
      { figure: "finds.success", atLeast: 0.999 },
      { figure: "finds.recall", atLeast: 0.999 },
    ],
  },
  {
    name: "hot-name",
    about: "half of all agents offer the same name, and everybody searches for a hundred of them",
    nodes: 10_000,
    durationMs: 30 * MINUTE,
    load: { hot: 0.5, zipf: 1, findsPerSecond: 4, lookupsPerSecond: 0 },
    targets: [
      { figure: "finds.recall", atLeast: 0.999 },
      { figure: "records.busiestHolder", atMost: 3 },
      { figure: "records.fullestKey", atMost: 256 },
    ],
  },
  {
    name: "bulk",
    about: "one member publishes 10,000 records, and keeps them published",
    durationMs: 4 * HOUR,
    overlay: { mostOwn: 16_384 },
    load: { bulkOffers: 10_000, lookupsPerSecond: 0.1, findsPerSecond: 0.1 },
    targets: [
      { figure: "records.bulkWalks", atMost: 500 }, // a walk for each would be 10,000
      { figure: "records.lost", atMost: 0 },
    ],
  },
];
