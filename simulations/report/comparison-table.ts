import type { Figures } from "../figures.ts";
import type { TargetResult } from "../recording.ts";
import { type Unmeasured, unmeasuredIn } from "../unmeasured.ts";
import { figureName } from "./figure-name.ts";
import { operationsOf } from "./figures.ts";
import { difference, isPart, NOTHING, quantity } from "./format.ts";
import { type Child, cut, element, type Markup } from "./markup.ts";
import { isNoise } from "./noise.ts";
import type { Run } from "./runs.ts";
import { notMeasured, targetInWords, verdict } from "./targets.ts";

/** A figure of a run that can be set beside that of another. */
export interface Measure {
  /** What it is about: a kind of operation, or the network. */
  readonly subject: string;
  readonly name: string;
  readonly unit: string;
  readonly better: "more" | "less" | "neither";
  readonly of: (figures: Figures) => number | undefined;
  /** How many operations it is of; none for what is counted over the whole run. */
  readonly samples?: (figures: Figures) => number;
}

/** Up to so many runs leave room for the difference beside the figure. */
const FEW = 4;
/** From here on columns stand closer. */
const MANY = 8;
const NETWORK_SUBJECT = "network";

/** Measures that at least one of the runs has, operations first. */
export function measuresOf(runs: readonly Run[]): Measure[] {
  const names = [...new Set(runs.flatMap(({ recording }) => operationsOf(recording.figures).map(([name]) => name)))];
  const measures = [...names.flatMap(operationMeasures), ...NETWORK];
  return measures.filter(({ of }) => runs.some(({ recording }) => of(recording.figures) !== undefined));
}

const NETWORK: readonly Measure[] = [
  { subject: NETWORK_SUBJECT, name: "bytes per node", unit: "B/s", better: "less", of: (figures) => figures.bytesPerNodeSecond },
  { subject: NETWORK_SUBJECT, name: "messages", unit: "", better: "neither", of: (figures) => figures.messages },
  { subject: NETWORK_SUBJECT, name: "deaths", unit: "", better: "neither", of: (figures) => figures.deaths },
  { subject: NETWORK_SUBJECT, name: "memory", unit: "bytes", better: "neither", of: (figures) => figures.rssBytes },
  { subject: NETWORK_SUBJECT, name: "real time", unit: "ms", better: "neither", of: (figures) => figures.wallMs },
];

export function comparisonTable(runs: readonly Run[]): Markup {
  const heads = runs.map(({ letter, name, colour }) => {
    return element("th", { scope: "col" }, element("i", { class: `key ${colour}` }), letter, element("small", {}, name));
  });
  const measures = measuresOf(runs);
  const rows = measures.map((measure, index) => {
    const isFirst = measures[index - 1]?.subject !== measure.subject;
    const row = element("tr", {}, element("th", { scope: "row" }, measure.name), cells(measure, runs));
    return isFirst ? [groupRow(measure.subject, runs.length), row] : row;
  });
  const head = element("thead", {}, element("tr", {}, element("td", {}), heads));
  const table = element("table", { class: tableClass(runs) }, head, element("tbody", {}, rows));
  return element("div", { class: "scroll card", tabindex: 0, role: "region", "aria-label": "Headline figures of all runs" }, table);
}

function tableClass({ length }: readonly Run[]): string {
  return length <= FEW ? "comparison roomy" : length > MANY ? "comparison dense" : "comparison";
}

function groupRow(subject: string, columns: number): Markup {
  return element("tr", { class: "group" }, element("th", { scope: "colgroup", colspan: columns + 1 }, subject));
}

