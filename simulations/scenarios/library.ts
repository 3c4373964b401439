import { SynapseError } from "../../routing/index.ts";
import type { ScenarioInput } from "./scenario.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

type Named = ScenarioInput & { readonly name: string; readonly about: string };

/** The four median sessions at which Bamboo was measured (Rhea, Geels, Roscoe, Kubiatowicz 2004). */
const sessions = (name: string, minutes: number, atLeast: number): Named => ({
  name,
  about: `members come and go: half of them leave within ${minutes} minutes`,
  // The median of an exponential distribution is its mean times the logarithm of 2.
  churn: { model: "exponential", meanMs: (minutes * MINUTE) / Math.LN2 },
  targets: [{ figure: "lookups.success", atLeast }],
});

/** Scenarios that come with the project. Whatever they leave open is as in the default scenario. */
export const LIBRARY: readonly Named[] = [
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
    name: "churn-kad",
    about: "sessions as measured of KAD: most stay for minutes, some for weeks",
    churn: { model: "kad" },
    targets: [
      { figure: "lookups.recall", atLeast: 0.95 },
      { figure: "bytesPerNodeSecond", atMost: 300 },
    ],
  },
  sessions("churn-60", 60, 0.995),
  sessions("churn-23", 23, 0.99),
  sessions("churn-5", 5, 0.95),
  sessions("churn-1", 1.4, 0.9),
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
    name: "droppers",
    about: "a fifth of the network names only each other, and keeps nothing of what it is given",
    adversaries: [{ adversary: "droppers", share: 0.2 }],
    targets: [
      { figure: "lookups.success", atLeast: 0.99 },
      { figure: "finds.success", atLeast: 0.99 },
    ],
  },
  {
    name: "ground-ids",
    about: "45 ids, ground to be nearer to the key of a popular name than anybody, hide its records",
    // Records live three hours: what was stored before the attack is gone after that.
    durationMs: 5 * HOUR,
    load: { zipf: 1 },
    adversaries: [{ adversary: "ground-ids", capability: "skill-0", count: 45, oneSubnet: true, fromMs: 10 * MINUTE }],
    targets: [
      { figure: "adversaries.targeted.success", atLeast: 0.99 },
      { figure: "adversaries.targeted.requests.mean", atMost: 2 * 22 },
    ],
  },
  {
    name: "record-flood",
    about: "agents that do not exist are published under a name, until there is no room for those that do",
    load: { capabilities: 20, findLimit: 400 },
    churn: { model: "kad" },
    adversaries: [{ adversary: "record-flood", capability: "skill-0", count: 20, perSecond: 2, fromMs: 10 * MINUTE, untilMs: 50 * MINUTE }],
    targets: [{ figure: "adversaries.targeted.recall", atLeast: 0.95 }],
  },
  {
    name: "forgers",
    about: "a tenth of the network replays and forges records, and gives out what it has forged",
    churn: { model: "exponential", meanMs: HOUR, graceful: 0.5 },
    adversaries: [{ adversary: "forgers", share: 0.1, perSecond: 2 }],
    targets: [
      { figure: "adversaries.believedWrongly", atMost: 0 },
      { figure: "finds.success", atLeast: 0.99 },
    ],
  },
  {
    name: "poisoned-tables",
    about: "a tenth of the network names who is not there, others claim addresses of victims, and ids come and go in seconds",
    adversaries: [
      { adversary: "liars", share: 0.1 },
      { adversary: "poisoners", count: 50, perSecond: 20, claim: "victims", fromMs: 10 * MINUTE, untilMs: 40 * MINUTE },
      { adversary: "sybils", count: 50, sessionMs: MINUTE, fromMs: 10 * MINUTE, untilMs: 40 * MINUTE },
    ],
    targets: [
      { figure: "lookups.recall", atLeast: 0.95 },
      { figure: "finds.success", atLeast: 0.99 },
    ],
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
  {
    name: "day",
    about: "a day with sessions as measured of KAD",
    durationMs: 24 * HOUR,
    churn: { model: "kad" },
    targets: [{ figure: "finds.success", atLeast: 0.999 }],
  },
];

/** @throws SynapseError `not_found` naming those there are. */
export function scenarioNamed(name: string): Named {
  const found = LIBRARY.find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  throw new SynapseError("not_found", `there is no scenario ${JSON.stringify(name)}`, {
    hint: `one of: ${LIBRARY.map((each) => each.name).join(", ")}`,
  });
}
