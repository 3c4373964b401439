import { describe, expect, test } from "vitest";
import { readScenario, renderReport, type ScenarioInput, scenarioNamed, targetsFor, targetsForInWords } from "../../simulations/index.ts";
import { imitateRun } from "./report/imitation.ts";

function noteOn(name: string, changes: ScenarioInput): string | undefined {
  const meant = targetsFor({ scenario: { ...readScenario({ ...scenarioNamed(name), ...changes }) } });
  return meant && targetsForInWords(meant);
}

describe("The targets of a scenario", () => {
  test.each<[string, ScenarioInput, string | undefined]>([
    ["churn-kad", {}, undefined],
    ["churn-kad", { seed: 7, durationMs: "5m" }, undefined],
    ["churn-kad", { nodes: 20 }, "the targets of churn-kad are for 1,000 nodes"],
    ["churn-kad", { churn: null }, "the targets of churn-kad are for 1,000 nodes and its own churn"],
    ["partition", { churn: { model: "kad" } }, "the targets of partition are for 1,000 nodes of which none leaves"],
    ["churn-kad", { nodes: 20, targets: [{ figure: "lookups.recall", atLeast: 0.5 }] }, undefined],
    ["churn-kad", { nodes: 20, targets: [] }, undefined],
    ["churn-kad", { nodes: 20, name: "mine" }, undefined],
  ])("of %s with %j: %s", (name, changes, note) => expect(noteOn(name, changes)).toBe(note));

  test("are shown in a report beside what they are for", () => {
    const run = imitateRun();
    const scenario = { ...readScenario({ ...scenarioNamed("churn-kad"), nodes: 20 }) };
    expect(renderReport([{ ...run, scenario }]).includes("the targets of churn-kad are for 1,000 nodes.")).toBe(true);
  });
});
