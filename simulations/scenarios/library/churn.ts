import { HOUR, MINUTE, type Named } from "./named.ts";

/** The four median sessions at which Bamboo was measured (Rhea, Geels, Roscoe, Kubiatowicz 2004). */
const sessions = (name: string, minutes: number, atLeast: number): Named => ({
  name,
  about: `members come and go: half of them leave within ${minutes} minutes`,
  // The median of an exponential distribution is its mean times the logarithm of 2.
  churn: { model: "exponential", meanMs: (minutes * MINUTE) / Math.LN2 },
  targets: [{ figure: "lookups.success", atLeast }],
});

/** Networks whose members come and go. */
export const CHURN: readonly Named[] = [
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
    name: "day",
    about: "a day with sessions as measured of KAD",
    durationMs: 24 * HOUR,
    churn: { model: "kad" },
    targets: [{ figure: "finds.success", atLeast: 0.999 }],
  },
];
