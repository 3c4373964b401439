import type { Recording } from "../recording.ts";
import { comparisonSections } from "./comparison.ts";
import { duration, plural } from "./format.ts";
import { header, section } from "./header.ts";
import { cut, element, together } from "./markup.ts";
import { page } from "./page.ts";
import { runsOf, sweepOf } from "./runs.ts";
import { finite } from "./scales.ts";
import { sectionsOf } from "./single.ts";

export interface ReportOptions {
  /** Heading of the page. By default what was run. */
  readonly title?: string;
}

const MAX_TITLE = 120;

/**
 * One HTML page that shows one run, or compares several: complete in itself, loading nothing, the same to the byte for the same recordings.
 * Charts show the first 12 runs, tables all.
 */
export function renderReport(recordings: readonly Recording[], options: ReportOptions = {}): string {
  const [first] = recordings;
  const title = cut(options.title ?? titleOf(recordings), MAX_TITLE);
  const sections = first === undefined ? [] : recordings.length === 1 ? sectionsOf(first) : comparisonSections(runsOf(recordings));
  const nothing = first === undefined ? element("p", { class: "about" }, "There is no recording to show.") : undefined;
  const content = element("main", {}, nothing, sections.map(section));
  return page(title, together(header(title, leadOf(recordings), recordings, sections), content));
}

function titleOf(recordings: readonly Recording[]): string {
  const [first] = recordings;
  if (first === undefined) return "Simulation";
  const { scenario, nodes } = first.figures;
  if (recordings.length === 1) return `${scenario}, ${plural(nodes, "node")}`;
  const sweep = sweepOf(recordings);
  const isOne = recordings.every(({ figures }) => figures.scenario === scenario);
  return sweep
    ? `${isOne ? scenario : plural(recordings.length, "run")} over ${sweep.option}`
    : `${plural(recordings.length, "run")} compared`;
}

function leadOf(recordings: readonly Recording[]): string {
  const virtual = recordings.reduce((sum, { figures }) => sum + finite(figures.virtualMs), 0);
  const wall = recordings.reduce((sum, { figures }) => sum + finite(figures.wallMs), 0);
  if (recordings.length < 2) return "Simulation of an overlay network"; // of one, the facts below tell how long it took
  return `${plural(recordings.length, "simulation")} of an overlay network: ${duration(virtual)} of virtual time in ${duration(wall)}`;
}
