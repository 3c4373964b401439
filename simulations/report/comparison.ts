import type { Mark, Recording } from "../recording.ts";
import { comparisonTable, targetMatrix } from "./comparison-table.ts";
import { type Distribution, distributionChart } from "./curves.ts";
import { percent, quantity } from "./format.ts";
import { faultNotice, type Section } from "./header.ts";
import { card } from "./load.ts";
import { cut, element, type Markup } from "./markup.ts";
import { type Measured, measuredPart } from "./measured.ts";
import { kindKeys, overlayPicture } from "./overlay-picture.ts";
import { line, type Point, plot } from "./plot.ts";
import { MOST_DRAWN, type Run } from "./runs.ts";
import { exactScale, finite, linearScale } from "./scales.ts";
import { type Panel, seriesChart } from "./series.ts";
import { columns, whole } from "./single.ts";
import { sweepCharts } from "./sweep.ts";

const LOAD_HEIGHT = 220;
const MAX_PANELS = 16;

export function comparisonSections(runs: readonly Run[]): Section[] {
  const drawn = runs.slice(0, MOST_DRAWN);
  const measured = drawn.map(({ recording }) => measuredPart(recording));
  const faults = runs.map(({ recording, letter }) => faultNotice(recording.figures.faults, letter));
  const rest = runs.length > drawn.length ? ` The charts below show the first ${MOST_DRAWN} of ${runs.length} runs.` : "";
  return [
    whole(
      "figures",
      "Headline figures",
      `Differences are to the first run, ${runs[0]?.letter ?? ""}; better and worse where chance cannot do it and the networks are of one size.${rest}`,
      [...faults, runKeys(drawn), comparisonTable(runs), targetMatrix(runs)],
    ),
    whole("sweep", "What the option does", "Each figure over the option that the runs differ in.", [columns(sweepCharts(runs))]),
    whole("speed", "How fast, how far", "Each curve is one run. Read across at 50, 90 or 99 % to see what that share got.", [
      columns(curveCharts(drawn)),
    ]),
    whole("time", "Over virtual time", "The same measure of every run on the same axes, from when its network had grown and settled.", [
      seriesChart(panels(drawn, measured), marksOf(measured)),
    ]),
    whole("load", "Who carries the load", "Requests answered by each node, as multiples of the mean of its run.", [
      columns([loadChart(drawn)]),
    ]),
    whole("overlay", "The overlays", "Every node where its id is, and one lookup through them.", [rings(drawn)]),
  ].filter((each) => each !== undefined);
}

/** Names of the runs with their colours; each can be hidden from the charts. */
function runKeys(runs: readonly Run[]): Markup {
  const keys = runs.map(({ letter, name, colour }, index) =>
    element(
      "label",
      {},
      element("input", { type: "checkbox", checked: true, id: `show-${index}` }),
      element("i", { class: `key ${colour}` }),
      element("b", {}, letter),
      ` ${name}`,
    ),
  );
  return element("fieldset", { class: "runs" }, element("legend", {}, "Runs in the charts"), keys);
}

function curveCharts(runs: readonly Run[]): Markup[] {
  const all = runs.flatMap(({ recording }) => recording.curves).filter(({ points }) => points.length > 0);
  const kinds = [...new Map(all.map((curve) => [`${curve.of}\n${curve.what}`, curve])).values()];
  return kinds.map(({ of, what, unit }) => {
    const lines = runs.flatMap(({ recording, letter, name, colour }, index): Distribution[] => {
      const curve = recording.curves.find((each) => each.of === of && each.what === what && each.points.length > 0);
      return curve ? [{ name: `${letter} ${name}`, short: letter, colour, points: curve.points, run: `run-${index}` }] : [];
    });
    return distributionChart(cut(`${what} of ${of}`, 60), unit, lines);
  });
}

