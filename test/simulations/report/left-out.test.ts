import { describe, expect, test } from "vitest";
import { type Recording, renderReport, type SeriesColumn } from "../../../simulations/index.ts";
import { comparisonTable } from "../../../simulations/report/comparison-table.ts";
import { operationTable } from "../../../simulations/report/figures.ts";
import { keyLoadChart, trafficChart } from "../../../simulations/report/load.ts";
import { runsOf } from "../../../simulations/report/runs.ts";
import { panelsOf, seriesChart } from "../../../simulations/report/series.ts";
import { imitateRun } from "./imitation.ts";

function chartOf(...columns: SeriesColumn[]): string {
  return seriesChart(panelsOf({ stepMs: 1_000, columns }), [{ label: "cut", fromMs: 1_000, untilMs: 2_000 }])?.source ?? "";
}

function column(name: string, ...values: (number | null)[]): SeriesColumn {
  return { name, unit: name === "live nodes" ? "" : "part", values };
}

const run = imitateRun();

/** The same run with other figures. */
function but(figures: Partial<Recording["figures"]>): Recording {
  return { ...run, figures: { ...run.figures, ...figures } };
}

describe("A chart over time of what went well throughout", () => {
  const always = column("success of finds", 1, null, 1);

  test("is a sentence, and what was done is named over the first that is drawn", () => {
    const chart = chartOf(always, column("success of lookups", 1, 1, 1), column("live nodes", 5, 5, 4));
    expect(chart).toContain("100 % of all operations, all the time");
    expect(chart.match(/<svg class="chart"/g)).toHaveLength(1);
    expect(chart.match(/class="mark-label"/g)).toHaveLength(1);
  });

  test("is drawn where one of its lines is not at the top", () => {
    const chart = chartOf(always, column("success of lookups", 1, 0.99, 1));
    expect(chart).not.toContain("all the time");
    expect(chart.match(/<svg class="chart"/g)).toHaveLength(1);
  });

  test("is drawn where nothing was measured", () => {
    expect(chartOf(column("success of lookups", null, null))).not.toContain("all the time");
  });
});

describe("What is chance or nothing is left out of tables:", () => {
  test("keys that nobody was asked for often", () => {
    const keys = [30, 10, 9, 0].map((busiest) => ({ name: `skill-${busiest}`, requests: busiest, holders: 2, busiest }));
    const chart = keyLoadChart(keys)?.source ?? "";
    expect(chart.match(/skill-\d+/g)).toEqual(["skill-30", "skill-10"]);
    expect(chart).toContain("Left out: 2\u00a0keys with fewer than 10 requests to any holder");
    expect(keyLoadChart(keys.slice(2))).toBeUndefined();
  });

  test("kinds of requests that were never sent", () => {
    const kinds = [3, 0].map((messages) => ({ kind: `kind-${messages}`, messages, bytes: messages }));
    expect(trafficChart(kinds)?.source.match(/kind-\d/g)).toEqual(["kind-3"]);
    expect(trafficChart(kinds.slice(1))).toBeUndefined();
  });

  test("operations of which there were none", () => {
    const { publishes, lookups } = run.figures;
    const table = operationTable(but({ publishes: { ...publishes, count: 0 }, lookups: { ...lookups, count: 1 } }).figures)?.source ?? "";
    expect(table).toContain(">lookups<");
    expect(table).not.toContain(">publishes<");
  });
});

describe("Figures of runs beside each other", () => {
  const slower = { ...run.figures.lookups, latencyMs: { p50: 9_999, p90: 9_999, p95: 9_999, p99: 9_999 } };
  const tableOf = (...recordings: Recording[]) => comparisonTable(runsOf(recordings)).source;

  test("are worse in a network of the same size, and only other in a larger one", () => {
    expect(tableOf(run, but({ lookups: slower, bytesPerNodeSecond: 9_999 }))).toContain(" worse");
    expect(tableOf(run, but({ lookups: slower, bytesPerNodeSecond: 9_999, nodes: 3_000 }))).not.toMatch(/ (worse|better)/);
  });

  test("are no worse for what chance can do, nor for the machine that they ran on", () => {
    const few = (p50: number) => {
      const latencyMs = { ...run.figures.joins.latencyMs, p50 };
      return but({ joins: { ...run.figures.joins, count: 59, latencyMs }, wallMs: p50, rssBytes: p50 });
    };
    const table = tableOf(few(1_000), few(1_100));
    expect(table).toContain('<small class="dim">+10\u00a0%</small>');
    expect(table).not.toMatch(/ (worse|better)/);
  });

  test("stand under each other where there is no difference to be told", () => {
    const timed = but({ finds: { ...run.figures.finds, firstMs: { p50: 9, p90: 9, p95: 9, p99: 9 } } });
    const [row = ""] = /<tr><th scope="row">first p50.*?<\/tr>/.exec(tableOf(run, timed)) ?? [];
    expect(row).toMatch(/<td>–<\/td><td>9\u00a0ms<small><\/small><\/td>/);
  });
});

test("How much virtual time it was is said once", () => {
  expect(renderReport([but({ virtualMs: 777 * 3_600_000 })]).match(/32\u00a0d\u00a09\u00a0h/g)).toHaveLength(1);
});

test("Charts over time begin where it was measured, of one run and of several", () => {
  const grown = { ...run, scenario: { ...run.scenario, growthMs: 100, settleMs: 300_000 } };
  const stepsIn = (...recordings: Recording[]) => /data-labels="([^"]*)"/.exec(renderReport(recordings))?.[1]?.split(",").length;
  const all = run.series.columns[0]?.values.length ?? 0;
  expect([stepsIn(run), stepsIn(grown), stepsIn(grown, grown)]).toEqual([all, all - 20, all - 20]);
});
