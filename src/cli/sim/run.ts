import { inContext, makeCommand } from "../command.ts";
import { describeFigures, describeTargets } from "./describe.ts";
import { checkReport, writeReport } from "./report-file.ts";
import { failOnFaults, runSimulation } from "./run-simulation.ts";
import { commandOf, type ScenarioFlags, scenarioOf, withScenarioOptions } from "./scenario-options.ts";

interface RunFlags extends ScenarioFlags {
  readonly report?: string;
  readonly json?: boolean;
}

export function runCommand() {
  return withScenarioOptions(
    makeCommand("run", "Grow a network, use it for a virtual while, and measure it against the truth.", [
      "synapse sim run --nodes 1000 --seed 7 --duration 1h",
      "synapse sim run churn-kad --json",
      "synapse sim run my-scenario.json --report run.html",
      "synapse sim run --nodes 200 --level node --duration 10m",
    ]).argument("[scenario]", "a name from `synapse sim list`, or a file of your own with a scenario as JSON", "baseline"),
  )
    .option("--report <FILE>", "write a page that shows the run: open it in a browser")
    .action((name: string, flags: RunFlags) =>
      inContext(flags, async ({ output, signal }) => {
        await checkReport(flags);
        const recording = await runSimulation(await scenarioOf(name, flags), output, signal, commandOf(name, flags));
        const { figures } = recording;
        if (flags.report !== undefined) await writeReport(flags.report, [recording]);
        output.data({ ...figures, targets: recording.targets }, (style) => [
          ...describeFigures(style, figures),
          ...describeTargets(style, recording),
          ...(flags.report === undefined ? [] : ["", `report: ${flags.report}`]),
        ]);
        failOnFaults(figures);
      }),
    );
}
