import type { Mark, Series, SeriesColumn } from "../recording.ts";
import { duration, isPart, quantity } from "./format.ts";
import { markLabels, markList, numbered, shades } from "./marks.ts";
import { cut, element, type Markup, together } from "./markup.ts";
import { operationColour } from "./palette.ts";
import { area, line, type Point, plot } from "./plot.ts";
import { finite, linearScale, type Scale, timeScale } from "./scales.ts";
import { type SummedLine, seriesTable, summaryOf } from "./series-table.ts";

/** One line over virtual time. */
export interface TimeLine {
  readonly name: string;
  readonly colour: string;
  readonly stepMs: number;
  readonly column: SeriesColumn;
  readonly run?: string;
}

/** Lines on one axis. */
export interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly lines: readonly TimeLine[];
}

const TALL = 200;
const MAX_NAME = 60;
const LOW = 84;
/** Where the axis of a part may begin: the highest that hides nothing. */
const BOTTOMS = [0.98, 0.95, 0.9, 0.8, 0.7, 0.5];
/** Beginnings of the names of columns that say how well it went. */
const QUALITY = /^(recall|success)\b/;

/** What the panels of one run are: how well it went in one, everything else under it. */
export function panelsOf({ stepMs, columns }: Series): Panel[] {
  const operations = columns.map(({ name }) => operationIn(name));
  const lineOf = (column: SeriesColumn): TimeLine => {
    return { name: cut(column.name, MAX_NAME), colour: operationColour(operationIn(column.name), operations), stepMs, column };
  };
  const quality = columns.filter(({ name }) => QUALITY.test(name));
  const groups = new Map(
    quality.map(({ name }) => [name.split(" ")[0] ?? name, quality.filter((each) => each.name.startsWith(name.split(" ")[0] ?? name))]),
  );
  const above = [...groups].map(([title, same]) => ({ title, unit: unitOf(same), lines: same.map(lineOf) }));
  const below = columns.filter((column) => !quality.includes(column));
  return [
    ...above,
    ...below.map((column) => ({
      title: cut(column.name, MAX_NAME),
      unit: unitOf([column]),
      lines: [{ ...lineOf(column), colour: "plain" }],
    })),
  ];
}

/** Panels under each other on the same time axis, with what was done to the network behind them. */
export function seriesChart(panels: readonly Panel[], marks: readonly Mark[]): Markup | undefined {
  const drawable = panels.filter(({ lines }) => lines.some(({ column }) => column.values.length > 0));
  const longest = drawable.flatMap(({ lines }) => lines).reduce((most, each) => Math.max(most, lengthOf(each)), 0);
  if (longest === 0) return undefined;
  const shown = numbered(marks, longest);
  const steps = drawable.flatMap(({ lines }) => lines).reduce((most, { column }) => Math.max(most, column.values.length), 0);
  const times = Array.from({ length: steps }, (_, index) => duration(((index + 0.5) / steps) * longest));
  const first = drawable.findIndex((panel) => !isSaid(panel));
  const charts = drawable.map((panel, index) => panelChart(panel, longest, shown, index === first, index === drawable.length - 1));
  return element(
    "figure",
    { class: "card series", "data-labels": JSON.stringify(times) },
    charts,
    markList(shown),
    seriesTable(linesOf(drawable), shown),
  );
}

function linesOf(panels: readonly Panel[]): SummedLine[] {
  return panels.flatMap(({ title, unit, lines }) =>
    lines.map(({ name, run, stepMs, column }) => ({ name: run === undefined ? name : `${title}, ${name}`, unit, stepMs, column })),
  );
}

