import { describe, expect, test } from "vitest";
import { type Recording, readScenario, record, type ScenarioInput } from "../../simulations/index.ts";
import { arrivedMs } from "../../simulations/scenarios/arrivals.ts";
import { failureOf } from "../support/net/lifetime.ts";

const MINUTE = 60_000;
const SMALL: ScenarioInput = { nodes: 30, seed: 2, settleMs: MINUTE, durationMs: 6 * MINUTE, load: { lookupsPerSecond: 0.2 } };

function liveNodes({ series }: Recording): (atMs: number) => number {
  const values = series.columns.find(({ name }) => name === "live nodes")?.values ?? [];
  return (atMs) => Number(values[Math.ceil((30 * 100 + MINUTE + atMs) / series.stepMs)]);
}

describe("Arrivals", () => {
  test("come evenly within their time, join, and stay", async () => {
    const recording = await record({ ...SMALL, arrivals: [{ atMs: MINUTE, withinMs: 2 * MINUTE, share: 1 }] });
    const live = liveNodes(recording);
    expect([live(MINUTE / 2), live(5 * MINUTE)]).toEqual([30, 60]);
    expect(Math.abs(live(2 * MINUTE) - 45)).toBeLessThan(4);
    expect(recording.figures).toMatchObject({ joins: { count: 59, success: 1 }, faults: [] });
    expect(recording.marks).toEqual([{ label: "30 newcomers", fromMs: 63_000 + MINUTE, untilMs: 63_000 + 3 * MINUTE }]);
  });

  test("may be a number, all at once, and none after the end", async () => {
    const { figures } = await record({
      ...SMALL,
      arrivals: [
        { atMs: "1m", nodes: 5 },
        { atMs: "1h", nodes: 9 },
      ],
    });
    expect(figures.joins.count).toBe(29 + 5);
  });

  test("do not count as traffic of those that were there before", () => {
    const arrivals = [
      { atMs: MINUTE, nodes: 10 },
      { atMs: 2 * MINUTE, withinMs: 2 * MINUTE, share: 0.5 },
      { atMs: 5 * MINUTE, withinMs: 2 * MINUTE, nodes: 8 },
    ];
    // 10 for 5 minutes; 15 for 3 on average; of 8 half, for half a minute on average.
    expect(arrivedMs(readScenario({ ...SMALL, arrivals }))).toBe((10 * 5 + 15 * 3 + 4 * 0.5) * MINUTE);
  });

  test.each<[string, unknown, string]>([
    ["neither a number nor a share", { atMs: 0 }, "arrivals.0"],
    ["both", { atMs: 0, nodes: 5, share: 1 }, "arrivals.0"],
    ["no time", { nodes: 5 }, "scenario.arrivals.0.atMs: is missing"],
    ["a share of nothing", { atMs: 0, share: 0 }, "scenario.arrivals.0.share: must be > 0"],
  ])("with %s are refused", async (_, arrival, message) => {
    const failure = await failureOf(() => readScenario({ arrivals: [arrival] }));
    expect(failure).toMatchObject({ code: "bad_options", message: expect.stringContaining(message) });
  });
});

test("Those that crash for good do not come back", async () => {
  const faults = [{ fault: "crash", share: 0.3, forGood: true, fromMs: MINUTE, untilMs: 2 * MINUTE }] as const;
  const recording = await record({ ...SMALL, faults });
  const live = liveNodes(recording);
  expect(live(MINUTE / 2)).toBe(30);
  expect(live(5 * MINUTE)).toBe(live(1.5 * MINUTE));
  expect(live(5 * MINUTE)).toBeLessThan(27);
  expect(recording.marks[0]?.label).toBe("30 % down for good");
  expect(recording.figures.joins.count).toBe(29);
});
