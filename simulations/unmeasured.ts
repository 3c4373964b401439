import { type Figures, figureAt, unitOf } from "./figures.ts";
import type { Recording, TargetResult } from "./recording.ts";

/** A target whose figure a run does not have. */
export interface Unmeasured extends Pick<TargetResult, "name" | "unit" | "target"> {
  /** What is missing, such as "no adversaries". */
  readonly why: string;
}

/** Figures that only some runs have, by the first step of their path, and what those are without that have none. */
const WITHOUT: Readonly<Record<string, string>> = {
  adversaries: "no adversaries",
  watches: "nobody watches",
  queries: "no queries",
};
const OTHERWISE = "there is no such figure";

/** Targets of the scenario that came to nothing. A recording may have been written by hand: what is no target there is passed over. */
export function unmeasuredIn({ scenario, targets, figures }: Pick<Recording, "scenario" | "targets" | "figures">): Unmeasured[] {
  const wanted: unknown = scenario["targets"];
  if (!Array.isArray(wanted)) return [];
  return wanted.flatMap((each: unknown) => {
    const target = targetIn(each);
    if (target === undefined || targets.some(({ name }) => name === target.name)) return [];
    return [{ ...target, unit: unitOf(target.name), why: whyNot(figures, target.name) }];
  });
}

function whyNot(figures: Figures, path: string): string {
  const [subject = ""] = path.split(".");
  return figureAt(figures, `${subject}.count`) === 0 ? `no ${subject}` : (WITHOUT[subject] ?? OTHERWISE);
}

function targetIn(value: unknown): Pick<TargetResult, "name" | "target"> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { figure: name, atLeast, atMost } = value as Readonly<Record<string, unknown>>;
  if (typeof name !== "string") return undefined;
  if (typeof atLeast === "number") return { name, target: { atLeast } };
  return typeof atMost === "number" ? { name, target: { atMost } } : undefined;
}
