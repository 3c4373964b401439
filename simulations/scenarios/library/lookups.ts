import { HOUR, MINUTE, type Named } from "./named.ts";

/** Ten thousand members, who hardly know each other: on the way to a key most of those asked are strangers. */
const LARGE = {
  nodes: 10_000,
  durationMs: 10 * MINUTE,
  load: { capabilities: 2_000, lookupsPerSecond: 2, findsPerSecond: 5, findLimit: 1 },
};
/** Links stay open unless there are too many: a network that is used. */
const WARM = { links: { idleMs: 24 * HOUR } };

/** Adversaries of S/Kademlia, against a number of disjoint paths. */
const paths = (count: number, percent: number, atLeast: number): Named => ({
  name: `paths-${count}-${percent}`,
  about: `${percent} % of the network names only each other; whoever looks for something takes ${count} paths that share no contact`,
  durationMs: 10 * MINUTE,
  overlay: { paths: count },
  load: { capabilities: 300, lookupsPerSecond: 2, findsPerSecond: 2, findLimit: 1 },
  adversaries: [{ adversary: "droppers", share: percent / 100 }],
  targets: [
    { figure: "lookups.success", atLeast },
    { figure: "finds.success", atLeast },
  ],
});

/** How fast and how surely things are found, in large networks and in hostile ones. */
export const LOOKUPS: readonly Named[] = [
  {
    name: "find-warm",
    about: "ten thousand members whose links stay open: how soon one agent of a name is found",
    ...LARGE,
    ...WARM,
    targets: [
      { figure: "finds.firstMs.p50", atMost: 200 },
      { figure: "finds.firstMs.p99", atMost: 750 },
      { figure: "finds.requests.mean", atMost: 7 },
      { figure: "finds.hops.p99", atMost: 5 },
      { figure: "lookups.hops.p99", atMost: 5 },
      { figure: "lookups.requests.mean", atMost: 28 },
      { figure: "lookups.recall", atLeast: 0.99 },
    ],
  },
  {
    name: "find-cold",
    about: "the same where no link is kept: every request dials first, and nobody can pass anything on",
    ...LARGE,
    links: { idleMs: 0 },
    targets: [
      { figure: "finds.firstMs.p50", atMost: 400 },
      { figure: "finds.firstMs.p99", atMost: 1_500 },
      { figure: "lookups.recall", atLeast: 0.99 },
    ],
  },
  {
    name: "find-stale",
    about: "the same with open links after 30 % of the members have vanished at once and for good",
    ...LARGE,
    ...WARM,
    faults: [{ fault: "crash", share: 0.3, forGood: true }],
    // Whom a search for one finds may be one of those who have vanished: its record lives on for hours, so `finds.success` says nothing
    // here.
    targets: [
      { figure: "finds.firstMs.p99", atMost: 1_000 },
      { figure: "lookups.success", atLeast: 0.99 },
    ],
  },
  paths(4, 20, 0.99),
  paths(4, 30, 0.95),
  paths(8, 30, 0.99),
  paths(8, 50, 0.9),
];
