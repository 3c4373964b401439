import type { Curve } from "../recording.ts";
import { percent, quantity } from "./format.ts";
import { acrossAt, placeLabels } from "./labels.ts";
import { cut, element, type Markup, percentOf, together } from "./markup.ts";
import { operationColour } from "./palette.ts";
import { dot, line, plot } from "./plot.ts";
import { exactScale, finite, fittingScale, type Scale } from "./scales.ts";

/** A cumulative distribution among others in one chart. */
export interface Distribution {
  readonly name: string;
  /** Written beside the curve. */
  readonly short: string;
  readonly colour: string;
  readonly points: Curve["points"];
  /** Class by which a run is shown and hidden. */
  readonly run?: string;
}

const HEIGHT = 240;
const MAX_NAME = 60;
const MAX_LABEL = 20;
/** Longer names would leave no room for the figures; the legend has them. */
const MAX_IN_TABLE = 22;
/** What people ask of a distribution. */
/** More rows are folded away; of more curves only the first and the last are named, and all have their colour in the legend. */
const MOST_IN_SIGHT = 6;
const QUANTILES = [0.5, 0.9, 0.99] as const;

/** One chart for each thing that was measured, with a curve for each kind of operation. */
export function curveCharts(curves: readonly Curve[]): Markup[] {
  const drawable = curves.filter(({ points }) => points.length > 0);
  const operations = drawable.map(({ of }) => of);
  return [...new Set(drawable.map(({ what }) => what))].map((what) => {
    const same = drawable.filter((curve) => curve.what === what);
    const lines = same.map(({ of, points }) => ({
      name: cut(of, MAX_NAME),
      short: cut(of, MAX_LABEL),
      colour: operationColour(of, operations),
      points,
    }));
    return distributionChart(cut(what, MAX_NAME), same[0]?.unit ?? "", lines);
  });
}

export function distributionChart(title: string, unit: string, lines: readonly Distribution[]): Markup {
  const x = scaleFor(unit, lines);
  const y: Scale = { at: exactScale(0, 1, "part").at, ticks: [0, 0.25, ...QUANTILES].map(tickOf) };
  const drawn = lines.map((each) => ({ ...each, shape: shapeOf(each.points, x, isCounted(unit)) }));
  const places = placeLabels(
    drawn.map(({ short, shape }, index) => {
      const isNamed = drawn.length <= MOST_IN_SIGHT || index === 0 || index === drawn.length - 1;
      return { text: isNamed ? short : "", points: shape };
    }),
    HEIGHT,
  );
  const chart = plot({
    label: `${title}: cumulative distribution. ${lines.map((each) => `${each.name}: ${inWords(each, unit)}`).join(". ")}`,
    height: HEIGHT,
    x,
    y,
    kind: "distribution",
    curves: drawn.map(({ shape, colour, run }) => line(shape, { class: `curve ${colour} ${run ?? ""}`.trim() })),
    over: drawn.map((each, index) => [marksOn(each, unit), labelOf(each, places[index])]),
    readings: { along: "y", lines: lines.map(({ name, colour, points }) => ({ name, colour, values: readings(points, unit) })) },
  });
  return element(
    "figure",
    { class: "card" },
    element("figcaption", {}, element("h3", {}, title), element("p", { class: "dim" }, `Share of operations within so ${howMuch(unit)}`)),
    chart,
    lines.length > MOST_IN_SIGHT
      ? element("details", {}, element("summary", {}, "p50, p90, p99 of each"), quantileTable(unit, lines))
      : quantileTable(unit, lines),
  );
}

/** The value that this part of all does not exceed; undefined for an empty curve. */
export function quantileOf(points: Curve["points"], part: number): number | undefined {
  return (points.find((point) => point[1] >= part - 1e-9) ?? points.at(-1))?.[0];
}

function tickOf(part: number): { at: number; label: string; isMinor: boolean } {
  return { at: part, label: percent(part), isMinor: false };
}

function isCounted(unit: string): boolean {
  return unit !== "ms" && unit !== "s";
}

function howMuch(unit: string): string {
  return isCounted(unit) ? `many${unit === "" ? "" : ` ${unit}`}` : "much time";
}

/** Times may need a logarithmic axis; what is counted begins at 0. */
function scaleFor(unit: string, lines: readonly Distribution[]): Scale {
  const values = lines.flatMap(({ points }) => points.map(([value]) => finite(value)));
  return fittingScale(isCounted(unit) ? [values.reduce((a, b) => Math.max(a, b), 0)] : values, unit);
}

/** Counts rise in steps; times along straight lines. */
function shapeOf(points: Curve["points"], x: Scale, isStepped: boolean): [number, number][] {
  let below = 0;
  return points.flatMap(([value, part]): [number, number][] => {
    const at = x.at(value);
    const up = Math.max(0, Math.min(1, finite(part)));
    const start: [number, number][] = isStepped || below === 0 ? [[at, below]] : [];
    below = up;
    return [...start, [at, up]];
  });
}

function marksOn({ shape, colour, points, name, run }: Distribution & { shape: [number, number][] }, unit: string): Markup {
  const dots = QUANTILES.map((part) => {
    const title = `${name}: ${percent(part)} within ${quantity(quantileOf(points, part), unit)}`;
    return element("g", {}, dot(acrossAt(shape, part), (1 - part) * HEIGHT, { class: "mark" }), element("title", {}, title));
  });
  return element("g", { class: `${colour} ${run ?? ""}`.trim() }, dots);
}

function labelOf({ short, colour, run }: Distribution, place: ReturnType<typeof placeLabels>[number]): Markup | undefined {
  if (place === undefined) return undefined;
  const isRight = place.side === "right";
  const position = { x: percentOf(place.across), y: (1 - place.up) * HEIGHT + 4, dx: isRight ? 8 : -8 };
  return element("text", { ...position, "text-anchor": isRight ? "start" : "end", class: `direct ${colour} ${run ?? ""}`.trim() }, short);
}

function readings(points: Curve["points"], unit: string): string[] {
  return Array.from({ length: 101 }, (_, index) => quantity(quantileOf(points, index / 100), unit));
}

function inWords({ points }: Distribution, unit: string): string {
  return QUANTILES.map((part) => `${percent(part)} within ${quantity(quantileOf(points, part), unit)}`).join(", ");
}

function quantileTable(unit: string, lines: readonly Distribution[]): Markup {
  const head = ["", "p50", "p90", "p99", "most"].map((text) => element("th", { scope: "col" }, text));
  const rows = lines.map(({ name, short, colour, points, run }) => {
    const values = [...QUANTILES, 1].map((part) => element("td", {}, quantity(quantileOf(points, part), unit)));
    const key = element("th", { scope: "row" }, element("i", { class: `key ${colour}` }), name.length > MAX_IN_TABLE ? short : name);
    return element("tr", { class: run }, key, together(values));
  });
  return element(
    "div",
    { class: "scroll" },
    element("table", { class: "small" }, element("thead", {}, element("tr", {}, head)), element("tbody", {}, rows)),
  );
}
