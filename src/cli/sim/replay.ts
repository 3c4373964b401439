import { SynapseError } from "../../errors.ts";
import { makeCommand } from "../command.ts";
import { table } from "../output.ts";
import { inThread } from "../thread/in-thread.ts";
import { readSaved } from "./report-file.ts";
import { progressOn } from "./run-simulation.ts";

export function replayCommand() {
  return makeCommand("replay", "Run again what a saved run says, and tell whether the same happens, to the byte.", [
    "synapse sim run churn-kad --nodes 300 --save run.json && synapse sim replay run.json",
    "synapse sim replay run.json --json",
  ])
    .argument("<file>", "a recording from `sim run --save`, or any JSON with a scenario and its traceHash")
    .action((file: string, flags: { readonly json?: boolean }) =>
      inThread(flags, async ({ output, signal }) => {
        const { RECORDING_FORMAT, replay, savedRun } = await import("synapse-p2p/simulations");
        const run = savedRun(await readSaved(file), file);
        const { isSame, before, now, recording } = await replay(run, { progress: progressOn(output), signal }).finally(() =>
          output.endProgress(),
        );
        const { scenario, nodes, seed } = recording.figures;
        output.data({ same: isSame, format: RECORDING_FORMAT, before, now, scenario, nodes, seed }, (style) =>
          table(
            style,
            [`${scenario}, ${nodes} nodes, seed ${seed}`, ""],
            [
              ["trace saved", before],
              ["trace now", now],
              ["format", String(RECORDING_FORMAT)],
              ["", isSame ? "the same" : "not the same"],
            ],
          ),
        );
        if (!isSame) throw differs(file);
      }),
    );
}

function differs(file: string): SynapseError {
  return new SynapseError("simulation_fault", `what ${file} says does not happen again: the traces differ`, {
    hint: "it was saved by another version of this program, or something in a node depends on more than the seed",
  });
}