function panelChart(
  { title, unit, lines }: Panel,
  untilMs: number,
  marks: ReturnType<typeof numbered>,
  isFirst: boolean,
  isLast: boolean,
): Markup {
  const isQuality = QUALITY.test(title);
  if (isSaid({ title, unit, lines })) return headOf(title, "100 % of all operations, all the time");
  const height = isQuality ? TALL : LOW;
  const x = timeScale(untilMs);
  const y = yScale(lines, unit, isQuality ? 5 : 2);
  const { labels, lanes } = isFirst ? markLabels(marks) : { labels: [], lanes: 0 };
  const chart = plot({
    label: `${title} over virtual time. ${lines.map(inWords).join(". ")}`,
    height,
    x,
    y,
    kind: `time lanes-${Math.round(lanes / 20)}`,
    isXLabelled: isLast || isQuality,
    behind: shades(marks, height),
    curves: lines.map((each) => curveOf(each, x, y, lines.length === 1 && !isQuality)),
    over: element("g", { class: "mark-labels" }, labels),
    readings: { along: "x", lines: lines.map(({ name, colour, column }) => ({ name, colour, values: readings(column, unit) })) },
  });
  return together(headOf(title, isFirst || lines[0]?.run === undefined ? keysOf(lines) : undefined), chart);
}

function headOf(title: string, beside: Markup | string | undefined): Markup {
  const text = typeof beside === "string" ? element("p", { class: "keys dim" }, beside) : beside;
  return element("div", { class: "panel-head" }, element("h3", {}, title), text);
}

/** A line along the top of an empty chart says less than a sentence. */
function isSaid({ title, unit, lines }: Panel): boolean {
  const summaries = lines.map(({ column }) => summaryOf(column.values)).filter((summary) => summary !== undefined);
  return QUALITY.test(title) && isPart(unit) && summaries.length > 0 && summaries.every(({ least, most }) => least === 1 && most === 1);
}

/** Names of several lines with their colours; of one, what it amounts to. */
function keysOf(lines: readonly TimeLine[]): Markup {
  if (lines.length > 1 || QUALITY.test(lines[0]?.column.name ?? "")) {
    const keys = lines.map(({ name, colour, run }) => {
      return element("span", { class: run }, element("i", { class: `key ${colour}` }), name.replace(/^(recall|success) of /, ""));
    });
    return element("p", { class: "keys" }, keys);
  }
  return element("p", { class: "keys dim" }, lines[0] ? inWords(lines[0]).replace(/^.*?: /, "") : "");
}

function inWords({ name, column }: TimeLine): string {
  const summary = summaryOf(column.values);
  if (summary === undefined) return `${name}: nothing measured`;
  const unit = unitOf([column]);
  return `${name}: mean ${quantity(summary.mean, unit)}, from ${quantity(summary.least, unit)} to ${quantity(summary.most, unit)}`;
}

function curveOf({ colour, column, stepMs, run }: TimeLine, x: Scale, y: Scale, isFilled: boolean): Markup {
  const points = column.values.map((value, index): Point => (value === null ? undefined : [x.at((index + 0.5) * stepMs), y.at(value)]));
  const curve = line(points, { class: `curve ${colour} ${run ?? ""}`.trim() });
  const isWhole = points.every((point) => point !== undefined);
  return isFilled && isWhole ? together(area(points, { class: `fill ${colour}` }), curve) : curve;
}

function yScale(lines: readonly TimeLine[], unit: string, ticks: number): Scale {
  const all = lines.map(({ column }) => summaryOf(column.values)).filter((summary) => summary !== undefined);
  const least = all.reduce((low, summary) => Math.min(low, summary.least), 1);
  const most = all.reduce((high, summary) => Math.max(high, summary.most), 0);
  if (isPart(unit) && most <= 1) return linearScale(BOTTOMS.find((bottom) => bottom <= least) ?? 0, 1, unit, ticks);
  return linearScale(Math.min(0, least), most <= 0 ? 1 : most, unit, ticks);
}

/** A part may be recorded with no unit, or with a percent sign: what says how well it went and is never over 1 is one. */
function unitOf(columns: readonly SeriesColumn[]): string {
  const unit = columns[0]?.unit ?? "";
  const isQuality = columns.every(({ name, values }) => QUALITY.test(name) && values.every((value) => (value ?? 0) <= 1));
  return isQuality && (unit === "" || unit === "%") ? "part" : unit;
}

function readings({ values }: SeriesColumn, unit: string): string[] {
  return values.map((value) => quantity(value, unit));
}

function operationIn(name: string): string {
  return name.split(" ").at(-1) ?? name;
}

function lengthOf({ stepMs, column }: TimeLine): number {
  return finite(stepMs) * column.values.length;
}
