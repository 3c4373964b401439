import type { Recording, TargetResult, Unmeasured } from "synapse-p2p/simulations";
import { type Colours, table } from "../output.ts";

/** What a run was to reach, below its figures. */
export async function describeTargets(style: Colours, recording: Recording): Promise<string[]> {
  const rows = await targetRows(recording);
  return rows.length === 0 ? [] : ["", ...table(style, ["TARGET", "MEASURED", "", ""], rows), ...(await notesOn(style, [recording]))];
}

/** The same of several runs. */
export async function describeTargetsOfAll(style: Colours, recordings: readonly Recording[]): Promise<string[]> {
  const rows: string[][] = []; // a scenario's targets for each run
  for (const recording of recordings) for (const row of await targetRows(recording)) rows.push([recording.figures.scenario, ...row]);
  return rows.length === 0 ? [] : ["", ...table(style, ["", "TARGET", "MEASURED", "", ""], rows), ...(await notesOn(style, recordings))];
}

/** Of many runs of one scenario: how many have reached each target. */
export async function describeTargetsTogether(style: Colours, recordings: readonly Recording[]): Promise<string[]> {
  const { unmeasuredIn } = await import("synapse-p2p/simulations");
  const all = new Map<string, { of: number; reached: number; whys: Set<string> }>(); // by target; as many as the scenario has
  for (const recording of recordings) {
    for (const target of [...recording.targets, ...unmeasuredIn(recording)]) {
      const key = `${target.name}\n${aimOf(target)}`;
      const so = all.get(key) ?? { of: 0, reached: 0, whys: new Set() };
      all.set(key, so);
      if ("why" in target) so.whys.add(target.why);
      else so.of += 1;
      if ("reached" in target && target.reached) so.reached += 1;
    }
  }
  const rows = [...all].map(([key, { of, reached, whys }]) => {
    const measured = of === 0 ? [] : [`reached in ${reached} of ${of}`];
    return [...key.split("\n"), [...measured, ...[...whys].map(notMeasured)].join("; ")];
  });
  return rows.length === 0 ? [] : ["", ...table(style, ["TARGET", "", ""], rows), ...(await notesOn(style, recordings))];
}

/** Which of the targets were set for another network than the one that ran, each scenario once. */
async function notesOn(style: Colours, recordings: readonly Recording[]): Promise<string[]> {
  const { targetsFor, targetsForInWords } = await import("synapse-p2p/simulations");
  const notes = recordings.map(targetsFor).filter((each) => each !== undefined);
  return [...new Set(notes.map(targetsForInWords))].map((note) => style.dim(note));
}

/** A figure, what was measured, what it was to reach, and whether it has. */
async function targetRows(recording: Recording): Promise<string[][]> {
  const { unmeasuredIn } = await import("synapse-p2p/simulations");
  return [
    ...recording.targets.map((each) => [each.name, withUnit(each.value, each.unit), aimOf(each), each.reached ? "reached" : "missed"]),
    ...unmeasuredIn(recording).map((each) => [each.name, "–", aimOf(each), notMeasured(each.why)]),
  ];
}

function notMeasured(why: string): string {
  return `not measured: ${why}`;
}

function aimOf({ target, unit }: TargetResult | Unmeasured): string {
  return "atLeast" in target ? `≥ ${withUnit(target.atLeast, unit)}` : `≤ ${withUnit(target.atMost, unit)}`;
}

function withUnit(value: number, unit: string): string {
  return unit === "part" ? `${Number((100 * value).toFixed(3))} %` : `${value} ${unit}`.trim();
}
