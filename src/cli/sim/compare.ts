import type { Recording } from "synapse-p2p/simulations";
import { inContext, makeCommand } from "../command.ts";
import { describeFigures } from "./describe.ts";
import { checkReport, writeReport } from "./report-file.ts";
import { failOnFaults, runSimulation } from "./run-simulation.ts";
import { commandOf, type ScenarioFlags, scenarioOf, withScenarioOptions } from "./scenario-options.ts";

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
      inContext(flags, async ({ output, signal }) => {
        await checkReport(flags);
        const recordings: Recording[] = []; // as many as were named
        for (const name of names)
          recordings.push(await runSimulation(await scenarioOf(name, flags), output, signal, commandOf(name, flags)));
        if (flags.report !== undefined) await writeReport(flags.report, recordings);
        const all = recordings.map(({ figures }) => figures);
        output.data(all, (style) => all.flatMap((figures, n) => [...(n === 0 ? [] : [""]), ...describeFigures(style, figures)]));
        for (const figures of all) failOnFaults(figures);
      }),
    );
}
