import type { Picture, Recording, TargetResult } from "../recording.ts";
import { targetsFor, targetsForInWords } from "../targets-for.ts";
import { unmeasuredIn } from "../unmeasured.ts";
import { curveCharts } from "./curves.ts";
import { operationTable } from "./figures.ts";
import { count, plural, quantity } from "./format.ts";
import { faultNotice, type Section, scenarioTable } from "./header.ts";
import { card, keyLoadChart, nodeLoadChart, trafficChart } from "./load.ts";
import { element, type Markup } from "./markup.ts";
import { measuredPart } from "./measured.ts";
import { kindKeys, overlayPicture } from "./overlay-picture.ts";
import { panelsOf, seriesChart } from "./series.ts";
import { targetCards } from "./targets.ts";
import { walkChart, walkKeys, walkTable } from "./walk.ts";

/** So many cards stand in narrower columns. */
const MANY = 5;

/** What a report of one run consists of; what was not measured is left out. */
export function sectionsOf(recording: Recording): Section[] {
  const { curves, loadByNode, loadByKey, traffic, picture } = recording;
  const { series, marks } = measuredPart(recording);
  return [
    figuresSection(recording),
    whole("speed", "How fast, how far", "Each curve is one kind of operation. Read across at 50, 90 or 99 % to see what that share got.", [
      columns(curveCharts(curves)),
    ]),
    whole(
      "time",
      "Over virtual time",
      "How well it went, what it cost, and what was done to the network, from when it had grown and settled.",
      [seriesChart(panelsOf(series), marks)],
    ),
    whole("load", "Who carries the load", "An overlay is fair when the busiest is not far from the mean.", [
      columns([stack([nodeLoadChart(loadByNode), trafficChart(traffic)]), keyLoadChart(loadByKey)]),
    ]),
    whole("overlay", "The overlay, and one lookup through it", aboutPicture(picture), pictureContent(picture)),
  ].filter((each) => each !== undefined);
}

function pictureContent(picture: Picture): (Markup | undefined)[] {
  const ring = overlayPicture(picture);
  if (ring === undefined) return [];
  const { lookup, nodes } = picture;
  const walk = lookup && walkChart(lookup);
  return [
    element(
      "div",
      { class: "pair" },
      card("The ring of ids", `${plural(nodes.length, "node")}, each where its id is`, ring, kindKeys(nodes)),
      walk &&
        lookup &&
        card(
          "The lookup over time",
          "Leading bits shared with the target (up) over time since its start",
          walk,
          walkKeys(),
          walkTable(lookup, nodes),
        ),
    ),
  ];
}

export function whole(id: string, title: string, about: string, content: readonly (Markup | undefined)[]): Section | undefined {
  return content.some((each) => each !== undefined) ? { id, title, about, content } : undefined;
}

/** Cards beside each other where there is room. */
export function columns(cards: readonly (Markup | undefined)[]): Markup | undefined {
  const present = cards.filter((each) => each !== undefined);
  return present.length === 0 ? undefined : element("div", { class: present.length >= MANY ? "columns many" : "columns" }, present);
}

/** Cards under each other in one column. */
function stack(cards: readonly (Markup | undefined)[]): Markup | undefined {
  return cards.some((each) => each !== undefined) ? element("div", { class: "stack" }, cards) : undefined;
}

function figuresSection(recording: Recording): Section {
  const { figures, targets } = recording;
  const unmeasured = unmeasuredIn(recording);
  const content = [
    faultNotice(figures.faults),
    targetCards(targets, unmeasured),
    operationTable(figures),
    costs(recording),
    scenarioTable(recording),
  ];
  return { id: "figures", title: "Headline figures", about: `${verdictOn(targets, unmeasured.length)}${notOn(recording)}`, content };
}

function verdictOn(targets: readonly TargetResult[], unmeasured: number): string {
  const rest = unmeasured === 0 ? "" : ` ${plural(unmeasured, "target")} could not be measured.`;
  if (targets.length === 0) return unmeasured === 0 ? "No targets were set for this run." : rest.trim();
  return `${reachedOf(targets)}${rest}`;
}

function notOn(recording: Recording): string {
  const meant = targetsFor(recording);
  return meant === undefined ? "" : ` But ${targetsForInWords(meant)}.`;
}

function reachedOf(targets: readonly TargetResult[]): string {
  const missed = targets.filter(({ reached }) => !reached).length;
  if (targets.length === 1) return `Its one target was ${missed === 0 ? "reached" : "missed"}.`;
  const all = plural(targets.length, "target");
  return missed === 0 ? `All ${all} reached.` : `${missed} of ${all} missed.`;
}

function costs({ figures }: Recording): Markup {
  const text = [
    `${quantity(figures.bytesPerNodeSecond, "B/s")} a node`,
    `${count(figures.messagesPerSecond)} messages a real second simulated`,
    `${quantity(figures.rssBytes, "bytes")} of memory`,
  ];
  return element("p", { class: "costs dim" }, text.join(" · "));
}

function aboutPicture({ lookup }: Picture): string {
  if (lookup === undefined) return "Every node where its id is.";
  return "Every node where its id is. The lookup starts at the circled node and nears the wedge, its target; numbers and colours follow time.";
}
