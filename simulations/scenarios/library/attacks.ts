import { HOUR, MINUTE, type Named } from "./named.ts";

/** Networks in which some do not keep to the protocol. */
export const ATTACKS: readonly Named[] = [
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
];
