import type { Recording } from "synapse-p2p/simulations";
import { makeCommand } from "../command.ts";
import type { Output } from "../output.ts";
import { inThread } from "../thread/in-thread.ts";
import { describeFigures } from "./describe.ts";
import { describeTargets } from "./describe-targets.ts";
import { figuresAndTargets } from "./figures-and-targets.ts";
import { save, writeReport, writtenFiles } from "./report-file.ts";
import { failOnFaults, runSimulation } from "./run-simulation.ts";
import { commandOf, type ScenarioFlags, scenarioOf, withScenarioOptions } from "./scenario-options.ts";
import { openTrace, STDOUT, type TraceFlags } from "./trace-file.ts";
import { checkWritable } from "./written-file.ts";

interface RunFlags extends ScenarioFlags, TraceFlags {
  readonly report?: string;
  readonly save?: string;
  readonly json?: boolean;
}

export function runCommand() {
  return withScenarioOptions(
    makeCommand("run", "Grow a network, use it for a virtual while, and measure it against the truth.", [
      "synapse sim run --nodes 1000 --seed 7 --duration 1h",
      "synapse sim run churn-kad --json",
      "synapse sim run my-scenario.ts --report run.html --save run.json",
      "synapse sim run --nodes 200 --level node --duration 10m",
      "synapse sim run partition --set overlay.alpha=4 --set faults.0.share=0.5",
      "synapse sim run --nodes 100 --duration 5m --trace - --trace-kinds begin,result | jq .",
    ]).argument("[scenario]", "a name from `synapse sim list`, or a file of your own: .json, .js or .ts", "baseline"),
  )
    .option("--report <FILE>", "write a page that shows the run: open it in a browser")
    .option("--save <FILE>", "save a recording, for `sim report` and `sim replay`")
    .option("--trace <FILE>", "write everything that happens, one JSON object a line; - for stdout")
    .option("--trace-kinds <KINDS>", "only lines of these kinds, such as request,result")
    .action((name: string, flags: RunFlags) => inThread(flags, ({ output, signal }) => run(name, flags, output, signal)));
}

async function run(name: string, flags: RunFlags, output: Output, signal: AbortSignal): Promise<void> {
  const { readScenario } = await import("synapse-p2p/simulations");
  checkWritable({ report: flags.report, recording: flags.save, trace: flags.trace === STDOUT ? undefined : flags.trace });
  const scenario = await scenarioOf(name, flags);
  readScenario(scenario); // or an older trace would be gone for a run that never began
  const trace = await openTrace(flags);
  const command = commandOf(name, flags, scenario);
  const recording = await runSimulation(scenario, output, signal, { command, ...(trace && { trace: trace.options }) }).finally(
    trace?.close,
  );
  if (flags.report !== undefined) await writeReport(flags.report, [recording]);
  if (flags.save !== undefined) save(flags.save, recording);
  await tell(recording, flags, output);
  failOnFaults(recording.figures);
}

/** Where stdout carries the trace, people are told beside it. */
async function tell(recording: Recording, flags: RunFlags, output: Output): Promise<void> {
  const isBeside = flags.trace === STDOUT && !output.json;
  const style = isBeside ? output.sayStyle : output.style;
  const lines = [
    ...describeFigures(style, recording.figures),
    ...(await describeTargets(style, recording)),
    ...writtenFiles({ report: flags.report, recording: flags.save, trace: flags.trace === STDOUT ? undefined : flags.trace }),
  ];
  if (isBeside) output.say(lines.join("\n"));
  else output.data(await figuresAndTargets(recording), () => lines);
}
