import { type Measure, measuresOf } from "./comparison-table.ts";
import { quantity } from "./format.ts";
import { card } from "./load.ts";
import { element, type Markup, percentOf } from "./markup.ts";
import { operationColour } from "./palette.ts";
import { line, type Point, plot } from "./plot.ts";
import { type Run, type Sweep, sweepOf } from "./runs.ts";
import { fittingScale, linearScale, type Scale, type Tick } from "./scales.ts";

const HEIGHT = 160;
/** Part of an axis that "1 h 26 min" takes, where three charts stand side by side. */
const ROOM_OF_A_LABEL = 0.24;
/** In the table, but not worth a chart. */
const LEFT_OUT = /^(deaths|real time|memory|messages)$|p90$/;
/** Where the axis of a part may begin. */
const BOTTOMS = [0.98, 0.95, 0.9, 0.8, 0.7, 0.5];

interface Moved {
  readonly measure: Measure;
  readonly colour: string;
  /** One a run. */
  readonly values: readonly (number | undefined)[];
}

/** For runs that differ in one number: how each figure moves with it, a line for each kind of operation. Nothing otherwise. */
export function sweepCharts(runs: readonly Run[]): Markup[] {
  const sweep = sweepOf(runs.map(({ recording }) => recording));
  if (sweep === undefined) return [];
  const measures = measuresOf(runs).filter(({ name }) => !LEFT_OUT.test(name));
  const subjects = measures.map(({ subject }) => subject);
  return [...new Set(measures.map(({ name }) => name))].map((name) => {
    const same = measures.filter((measure) => measure.name === name);
    const lines = same.map((measure): Moved => {
      const values = runs.map(({ recording }) => measure.of(recording.figures));
      return { measure, colour: operationColour(measure.subject, subjects), values };
    });
    return sweepChart(name, lines, sweep);
  });
}

function sweepChart(name: string, lines: readonly Moved[], sweep: Sweep): Markup {
  const unit = lines[0]?.measure.unit ?? "";
  const x = spread(withOwnTicks(fittingScale(sweep.values, sweep.unit), sweep));
  const all = lines.flatMap(({ values }) => values).filter((value) => value !== undefined);
  const y = yScale(all, unit);
  const order = [...new Set(sweep.values)].sort((a, b) => a - b);
  const points = (moved: Moved) =>
    order.map((at): Point => {
      const mean = meanAt(moved, sweep, at);
      return mean === undefined ? undefined : [x.at(at), y.at(mean)];
    });
  const chart = plot({
    label: `${name} over ${sweep.option}. ${lines.map((each) => inWords(each, sweep)).join(". ")}`,
    height: HEIGHT,
    x,
    y,
    curves: lines.map((each) => line(points(each), { class: `curve ${each.colour}` })),
    over: lines.map((each) => dots(each, sweep, x, y)),
  });
  return card(name, `over ${sweep.option}`, chart, keys(lines));
}

/** Over the runs that have this value of the option: repetitions with other seeds. */
function meanAt({ values }: Moved, sweep: Sweep, at: number): number | undefined {
  const own = values.filter((value, index) => value !== undefined && sweep.values[index] === at);
  return own.length === 0 ? undefined : own.reduce<number>((sum, value) => sum + (value ?? 0) / own.length, 0);
}

function dots({ measure, colour, values }: Moved, sweep: Sweep, x: Scale, y: Scale): (Markup | undefined)[] {
  return values.map((value, index) => {
    const over = sweep.values[index] ?? 0;
    if (value === undefined) return undefined;
    const place = { cx: percentOf(x.at(over)), cy: (1 - y.at(value)) * HEIGHT, r: 4, class: `mark ${colour}` };
    const title = `${measure.subject}, ${sweep.option} ${quantity(over, sweep.unit)}: ${quantity(value, measure.unit)}`;
    return element("g", {}, element("circle", place), element("title", {}, title));
  });
}

function keys(lines: readonly Moved[]): Markup {
  const items = lines.map(({ measure, colour }) => element("span", {}, element("i", { class: `key ${colour}` }), measure.subject));
  return element("p", { class: "keys" }, items);
}

function inWords({ measure, values }: Moved, sweep: Sweep): string {
  const pairs = values.map((value, index) => `${quantity(sweep.values[index], sweep.unit)}: ${quantity(value, measure.unit)}`);
  return `${measure.subject} at ${pairs.join(", ")}`;
}

/** What was tried is what one wants to read: ticks stand there, as far as their labels have room. */
function withOwnTicks({ at }: Scale, { values, unit }: Sweep): Scale {
  const ticks: Tick[] = []; // at most 1 / ROOM_OF_A_LABEL
  for (const value of [...new Set(values)].sort((a, b) => a - b)) {
    const before = ticks.at(-1);
    if (before === undefined || at(value) - before.at >= ROOM_OF_A_LABEL)
      ticks.push({ at: at(value), label: quantity(value, unit), isMinor: false });
  }
  return { at, ticks };
}

/** The first and the last value stand a little inside, where their dots are whole. */
function spread(scale: Scale): Scale {
  const inside = (at: number) => 0.03 + at * 0.94;
  return { at: (value) => inside(scale.at(value)), ticks: scale.ticks.map((tick) => ({ ...tick, at: inside(tick.at) })) };
}

function yScale(values: readonly number[], unit: string): Scale {
  const least = values.reduce((a, b) => Math.min(a, b), Number.MAX_VALUE);
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  if (unit === "part" && most <= 1) return linearScale(BOTTOMS.find((bottom) => bottom <= least) ?? 0, 1, unit, 3);
  return linearScale(0, most > 0 ? most : 1, unit, 3);
}
