import type { PicturedLookup, PicturedNode, PicturedRequest } from "../recording.ts";
import { duration, plural } from "./format.ts";
import { cut, element, type Markup, percentOf } from "./markup.ts";
import { rampColour } from "./palette.ts";
import { plot } from "./plot.ts";
import { exactScale, finite, type Scale } from "./scales.ts";

/** Height of a request; requests at the same distance stand under each other. */
const LANE = 11;
/** Between distances. */
const GAP = 7;
const LEAST_HEIGHT = 160;

interface Lane {
  readonly request: PicturedRequest;
  readonly index: number;
  readonly y: number;
}

/** One lookup nearing its target: time across, shared bits up, a line for each request from when it was sent until it ended. */
export function walkChart({ requests }: PicturedLookup): Markup | undefined {
  if (requests.length === 0) return undefined;
  const { lanes, height, ticks } = lanesOf(requests);
  const end = requests.reduce((latest, { endedMs }) => Math.max(latest, finite(endedMs)), 1);
  const x = exactScale(-end / 16, end, "ms", 6); // the first requests need room for their numbers
  const failed = requests.filter(({ outcome }) => outcome === "failed").length;
  return plot({
    label: `One lookup over time: ${plural(requests.length, "request")}, ${failed} failed, done in ${duration(end)}`,
    height,
    x,
    y: { at: (value) => value, ticks },
    kind: "walk-chart",
    curves: [],
    over: lanes.map((lane) => requestLine(lane, x, requests.length)),
  });
}

export function walkKeys(): Markup {
  const glyph = (...content: Markup[]) => element("svg", { class: "glyph wide", viewBox: "0 -6 26 12", "aria-hidden": "true" }, content);
  const stroke = (className: string) => element("path", { d: "M1 0H20", class: `request ${className}` });
  return element(
    "p",
    { class: "keys" },
    element("span", {}, glyph(stroke("s1"), element("circle", { cx: 20, cy: 0, r: 3, class: "asked s1" })), "answered"),
    element(
      "span",
      {},
      glyph(stroke("s1"), element("circle", { cx: 20, cy: 0, r: 4, class: "asked result s1" })),
      "answered, in the result",
    ),
    element("span", {}, glyph(stroke("s5 failed"), element("path", { d: "M17-3l6 6m0-6l-6 6", class: "cross s5" })), "failed"),
  );
}

/** The same as a table. */
export function walkTable({ requests }: PicturedLookup, nodes: readonly PicturedNode[]): Markup {
  const heads = ["#", "sent", "ended", "shared bits", "outcome", "where"].map((text) => element("th", { scope: "col" }, text));
  const rows = requests.map(({ to, sentMs, endedMs, outcome, sharedBits, inResult }, index) => {
    const node = nodes[to];
    const where = cut([node?.kind, node?.place].filter(Boolean).join(", "), 40);
    const texts = [duration(sentMs), duration(endedMs), String(sharedBits), inResult ? `${outcome}, in the result` : outcome, where];
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, String(index + 1)),
      texts.map((text) => element("td", {}, text)),
    );
  });
  const table = element("table", { class: "small" }, element("thead", {}, element("tr", {}, heads)), element("tbody", {}, rows));
  return element("details", {}, element("summary", {}, "The requests as a table"), element("div", { class: "scroll" }, table));
}

/** The nearest distance on top. Within one, the first sent is uppermost, and a line that is free is used again. */
function lanesOf(requests: readonly PicturedRequest[]): { lanes: Lane[]; height: number; ticks: Scale["ticks"] } {
  const distances = [...new Set(requests.map(({ sharedBits }) => sharedBits))].sort((a, b) => b - a);
  const placed: { request: PicturedRequest; index: number; y: number }[] = [];
  const middles: number[] = [];
  let y = GAP;
  for (const distance of distances) {
    const same = requests.map((request, index) => ({ request, index })).filter(({ request }) => request.sharedBits === distance);
    for (const [row, each] of same.entries()) placed.push({ ...each, y: y + (row + 0.5) * LANE });
    middles.push(y + (same.length * LANE) / 2);
    y += same.length * LANE + GAP;
  }
  const height = Math.max(LEAST_HEIGHT, y);
  const ticks = distances.map((bits, index) => ({ at: 1 - (middles[index] ?? 0) / height, label: String(bits), isMinor: false }));
  return { lanes: placed, height, ticks };
}

function requestLine({ request, index, y }: Lane, x: Scale, all: number): Markup {
  const { sentMs, endedMs, outcome, inResult } = request;
  const [from, to] = [x.at(sentMs), x.at(Math.max(finite(sentMs), finite(endedMs)))];
  const isFailed = outcome === "failed";
  const end = isFailed
    ? crossAt(to, y)
    : element("circle", { cx: percentOf(to), cy: y, r: inResult ? 4 : 3, class: inResult ? "asked result" : "asked" });
  return element(
    "g",
    { class: rampColour(index / Math.max(1, all - 1)) },
    element(
      "title",
      {},
      `Request ${index + 1}: sent at ${duration(sentMs)}, ${isFailed ? "given up" : "answered"} at ${duration(endedMs)}`,
    ),
    element("line", { x1: percentOf(from), x2: percentOf(to), y1: y, y2: y, class: isFailed ? "request failed" : "request" }),
    element("text", { x: percentOf(from), y: y + 3, dx: -4, "text-anchor": "end", class: "step" }, String(index + 1)),
    end,
  );
}

function crossAt(across: number, y: number): Markup {
  const inner = { x: percentOf(across), y, overflow: "visible", width: 1, height: 1 };
  return element("svg", inner, element("path", { d: "M-3-3l6 6m0-6l-6 6", class: "cross" }));
}
