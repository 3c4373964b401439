import type { KeyLoad, TrafficOfKind } from "../recording.ts";
import { type BarRow, barTable, mostOf } from "./bars.ts";
import { bytes, count, NOTHING, percent, plural } from "./format.ts";
import { cut, element, type Markup, percentOf, together } from "./markup.ts";
import { area, line, type Point, plot } from "./plot.ts";
import { exactScale, finite, linearScale } from "./scales.ts";

const HEIGHT = 200;
/** Rows shown at once; the others are unfolded. */
const ROWS = 13;
/** Where the busiest holder of a key has fewer requests, how they fell is chance. */
const TOO_FEW = 10;

/** Requests of each node, busiest first: the flatter, the fairer. */
export function nodeLoadChart(loads: readonly number[]): Markup | undefined {
  if (loads.length === 0) return undefined;
  const busiest = loads.reduce((a, b) => Math.max(a, b), 0);
  const mean = loads.reduce((sum, load) => sum + finite(load) / loads.length, 0);
  const x = exactScale(0, 1, "part", 4);
  const y = linearScale(0, busiest === 0 ? 1 : busiest, "", 4);
  const points = loads.map((load, index): Point => [loads.length === 1 ? 0.5 : index / (loads.length - 1), y.at(load)]);
  const down = (value: number) => (1 - y.at(value)) * HEIGHT;
  const times = mean > 0 ? ` (${count(busiest / mean)} × the mean)` : "";
  const chart = plot({
    label: `Load by node: mean ${count(mean)} requests, busiest ${count(busiest)}${times}, of ${plural(loads.length, "node")}`,
    height: HEIGHT,
    x,
    y,
    curves: [area(points, { class: "fill k0" }), line(points, { class: "curve k0" })],
    over: [
      element("line", { x1: 0, x2: "100%", y1: down(mean), y2: down(mean), class: "mean" }),
      element("text", { x: "100%", y: down(mean) - 6, "text-anchor": "end", class: "note" }, `mean ${count(mean)}`),
      element("circle", { cx: percentOf(points[0]?.[0] ?? 0), cy: down(busiest), r: 4, class: "mark k0" }),
      element(
        "text",
        { x: percentOf(points[0]?.[0] ?? 0), y: down(busiest) + 4, dx: 10, class: "note" },
        `busiest ${count(busiest)}${times}`,
      ),
    ],
  });
  return card("Load by node", "Requests answered; nodes from the busiest to the idlest", chart);
}

/** What the holders of a key answer on average, beside the busiest of them. */
export function keyLoadChart(keys: readonly KeyLoad[]): Markup | undefined {
  const telling = keys.filter(({ busiest }) => busiest >= TOO_FEW);
  if (telling.length === 0) return undefined;
  const rows = telling.map(({ name, requests, holders, busiest }): BarRow => {
    const mean = holders > 0 ? finite(requests) / holders : 0;
    const times = mean > 0 ? `${count(busiest / mean)} ×` : NOTHING;
    return { name: cut(name, 32), value: busiest, mark: mean, texts: [count(busiest), count(mean), times] };
  });
  const heads = ["Key", "busiest", "mean", "ratio"];
  const left = keys.length - telling.length;
  const rest = left === 0 ? "" : `. Left out: ${plural(left, "key")} with fewer than ${TOO_FEW} requests to any holder`;
  const explanation = "Requests to the busiest holder of each key (bar) and to its holders on average (line)";
  return card("Load by key", `${explanation}${rest}`, folded(heads, rows, "k2"));
}

export function trafficChart(traffic: readonly TrafficOfKind[]): Markup | undefined {
  const carried = traffic.filter(({ messages }) => messages !== 0);
  if (carried.length === 0) return undefined;
  const all = traffic.reduce((sum, each) => sum + finite(each.bytes), 0);
  const rows = [...carried]
    .sort((a, b) => b.bytes - a.bytes)
    .map(({ kind, messages, bytes: size }): BarRow => {
      return { name: cut(kind, 32), value: size, texts: [bytes(size), all > 0 ? percent(finite(size) / all) : NOTHING, count(messages)] };
    });
  return card("Traffic by kind", "Requests with their answers", folded(["Kind", "bytes", "share", "messages"], rows, "k0"));
}

export function card(title: string, explanation: string, ...content: (Markup | undefined)[]): Markup {
  const caption = element("figcaption", {}, element("h3", {}, title), element("p", { class: "dim" }, explanation));
  return element("figure", { class: "card" }, caption, content);
}

function folded(heads: readonly string[], rows: readonly BarRow[], colour: string): Markup {
  const rest = rows.slice(ROWS);
  if (rest.length === 0) return barTable(heads, rows, colour);
  const more = element("details", {}, element("summary", {}, `${rest.length} more`), barTable(heads, rest, colour, mostOf(rows)));
  return together(barTable(heads, rows.slice(0, ROWS), colour), more);
}
