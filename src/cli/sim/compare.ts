import type { Recording, ScenarioInput } from "synapse-p2p/simulations";
import { makeCommand } from "../command.ts";
import { inThread } from "../thread/in-thread.ts";
import { describeComparison } from "./describe-runs.ts";
import { figuresAndTargets } from "./figures-and-targets.ts";
import { writeReport, writtenFiles } from "./report-file.ts";
import { failOnFaults, runSimulation } from "./run-simulation.ts";
import { commandOf, type ScenarioFlags, scenarioOf, withScenarioOptions } from "./scenario-options.ts";
import { checkWritable } from "./written-file.ts";

interface CompareFlags extends ScenarioFlags {
  readonly report?: string;
  readonly json?: boolean;
}

export function compareCommand() {
  return withScenarioOptions(
    makeCommand("compare", "Run several scenarios, one after the other, and show them side by side.", [
      "synapse sim compare baseline cold-links --nodes 300",
      "synapse sim compare baseline mine.json --report both.html",
    ]).argument("<scenarios...>", "names or files, as for `sim run`"),
  )
    .option("--report <FILE>", "write a page that shows the run: open it in a browser")
    .action((names: readonly string[], flags: CompareFlags) =>
      inThread(flags, async ({ output, signal }) => {
        checkWritable({ report: flags.report });
        const { readScenario } = await import("synapse-p2p/simulations");
        const scenarios: [name: string, scenario: ScenarioInput][] = []; // as many as were named, before the first of them runs
        for (const name of names) scenarios.push([name, await scenarioOf(name, flags)]);
        for (const [, scenario] of scenarios) readScenario(scenario);
        const recordings: Recording[] = []; // one for each
        for (const [name, scenario] of scenarios) {
          recordings.push(await runSimulation(scenario, output, signal, { command: commandOf(name, flags, scenario) }));
        }
        if (flags.report !== undefined) await writeReport(flags.report, recordings);
        const all = await Promise.all(recordings.map(figuresAndTargets));
        const lines = await describeComparison(output.style, recordings);
        output.data(all, () => [...lines, ...writtenFiles({ report: flags.report })]);
        for (const { figures } of recordings) failOnFaults(figures);
      }),
    );
}
