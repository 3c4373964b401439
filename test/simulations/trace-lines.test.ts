import { beforeAll, describe, expect, test } from "vitest";
import { type ScenarioInput, simulate, TRACE_LINE_KINDS, type TraceLineKind } from "../../simulations/index.ts";

type Line = Readonly<Record<string, unknown>> & { readonly kind: string; readonly ms: number };

const SCENARIO: ScenarioInput = {
  nodes: 12,
  growthMs: 500,
  settleMs: 30_000,
  durationMs: 90_000,
  seed: 5,
  faults: [
    { fault: "loss", rate: 0.05, fromMs: 10_000, untilMs: 30_000 },
    { fault: "crash", share: 0.3, fromMs: 30_000, untilMs: 60_000 },
  ],
  load: { publishesPerSecond: 0.1 },
};

async function traced(scenario: ScenarioInput, kinds?: readonly TraceLineKind[]) {
  const blocks: string[] = [];
  const figures = await simulate(scenario, {
    command: "as told",
    trace: { write: (lines) => blocks.push(lines), ...(kinds && { kinds }) },
  });
  const text = blocks.join("");
  expect(text.endsWith("\n")).toBe(true);
  return {
    figures,
    blocks,
    lines: text
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Line),
  };
}

const countOf = (lines: readonly Line[], kind: TraceLineKind) => lines.filter((line) => line.kind === kind).length;

describe.each(["overlay", "node"] as const)("A trace at the %s level", (level) => {
  const scenario = { ...SCENARIO, level };
  let all: Awaited<ReturnType<typeof traced>>;

  beforeAll(async () => {
    all = await traced(scenario);
  });

  test("changes nothing, and tells all, in the order of time", async () => {
    const { figures, blocks, lines } = all;
    expect(figures.traceHash).toBe((await simulate(scenario)).traceHash);
    expect(lines[0]).toMatchObject({ kind: "run", format: 1, command: "as told", scenario: { nodes: 12, seed: 5 } });
    expect(lines.at(-1)).toMatchObject({ kind: "end", lines: lines.length, traceHash: figures.traceHash });
    const times = lines.slice(1).map(({ ms }) => ms);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(Math.max(...blocks.map(({ length }) => length))).toBeLessThan(70_000);
    const missing = TRACE_LINE_KINDS.filter((kind) => countOf(lines, kind) === 0);
    expect(missing).toEqual(level === "node" ? ["response"] : []); // frames are not looked into
    expect(countOf(lines, "request") + countOf(lines, "response")).toBe(figures.messages);
  });

  test("counts as the figures do", () => {
    const { figures, lines } = all;
    expect(countOf(lines, "birth")).toBe(12);
    for (const [operation, { count, recall }] of [["lookup", figures.lookups] as const, ["join", figures.joins] as const]) {
      const results = lines.filter((line) => line.kind === "result" && line["operation"] === operation);
      expect(results).toHaveLength(count);
      expect(results.reduce((sum, line) => sum + Number(line["recall"]) / count, 0)).toBeCloseTo(recall, 4);
    }
  });

  test("pairs what ends with what began", () => {
    const begun = new Map(all.lines.filter(({ kind }) => kind === "begin").map((line) => [line["id"], line]));
    for (const line of all.lines.filter(({ kind }) => kind === "result")) {
      const began = begun.get(line["id"]);
      expect(line).toMatchObject({ operation: began?.["operation"], node: began?.["node"] });
      expect(line.ms - Number(line["tookMs"])).toBeCloseTo(began?.ms ?? Number.NaN, 0);
    }
  });

  test("says when faults begin and end, and who was down meanwhile", () => {
    const measured = 12 * 500 + 30_000;
    expect(all.lines.filter(({ kind }) => kind === "fault").map(({ ms, fault, phase }) => [ms - measured, fault, phase])).toEqual([
      [10_000, "5 % of messages break their link", "begins"],
      [30_000, "5 % of messages break their link", "ends"],
      [30_000, "30 % down, back with nothing", "begins"],
      [60_000, "30 % down, back with nothing", "ends"],
    ]);
    expect(countOf(all.lines, "death")).toBe(countOf(all.lines, "return"));
  });
});

test("A trace of some kinds has those lines of the whole one, between its first and its last", async () => {
  const kinds = ["request", "result"] as const;
  const [whole, some] = [await traced(SCENARIO), await traced(SCENARIO, kinds)];
  expect(some.lines.slice(1, -1)).toEqual(whole.lines.filter(({ kind }) => kind === "request" || kind === "result"));
  expect([some.lines[0]?.kind, some.lines.at(-1)?.kind]).toEqual(["run", "end"]);
  expect(new Set(some.lines.map(({ message }) => message))).toContain("find_node");
});
