import { makeGroup } from "../command.ts";
import { compareCommand } from "./compare.ts";
import { fidelityCommand } from "./fidelity.ts";
import { fuzzCommand } from "./fuzz.ts";
import { listCommand } from "./list.ts";
import { mergeCommand } from "./merge.ts";
import { replayCommand } from "./replay.ts";
import { reportCommand } from "./report.ts";
import { runCommand } from "./run.ts";
import { shrinkCommand } from "./shrink.ts";
import { sweepCommand } from "./sweep.ts";
import { verifyCommand } from "./verify/command.ts";

export function simCommand() {
  const examples = [
    "synapse sim list",
    "synapse sim run",
    "synapse sim run partition --nodes 500 --report partition.html",
    "synapse sim compare baseline churn-kad --nodes 300 --report both.html",
    "synapse sim sweep baseline nodes=100,300,1000 --report sizes.html",
    "synapse sim fuzz --seeds 200",
  ];
  return makeGroup("sim", "Simulate a network of many nodes that run this very code, in virtual time.", examples)
    .addCommand(listCommand())
    .addCommand(runCommand())
    .addCommand(compareCommand())
    .addCommand(sweepCommand())
    .addCommand(mergeCommand())
    .addCommand(reportCommand())
    .addCommand(replayCommand())
    .addCommand(fuzzCommand())
    .addCommand(shrinkCommand())
    .addCommand(verifyCommand())
    .addCommand(fidelityCommand());
}