/** @param measured one for each run. */
function panels(runs: readonly Run[], measured: readonly Measured[]): Panel[] {
  const names = [...new Set(measured.flatMap(({ series }) => series.columns.map(({ name }) => name)))];
  const qualityFirst = names.sort((a, b) => Number(isQuality(b)) - Number(isQuality(a))).slice(0, MAX_PANELS);
  return qualityFirst.map((title) => {
    const lines = measured.flatMap(({ series: { columns, stepMs } }, index) => {
      const column = columns.find(({ name }) => name === title);
      const { letter = "", colour = "" } = runs[index] ?? {};
      return column ? [{ name: letter, colour, stepMs, column, run: `run-${index}` }] : [];
    });
    const unit = lines[0]?.column.unit ?? "";
    return { title: cut(title, 60), unit: isQuality(title) && (unit === "" || unit === "%") ? "part" : unit, lines };
  });
}

function isQuality(name: string): boolean {
  return /^(recall|success)\b/.test(name);
}

/** What was done in any of the runs, each thing once. */
function marksOf(measured: readonly Measured[]): Mark[] {
  const marks = measured.flatMap((each) => each.marks);
  return [...new Map(marks.map((mark) => [`${mark.label}\n${mark.fromMs}\n${mark.untilMs}`, mark])).values()].slice(0, 200);
}

function loadChart(runs: readonly Run[]): Markup | undefined {
  const loaded = runs
    .map(({ recording, ...run }, index) => ({ ...run, index, loads: recording.loadByNode, mean: meanOf(recording.loadByNode) }))
    .filter(({ loads, mean }) => loads.length > 0 && mean > 0);
  if (loaded.length === 0) return undefined;
  const most = loaded.reduce((high, { loads, mean }) => Math.max(high, finite(loads[0] ?? 0) / mean), 1);
  const y = linearScale(0, most, "", 5);
  const curves = loaded.map(({ loads, mean, colour, index }) => {
    const points = loads.map((load, rank): Point => [loads.length === 1 ? 0.5 : rank / (loads.length - 1), y.at(finite(load) / mean)]);
    return line(points, { class: `curve ${colour} run-${index}` });
  });
  const busiest = loaded.map(({ loads, mean, letter }) => `${letter} ${quantity(finite(loads[0] ?? 0) / mean, "×")}`);
  const chart = plot({
    label: `Load by node as multiples of the mean. Busiest: ${busiest.join(", ")}`,
    height: LOAD_HEIGHT,
    x: exactScale(0, 1, "part", 4),
    y,
    curves,
    over: element("line", { x1: 0, x2: "100%", y1: (1 - y.at(1)) * LOAD_HEIGHT, y2: (1 - y.at(1)) * LOAD_HEIGHT, class: "mean" }),
  });
  return card("Load by node", `Multiples of the mean; nodes from the busiest to the idlest. Busiest: ${busiest.join(", ")}`, chart);
}

function meanOf(loads: readonly number[]): number {
  return loads.reduce((sum, load) => sum + finite(load) / loads.length, 0);
}

function rings(runs: readonly Run[]): Markup | undefined {
  const cards = runs.flatMap(({ recording, letter, name, colour }, index) => {
    const ring = overlayPicture(recording.picture);
    if (ring === undefined) return [];
    const title = element("h3", {}, element("i", { class: `key ${colour}` }), `${letter} ${cut(name, 40)}`);
    return [
      element(
        "figure",
        { class: `card run-${index}` },
        element("figcaption", {}, title, element("p", { class: "dim" }, aboutLookup(recording))),
        ring,
        kindKeys(recording.picture.nodes),
      ),
    ];
  });
  return cards.length === 0 ? undefined : element("div", { class: "rings" }, cards);
}

function aboutLookup({ picture: { lookup } }: Recording): string {
  if (lookup === undefined || lookup.requests.length === 0) return "no lookup";
  const took = lookup.requests.reduce((latest, { endedMs }) => Math.max(latest, finite(endedMs)), 0);
  const failed = lookup.requests.filter(({ outcome }) => outcome === "failed").length;
  return `${lookup.requests.length} requests in ${quantity(took, "ms")}, ${percent(failed / lookup.requests.length)} failed`;
}