/** Which run reached which target. */
export function targetMatrix(runs: readonly Run[]): Markup | undefined {
  const measured = runs.map(({ recording: { targets } }) => targets);
  const unmeasured = runs.map(({ recording }) => unmeasuredIn(recording));
  const all = [...measured, ...unmeasured].flat();
  const names = [...new Set(all.map(({ name }) => name))];
  if (names.length === 0) return undefined;
  const rows = names.map((name) => {
    const aims = new Set(all.filter((target) => target.name === name).map(targetInWords));
    const aim = element("small", {}, cut([...aims].join("; "), 120));
    const cells = runs.map((_, index) => element("td", {}, targetCell(name, measured[index], unmeasured[index])));
    return element("tr", {}, element("th", { scope: "row", title: cut(name, 120) }, cut(figureName(name), 120), aim), cells);
  });
  const heads = runs.map(({ letter, colour }) => element("th", { scope: "col" }, element("i", { class: `key ${colour}` }), letter));
  const head = element("thead", {}, element("tr", {}, element("td", {}, "Targets"), heads));
  const table = element("table", { class: tableClass(runs) }, head, element("tbody", {}, rows));
  return element("div", { class: "scroll card", tabindex: 0, role: "region", "aria-label": "Targets of all runs" }, table);
}

function targetCell(name: string, measured: readonly TargetResult[] = [], unmeasured: readonly Unmeasured[] = []): Child {
  const own = measured.find((target) => target.name === name);
  if (own !== undefined) return [quantity(own.value, own.unit), element("small", {}, verdict(own.reached))];
  const missing = unmeasured.find((target) => target.name === name);
  return missing === undefined ? NOTHING : [NOTHING, element("small", {}, notMeasured(missing))];
}

function operationMeasures(operation: string): Measure[] {
  const at = (pick: (figures: ReturnType<typeof operationsOf>[number][1]) => number | undefined) => (figures: Figures) => {
    const own = operationsOf(figures).find(([name]) => name === operation)?.[1];
    return own === undefined || own.count === 0 ? undefined : pick(own);
  };
  const samples = (figures: Figures) => operationsOf(figures).find(([name]) => name === operation)?.[1].count ?? 0;
  const measures: Omit<Measure, "samples">[] = [
    { subject: operation, name: "success", unit: "part", better: "more", of: at(({ success }) => success) },
    { subject: operation, name: "recall", unit: "part", better: "more", of: at(({ recall }) => recall) },
    { subject: operation, name: "latency p50", unit: "ms", better: "less", of: at(({ latencyMs }) => latencyMs.p50) },
    { subject: operation, name: "latency p90", unit: "ms", better: "less", of: at(({ latencyMs }) => latencyMs.p90) },
    { subject: operation, name: "latency p99", unit: "ms", better: "less", of: at(({ latencyMs }) => latencyMs.p99) },
    { subject: operation, name: "first p50", unit: "ms", better: "less", of: at(({ firstMs }) => firstMs?.p50) },
    { subject: operation, name: "first p99", unit: "ms", better: "less", of: at(({ firstMs }) => firstMs?.p99) },
    { subject: operation, name: "hops, mean", unit: "", better: "less", of: at(({ hops }) => hops.mean) },
    { subject: operation, name: "requests, mean", unit: "", better: "less", of: at(({ requests }) => requests.mean) },
  ];
  return measures.map((measure) => ({ ...measure, samples }));
}

function cells(measure: Measure, runs: readonly Run[]): Markup[] {
  return runs.map(({ recording: { figures } }, index) => {
    const text = quantity(measure.of(figures), measure.unit);
    // Without a difference there is still its place, or the figure would move there.
    return element("td", {}, text, index === 0 ? undefined : (change(measure, figures, runs[0]?.recording.figures) ?? element("small")));
  });
}

/** No colour for what chance can do, nor for what comes of another number of nodes: a larger network is not a worse one. */
function change({ of, unit, better, samples }: Measure, figures: Figures, base: Figures | undefined): Markup | undefined {
  const [value, first] = [of(figures), base && of(base)];
  if (value === undefined || first === undefined || base === undefined) return undefined;
  const text = difference(value, first, unit);
  if (text === "") return undefined;
  const many = samples && Math.min(samples(figures), samples(base));
  const isPlain = better === "neither" || figures.nodes !== base.nodes || isNoise(value, first, isPart(unit), many);
  if (isPlain) return element("small", { class: "dim" }, text);
  const isBetter = value > first === (better === "more");
  return element("small", { class: isBetter ? "good" : "bad" }, text, element("span", {}, isBetter ? " better" : " worse"));
}
