import type { Recording } from "./recording.ts";
import { scenarioIn } from "./scenarios/library/index.ts";
import { readScenario } from "./scenarios/read-scenario.ts";

/** What the targets of a scenario were set for, where a run of it was something else. */
export interface TargetsFor {
  readonly scenario: string;
  readonly nodes: number;
  /** Where members came and went otherwise than the scenario says: what it says. */
  readonly churn: "none" | "its own" | undefined;
}

/**
 * Targets that come with a scenario are set for its own size and churn: in another network missing them is no fault, and reaching them no
 * merit. Undefined where the run was of that size and churn, and where the targets are somebody's own, which are for whatever he runs.
 */
export function targetsFor({ scenario }: Pick<Recording, "scenario">): TargetsFor | undefined {
  const named = scenarioIn(scenario["name"]);
  if (named === undefined) return undefined;
  const { name, nodes, churn, targets } = readScenario(named);
  if (targets.length === 0 || !isSame(targets, scenario["targets"])) return undefined;
  const isSameChurn = isSame(churn, scenario["churn"]);
  if (isSameChurn && nodes === scenario["nodes"]) return undefined;
  return { scenario: name, nodes, churn: isSameChurn ? undefined : churn === null ? "none" : "its own" };
}

/** The same in words: `the targets of churn-kad are for 1,000 nodes`. */
export function targetsForInWords({ scenario, nodes, churn }: TargetsFor): string {
  const who = churn === undefined ? "" : churn === "none" ? " of which none leaves" : " and its own churn";
  return `the targets of ${scenario} are for ${nodes.toLocaleString("en")} nodes${who}`;
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
