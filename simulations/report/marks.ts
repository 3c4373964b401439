import type { Mark } from "../recording.ts";
import { duration } from "./format.ts";
import { cut, element, type Markup, percentOf, together } from "./markup.ts";
import { finite } from "./scales.ts";

/** What was done to the network, numbered by what it was: a hundred crashes are one number. */
export interface NumberedMark {
  readonly number: number;
  readonly label: string;
  /** 0 … 1 of the time shown. */
  readonly from: number;
  readonly until: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Width at which labels are laid beside each other; narrower charts show their numbers alone. */
const WIDTH = 760;
const CHARACTER = 6.6;
const LANE = 20;
const MAX_LANES = 4;
const MAX_LABEL = 28;
/** What is shorter than this part of the whole is a moment. */
const MOMENT = 0.002;
/** So many shades over each other may have their full strength; more have no more of it together. */
const FULL_SHADES = 2;
/** Of one kind of mark; more are counted. */
const TIMES_LISTED = 4;

export function numbered(marks: readonly Mark[], untilMs: number): NumberedMark[] {
  const labels = [...new Set(marks.map(({ label }) => label))];
  const at = (ms: number) => Math.max(0, Math.min(1, finite(ms) / Math.max(1, untilMs)));
  return marks
    .map((mark) => ({ ...mark, number: labels.indexOf(mark.label) + 1, from: at(mark.fromMs), until: at(mark.untilMs) }))
    .sort((a, b) => a.from - b.from);
}

/** The shades behind a chart; what happens at one moment is a line. Where many lie over each other each is paler, or curves would drown. */
export function shades(marks: readonly NumberedMark[], height: number): Markup[] {
  const strength = Math.min(1, FULL_SHADES / deepest(marks)).toFixed(2);
  return marks.map(({ from, until, label }) => {
    const isMoment = until - from < MOMENT;
    const place = { x: percentOf(from), width: isMoment ? 2 : percentOf(until - from), y: 0, height };
    return element(
      "rect",
      { ...place, class: isMoment ? "moment" : "band", ...(!isMoment && { "fill-opacity": strength }) },
      element("title", {}, cut(label, 120)),
    );
  });
}

/** How many of them there are at once, at most; one at least. */
function deepest(marks: readonly NumberedMark[]): number {
  const long = marks.filter(({ from, until }) => until - from >= MOMENT);
  return long.reduce((most, { from: at }) => Math.max(most, long.filter(({ from, until }) => from <= at && at < until).length), 1);
}

/**
 * The labels above the chart, in as many lanes as they need, and the height of those lanes. From the last to the first: so no stem crosses
 * a label.
 */
export function markLabels(marks: readonly NumberedMark[]): { labels: Markup[]; lanes: number } {
  const starts: number[] = [];
  const labels = marks.toReversed().map((mark) => {
    const text = cut(mark.label, MAX_LABEL);
    const room = (text.length + 3) * CHARACTER + 14;
    const from = Math.min(mark.from * WIDTH, WIDTH - room);
    const lane = firstFree(starts, from + room);
    if (lane === undefined) return together();
    starts[lane] = from;
    return labelAt(mark, text, lane, mark.from * WIDTH > WIDTH - room);
  });
  return { labels, lanes: starts.length * LANE };
}

/** What the numbers stand for, and when it was. */
export function markList(marks: readonly NumberedMark[]): Markup | undefined {
  if (marks.length === 0) return undefined;
  const items = [...new Set(marks.map(({ number }) => number))].map((number) => {
    const same = marks.filter((mark) => mark.number === number);
    const times = same.slice(0, TIMES_LISTED).map(({ fromMs, untilMs }) => when(fromMs, untilMs));
    const more = same.length > TIMES_LISTED ? ` and ${same.length - TIMES_LISTED} more` : "";
    const text = element("span", {}, element("b", {}, cut(same[0]?.label ?? "", 120)), ` ${times.join(", ")}${more}`);
    return element("li", {}, element("span", { class: "badge" }, String(number)), text);
  });
  return element("ol", { class: "marks", "aria-label": "What was done to the network" }, items);
}

function when(fromMs: number, untilMs: number): string {
  return fromMs === untilMs ? `at ${duration(fromMs)}` : `${duration(fromMs)} to ${duration(untilMs)}`;
}

function firstFree(starts: readonly number[], until: number): number | undefined {
  const free = starts.findIndex((start) => until <= start);
  if (free >= 0) return free;
  return starts.length < MAX_LANES ? starts.length : undefined;
}

function labelAt({ number, from, until }: NumberedMark, text: string, lane: number, isAtEnd: boolean): Markup {
  const y = -8 - lane * LANE;
  const x = percentOf(isAtEnd ? until : from);
  const name = element("tspan", { class: "name", dx: 4 }, text);
  const parts = [element("tspan", { class: "number" }, String(number)), name];
  const stem = element("line", { x1: x, x2: x, y1: 0, y2: y - 10, class: "stem" });
  return together(
    stem,
    element("text", { x, y, dx: isAtEnd ? -5 : 5, "text-anchor": isAtEnd ? "end" : "start", class: "mark-label" }, parts),
  );
}
