import type { TargetResult } from "../recording.ts";
import type { Unmeasured } from "../unmeasured.ts";
import { figureName } from "./figure-name.ts";
import { isPart, NOTHING, quantity, tickLabel } from "./format.ts";
import { type Child, cut, element, type Markup, percentOf } from "./markup.ts";
import { finite } from "./scales.ts";

const BAR = 10;
/** How far beyond value and target the bar goes. */
const ROOM = 1.12;
/** A target this near to everything is shown from near it on: from 0, all of what is good looks the same. */
const NEAR_ALL = 0.9;
const LEAST_RANGE = 0.01;
/** Ends of bars are these times a power of ten. */
const ROUND = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];

/** Those that were missed first, those that say nothing last. */
export function targetCards(targets: readonly TargetResult[], unmeasured: readonly Unmeasured[]): Markup | undefined {
  const missedFirst = [...targets].sort((a, b) => Number(a.reached) - Number(b.reached));
  const cards = [...missedFirst.map(targetCard), ...unmeasured.map(unmeasuredCard)];
  return cards.length === 0 ? undefined : element("ul", { class: cards.length % 4 === 0 ? "targets by-four" : "targets" }, cards);
}

export function targetInWords({ target, unit }: Pick<TargetResult, "target" | "unit">): string {
  return "atLeast" in target ? `at least ${quantity(target.atLeast, unit)}` : `at most ${quantity(target.atMost, unit)}`;
}

export function verdict(isReached: boolean): Markup {
  const [className, sign, word] = isReached ? ["good", "✓", "reached"] : ["bad", "✗", "missed"];
  return element("span", { class: `verdict ${className}` }, element("span", { "aria-hidden": "true" }, sign), ` ${word}`);
}

/** In place of a verdict. */
export function notMeasured({ why }: Unmeasured): Markup {
  return element("span", { class: "dim" }, `not measured: ${why}`);
}

function unmeasuredCard(unmeasured: Unmeasured): Markup {
  return element(
    "li",
    { class: "card unmeasured" },
    nameOf(unmeasured.name),
    element("p", { class: "figure dim" }, NOTHING),
    element("p", { class: "aim" }, notMeasured(unmeasured), element("span", { class: "dim" }, targetInWords(unmeasured))),
  );
}

function nameOf(name: string): Markup {
  return element("p", { class: "name", title: cut(name, 120) }, cut(figureName(name), 120));
}

function targetCard(result: TargetResult): Markup {
  const { name, value, unit, reached } = result;
  return element(
    "li",
    { class: reached ? "card reached" : "card missed" },
    nameOf(name),
    element("p", { class: "figure" }, figureOf(value, unit)),
    bullet(result),
    element("p", { class: "aim" }, verdict(reached), element("span", { class: "dim" }, targetInWords(result))),
  );
}

/** What is counted is written smaller than the number. */
function figureOf(value: number, unit: string): Child {
  const text = quantity(value, unit);
  return unit !== "" && text.endsWith(`\u00a0${unit}`) && unit.length > 3
    ? [text.slice(0, -unit.length), element("small", {}, unit)]
    : text;
}

/** The value as a bar, the target as a line across it, and a shade over the side that is wanted. */
function bullet({ value, unit, target, reached }: TargetResult): Markup {
  const isLeast = "atLeast" in target;
  const aim = finite(isLeast ? target.atLeast : target.atMost);
  const [from, to] = rangeOf(finite(value), aim, unit);
  const at = (of: number) => Math.max(0, Math.min(1, (of - from) / (to - from)));
  const [wantedFrom, wantedTo] = isLeast ? [at(aim), 1] : [0, at(aim)];
  const line = percentOf(at(aim));
  const drawing = element(
    "svg",
    { width: "100%", height: BAR, "aria-hidden": "true", class: "bullet" },
    element("rect", { width: "100%", height: BAR, class: "track" }),
    element("rect", { x: percentOf(wantedFrom), width: percentOf(wantedTo - wantedFrom), height: BAR, class: "wanted" }),
    element("rect", { y: 2.5, width: percentOf(Math.max(0.006, at(finite(value)))), height: BAR - 5, class: reached ? "good" : "bad" }),
    element("line", { x1: line, x2: line, y1: -3, y2: BAR + 3, class: "tick" }),
  );
  const ends = element("p", { class: "ends" }, element("span", {}, endLabel(from, unit)), element("span", {}, endLabel(to, unit)));
  return element("div", {}, drawing, ends);
}

/** Of words like "requests" the card has enough; a rate is not an amount. */
function endLabel(value: number, unit: string): string {
  return value !== 0 && unit.includes("/") ? quantity(value, unit) : tickLabel(value, unit);
}

function rangeOf(value: number, aim: number, unit: string): [number, number] {
  const all = isPart(unit) ? 1 : unit === "%" ? 100 : undefined;
  if (all !== undefined && value <= all && aim <= all) {
    return aim >= NEAR_ALL * all ? [Math.max(0, all - roundUp(Math.max(all - aim, all - value) * 1.5)), all] : [0, all];
  }
  const most = Math.max(value, aim, 0) * ROOM;
  return [Math.min(0, value, aim), roundUp(most)];
}

function roundUp(value: number): number {
  if (!(value > 0)) return LEAST_RANGE;
  const power = 10 ** Math.floor(Math.log10(value));
  return (ROUND.find((factor) => factor * power >= value * 0.999) ?? 10) * power;
}
