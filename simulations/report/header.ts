import type { Picture, Recording } from "../recording.ts";
import { count, duration, plural } from "./format.ts";
import { type Child, coordinate, cut, element, type Markup, together } from "./markup.ts";
import { optionName, optionValue } from "./runs.ts";
import { finite } from "./scales.ts";

export interface Section {
  readonly id: string;
  readonly title: string;
  /** What one learns from it, in a sentence. */
  readonly about: string;
  readonly content: readonly (Markup | undefined)[];
}

/** Nodes in the emblem; more run together. */
const MAX_RAYS = 180;
const MAX_OPTIONS = 60;
const MOST_COMMANDS_IN_SIGHT = 3;

export function header(title: string, lead: string, recordings: readonly Recording[], sections: readonly Section[]): Markup {
  const commands = [...new Set(recordings.map(({ command }) => command).filter((command) => command !== ""))].slice(0, 12);
  return element(
    "header",
    {},
    element(
      "div",
      { class: "masthead" },
      emblem(recordings[0]?.picture),
      element("div", {}, element("h1", {}, title), element("p", { class: "lead" }, lead)),
    ),
    recordings.length === 1 && recordings[0] ? facts(recordings[0]) : undefined,
    commandLines(commands),
    contents(sections),
  );
}

export function section({ id, title, about, content }: Section, index: number): Markup {
  const number = element("span", { class: "section-number", "aria-hidden": "true" }, String(index + 1));
  const heading = element("h2", { id: `${id}-title` }, number, title);
  return element("section", { id, "aria-labelledby": `${id}-title` }, heading, element("p", { class: "about" }, about), together(content));
}

/** Everything that the scenario says, unfolded on demand. */
export function scenarioTable({ scenario, figures }: Recording): Markup {
  const options = Object.entries(scenario).slice(0, MAX_OPTIONS);
  const rows = [
    ...options.map(([option, value]) => [optionName(option), optionValue(option, value)] as const),
    ["trace", figures.traceHash] as const,
  ];
  const body = rows.map(([name, value]) =>
    element("tr", {}, element("th", { scope: "row" }, cut(name, 60)), element("td", {}, cut(value, 400))),
  );
  const table = element("table", { class: "small left" }, element("tbody", {}, body));
  return element("details", {}, element("summary", {}, "Everything the scenario says"), element("div", { class: "scroll" }, table));
}

/** Exceptions that nobody caught: a run with any is a failed run. */
export function faultNotice(faults: readonly string[], of = ""): Markup | undefined {
  if (faults.length === 0) return undefined;
  const items = faults.slice(0, 10).map((fault) => element("li", {}, cut(fault, 600)));
  const more = faults.length > items.length ? element("p", {}, `and ${faults.length - items.length} more`) : undefined;
  const text = `${of}${of === "" ? "" : ": "}${plural(faults.length, "exception")} that nobody caught. This run failed.`;
  return element("div", { class: "notice", role: "note" }, element("p", {}, element("b", {}, `✗ ${text}`)), element("ul", {}, items), more);
}

function facts({ figures }: Recording): Markup {
  const ratio = figures.wallMs > 0 ? element("small", {}, `${count(finite(figures.virtualMs / figures.wallMs))} : 1`) : undefined;
  const pairs: readonly (readonly [string, Child])[] = [
    ["Scenario", cut(figures.scenario, 60)],
    ["Level", figures.level],
    ["Nodes", count(figures.nodes)],
    ["Seed", String(figures.seed)],
    ["Virtual time", duration(figures.virtualMs)],
    ["Real time", [duration(figures.wallMs), ratio]],
    ["Messages", count(figures.messages)],
    ["Deaths", count(figures.deaths)],
  ];
  return element(
    "dl",
    { class: "facts" },
    pairs.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))),
  );
}

function commandLines(commands: readonly string[]): Markup | undefined {
  if (commands.length === 0) return undefined;
  const lines = element("div", { class: "commands" }, commands.map(commandLine));
  if (commands.length <= MOST_COMMANDS_IN_SIGHT) return lines;
  return element("details", {}, element("summary", {}, `The ${commands.length} commands that run this again`), lines);
}

function commandLine(command: string): Markup {
  return element("div", { class: "command" }, element("code", { tabindex: 0 }, cut(command, 2_000)), element("span", { class: "copy" }));
}

function contents(sections: readonly Section[]): Markup | undefined {
  if (sections.length < 2) return undefined;
  const items = sections.map(({ id, title }) => element("li", { "data-to": id }, title));
  return element("nav", { "aria-label": "Contents" }, element("ol", { class: "contents" }, items));
}

/** The ring of ids as it is in this very run. */
function emblem(picture: Picture | undefined): Markup | undefined {
  const nodes = picture?.nodes ?? [];
  if (nodes.length === 0) return undefined;
  const every = Math.ceil(nodes.length / MAX_RAYS);
  const d = nodes
    .filter((_, index) => index % every === 0)
    .map(({ at }) => {
      const angle = finite(at) * 2 * Math.PI - Math.PI / 2;
      const [x, y] = [Math.cos(angle), Math.sin(angle)];
      return `M${coordinate(x * 34)} ${coordinate(y * 34)}L${coordinate(x * 46)} ${coordinate(y * 46)}`;
    });
  return element("svg", { class: "emblem", viewBox: "-50 -50 100 100", "aria-hidden": "true" }, element("path", { d: d.join("") }));
}
