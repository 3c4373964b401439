import { type Attributes, type Child, coordinate, element, type Markup, percentOf, together } from "./markup.ts";
import type { Scale, Tick } from "./scales.ts";

/**
 * How a chart follows the width of the page without a script and without its text shrinking: positions across are percentages, heights are
 * pixels, and the curves stand in an inner drawing that is stretched. The room for the labels of the axes is the padding of `.plot`.
 */
export interface Plot {
  /** What it shows, for those who do not see it. */
  readonly label: string;
  readonly height: number;
  readonly x?: Scale | undefined;
  readonly y: Scale;
  /** Drawn behind the curves, in pixels down and percent across. */
  readonly behind?: Child;
  /** Drawn stretched: 0 … 1,000 across and down. */
  readonly curves: Child;
  /** Drawn over the curves. */
  readonly over?: Child;
  readonly kind?: string;
  /** Whether the labels of the x axis are written; its lines are drawn anyway. */
  readonly isXLabelled?: boolean;
  /** For the tooltip: values to be read along one axis. */
  readonly readings?: Readings | undefined;
}

export interface Readings {
  readonly along: "x" | "y";
  readonly lines: readonly { readonly name: string; readonly colour: string; readonly values: readonly string[] }[];
}

/** Position of a point, 0 … 1 across and 0 … 1 up; nothing where nothing was measured. */
export type Point = readonly [across: number, up: number] | undefined;

const INNER = 1_000;
/** A label this near to the right end would leave the chart. */
const NEAR_THE_END = 0.95;
/** In a narrow chart the last label needs what is behind this. */
const LAST_ROOM = 0.7;
const LAST_ROOM_IF_WIDER = 0.82;

export function plot({ label, height, x, y, behind, curves, over, kind = "", isXLabelled = true, readings }: Plot): Markup {
  const inner = { class: "curves", width: "100%", height, viewBox: `0 0 ${INNER} ${INNER}`, preserveAspectRatio: "none" };
  const drawing = element(
    "svg",
    { class: "chart", width: "100%", height, role: "img", "aria-label": label },
    together(behind),
    element("g", { class: "grid" }, horizontals(y.ticks, height), x && verticals(x.ticks, height)),
    element("svg", inner, together(curves)),
    together(over),
    element("g", { class: "ticks" }, yLabels(y.ticks, height), x && isXLabelled ? xLabels(x.ticks, height) : undefined),
  );
  const data = readings && { "data-along": readings.along, "data-lines": JSON.stringify(readings.lines) };
  return element("div", { class: `plot ${kind}${x && isXLabelled ? " has-x" : ""}`.trim(), ...data }, drawing);
}

/** A line through the points, broken where there is none. A point between two breaks is a dot. */
export function line(points: readonly Point[], attributes: Attributes): Markup {
  return element("path", { ...attributes, d: pathThrough(points), fill: "none", "vector-effect": "non-scaling-stroke" });
}

/** The area between the points and the bottom. */
export function area(points: readonly Point[], attributes: Attributes): Markup {
  const drawn = points.filter((point) => point !== undefined);
  const [first, last] = [drawn[0], drawn.at(-1)];
  if (first === undefined || last === undefined) return together();
  const path = `${pathThrough(drawn)}L${inwards(last[0])} ${INNER}L${inwards(first[0])} ${INNER}Z`;
  return element("path", { ...attributes, d: path });
}

export function pathThrough(points: readonly Point[]): string {
  let path = "";
  let isBroken = true;
  for (const point of points) {
    if (point !== undefined) path += `${isBroken ? "M" : "L"}${inwards(point[0])} ${inwards(1 - point[1])}${isBroken ? "h0" : ""}`;
    isBroken = point === undefined;
  }
  return path;
}

/** Text within a chart: percent across, pixels down. */
export function label(text: string, across: number, down: number, attributes: Attributes = {}): Markup {
  return element("text", { x: percentOf(across), y: down, ...attributes }, text);
}

export function dot(across: number, down: number, attributes: Attributes): Markup {
  return element("circle", { cx: percentOf(across), cy: down, r: 3.5, ...attributes });
}

function inwards(part: number): string {
  return coordinate(Math.round(part * INNER * 10) / 10);
}

function horizontals(ticks: readonly Tick[], height: number): Markup[] {
  return ticks.map(({ at }) => {
    const y = (1 - at) * height;
    return element("line", { x1: 0, x2: "100%", y1: y, y2: y });
  });
}

function verticals(ticks: readonly Tick[], height: number): Markup[] {
  return ticks.map(({ at, isMinor }) => {
    return element("line", { x1: percentOf(at), x2: percentOf(at), y1: 0, y2: height, class: isMinor ? "minor" : undefined });
  });
}

function yLabels(ticks: readonly Tick[], height: number): Markup[] {
  return ticks.map(({ at, label: text }) => element("text", { x: -8, y: (1 - at) * height + 4, "text-anchor": "end" }, text));
}

function xLabels(ticks: readonly Tick[], height: number): Markup[] {
  const last = ticks.at(-1)?.at ?? 0;
  return ticks.map(({ at, label: text, isMinor }) => {
    const anchor = at > NEAR_THE_END ? "end" : "middle";
    return label(text, at, height + 18, { "text-anchor": anchor, class: at < last ? classOf(at, last, isMinor) : undefined });
  });
}

/** By which a label before the last is left out where the chart is narrow, or, next to a last one at the end, less wide. */
function classOf(at: number, last: number, isMinor: boolean): string | undefined {
  const isLastAtEnd = last > NEAR_THE_END;
  if (isLastAtEnd && at > LAST_ROOM_IF_WIDER) return "beside";
  return isMinor || (isLastAtEnd && at > LAST_ROOM) ? "minor" : undefined;
}
