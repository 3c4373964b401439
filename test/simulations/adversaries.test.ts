import { describe, expect, test } from "vitest";
import { MAX_PER_KEY } from "../../dht/index.ts";
import { type AdversarySpec, record, type Series } from "../../simulations/index.ts";

const MINUTE = 60_000;
const times = { fromMs: MINUTE / 3, untilMs: 1.5 * MINUTE };

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

/** The mean of a column over a stretch of virtual time. */
function meanOf({ columns, stepMs }: Series, name: string, fromMs: number, untilMs = Number.POSITIVE_INFINITY): number {
  const column = columns.find((each) => each.name === name);
  const values = (column?.values ?? []).slice(Math.ceil(fromMs / stepMs), untilMs / stepMs).filter((value) => value !== null);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

describe.each(["overlay", "node"] as const)("At the %s level, against those", (level) => {
  // Whole nodes take a hundred times as long.
  const [nodes, part] = level === "node" ? [8, 4] : [30, 1];
  const small = { level, nodes, seed: 5, growthMs: 300, settleMs: MINUTE / 6, durationMs: 3 * MINUTE };
  const load = { lookupsPerSecond: 0.4, findsPerSecond: 0.3, capabilities: 3, findLimit: 400 };

  test.each(Object.entries(ATTACKS))(
    "%s, nothing false is believed, all stays within bounds, and the network heals",
    async (_, attacks) => {
      const adversaries = attacks.map((spec) => ({ ...spec, ...times, ...("count" in spec && { count: Math.ceil(spec.count / part) }) }));
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

test("Members that turn do so for their time alone", async () => {
  const adversaries = [{ adversary: "liars", share: 0.2, ...times }] as const;
  const { series, marks } = await record({
    nodes: 30,
    seed: 4,
    settleMs: MINUTE,
    durationMs: 4 * MINUTE,
    load: { lookupsPerSecond: 0.5 },
    adversaries,
  });
  const { fromMs = 0, untilMs = 0 } = marks[0] ?? {};
  const latency = (from: number, until?: number) => meanOf(series, "latency of lookups", from, until);
  expect(untilMs - fromMs).toBeCloseTo((7 / 6) * MINUTE);
  expect(latency(fromMs + MINUTE / 2, untilMs)).toBeGreaterThan(2 * latency(fromMs - MINUTE / 3, fromMs));
  expect(latency(untilMs + MINUTE / 2)).toBeLessThan(latency(fromMs + MINUTE / 2, untilMs) / 2);
});

test("Two attackers with an address each, however many ids they have, hold nobody's table", async () => {
  const { figures } = await record({
    nodes: 40,
    seed: 6,
    settleMs: MINUTE / 6,
    durationMs: 3 * MINUTE,
    load: { lookupsPerSecond: 0.5, findsPerSecond: 0.5 },
    adversaries: [{ adversary: "droppers", count: 120, addresses: 2 }],
  });
  expect(figures.adversaries).toMatchObject({ hosts: 120, eclipsed: 0 });
  // Ten seats for each address are 20 of 59 where everybody honest is known; none of theirs waits that answers sooner than others.
  expect(figures.adversaries?.inTables).toBeLessThan(0.36);
  expect(figures.adversaries?.inTables).toBeGreaterThan(0.05);
  expect(figures.lookups.success).toBeGreaterThan(0.95);
});
