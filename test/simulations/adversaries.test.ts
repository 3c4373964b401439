import { describe, expect, test } from "vitest";
import { MAX_PER_KEY } from "../../dht/index.ts";
import { type AdversarySpec, record, type Series } from "../../simulations/index.ts";

const MINUTE = 60_000;
const times = { fromMs: MINUTE / 2, untilMs: 2 * MINUTE };

/** What is done to one world, at the same time. */
const ATTACKS: Readonly<Record<string, readonly AdversarySpec[]>> = {
  "who lead nowhere or say nothing": [
    { adversary: "droppers", share: 0.15 },
    { adversary: "silent", share: 0.1, rate: 0.7 },
  ],
  "who name what is not there, and come and go": [
    { adversary: "liars", share: 0.15 },
    { adversary: "poisoners", count: 5, perSecond: 10, sessionMs: 20_000 },
    { adversary: "poisoners", count: 5, perSecond: 10, claim: "victims" },
    { adversary: "sybils", count: 3, sessionMs: 20_000 },
  ],
  "who hide records": [
    { adversary: "hiders", share: 0.1, how: "truncate" },
    { adversary: "hiders", share: 0.1, how: "endless" },
    { adversary: "hiders", share: 0.1, how: "split", capability: "skill-1" },
    { adversary: "ground-ids", count: 22, capability: "skill-0", oneSubnet: true },
    { adversary: "ground-ids", count: 3, key: "00".repeat(32) },
  ],
  "who store what is false, or far too much": [
    { adversary: "forgers", share: 0.15, perSecond: 2 },
    { adversary: "record-flood", count: 2, capability: "skill-0", perSecond: 1 },
    { adversary: "record-flood", share: 0.1, capability: "skill-1", perSecond: 0.5, publishers: 2 },
  ],
};

/** The mean of a column from a moment on. */
function meanOf({ columns, stepMs }: Series, name: string, fromMs: number): number {
  const column = columns.find((each) => each.name === name);
  const values = (column?.values ?? []).slice(Math.ceil(fromMs / stepMs)).filter((value) => value !== null);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe.each(["overlay", "node"] as const)("At the %s level, against those", (level) => {
  // Whole nodes take a hundred times as long.
  const nodes = level === "node" ? 10 : 30;
  const small = { level, nodes, seed: 5, growthMs: 500, settleMs: MINUTE / 2, durationMs: 5 * MINUTE };
  const load = { lookupsPerSecond: 0.3, findsPerSecond: 0.2, capabilities: 3, findLimit: 400 };

  test.each(Object.entries(ATTACKS))(
    "%s, nothing false is believed, all stays within bounds, and the network heals",
    async (_, attacks) => {
      const adversaries = attacks.map((spec) => ({ ...spec, ...times }));
      const { figures, series, marks, picture } = await record({ ...small, load, adversaries });
      expect(figures.faults).toEqual([]);
      expect(figures.adversaries).toMatchObject({ believedWrongly: 0, overBudget: 0 });
      expect(figures.adversaries?.fullestStore).toBeLessThanOrEqual(3 * MAX_PER_KEY);
      expect(marks).toHaveLength(adversaries.length);
      expect(picture.nodes.some(({ kind }) => kind === "adversary")).toBe(true);
      const healedAt = (marks[0]?.untilMs ?? 0) + MINUTE;
      expect(meanOf(series, "recall of lookups", healedAt)).toBeGreaterThan(0.97);
      expect(meanOf(series, "success of finds", healedAt)).toBe(1);
    },
  );
});
