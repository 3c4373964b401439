import { InvalidArgumentError } from "commander";
import type { PointResult, Shard, SweepResult, unmeasuredIn } from "synapse-p2p/simulations";
import { SynapseError } from "../../errors.ts";
import { makeCommand } from "../command.ts";
import { wholeNumber } from "../options.ts";
import type { Output } from "../output.ts";
import { inThread } from "../thread/in-thread.ts";
import { spell } from "./describe.ts";
import { describeSweep } from "./describe-runs.ts";
import { targetsOf } from "./figures-and-targets.ts";
import { save, writeReport, writtenFiles } from "./report-file.ts";
import { commandOf, refuseTwice, type ScenarioFlags, scenarioOf, withScenarioOptions } from "./scenario-options.ts";
import { checkWritable } from "./written-file.ts";

interface SweepFlags extends ScenarioFlags, ResultFlags {
  readonly repeat?: number;
  readonly shard?: Shard;
  readonly workers?: number;
}

/** Where the result of a sweep goes. */
export interface ResultFlags {
  readonly out?: string;
  readonly report?: string;
  readonly json?: boolean;
}

/** How often the time on the progress line moves on, ms. */
const TICK_MS = 250;

export function sweepCommand() {
  return withScenarioOptions(
    makeCommand("sweep", "Run a scenario once for each combination of parameters, on all cores.", [
      "synapse sim sweep baseline nodes=100,300,1000 --report sizes.html",
      "synapse sim sweep baseline --churn 1h churn.meanMs=5m,20m,1h overlay.alpha=2,3,4 --nodes 200 --duration 10m",
      "synapse sim sweep partition faults.0.share=0.1,0.3,0.5 --repeat 5 --out sweep.json",
      "synapse sim sweep my-scenario.ts load.zipf=0,1 --shard 0/4 --out shard-0.json",
    ])
      .argument("<scenario>", "a name or a file, as for `sim run`")
      .argument("[parameters...]", "fields of the scenario with their values: PATH=VALUE,VALUE"),
  )
    .option("--repeat <N>", "run each point with so many seeds, one after the other", wholeNumber(1, 1_000))
    .option("--shard <I/N>", "run each N-th point only, beginning with point I, from 0; `sim merge` puts shards together", shard)
    .option("--out <FILE>", "save all recordings, for `sim report` and `sim merge`")
    .option("--report <FILE>", "write a page that shows all points: open it in a browser")
    .option("--workers <N>", "points that run at once; default one a core", wholeNumber(1, 1_024))
    .action((name: string, parameters: readonly string[], flags: SweepFlags) =>
      inThread(flags, ({ output, signal }) => runSweep(name, parameters, flags, output, signal)),
    );
}

async function runSweep(name: string, texts: readonly string[], flags: SweepFlags, output: Output, signal: AbortSignal): Promise<void> {
  const { readParameter, sweep, unmeasuredIn } = await import("synapse-p2p/simulations");
  if (texts.length === 0 && flags.repeat === undefined)
    throw new SynapseError("bad_options", "there is nothing to vary", { hint: "give a parameter, such as nodes=100,300, or --repeat 5" });
  if (flags.shard !== undefined && flags.out === undefined)
    throw new SynapseError("bad_options", "a shard is of no use unless it is saved: add --out FILE.json");
  const parameters = texts.map(readParameter); // before progress begins, whose timer would keep a command alive that has failed
  refuseTwice(texts, flags, flags.set);
  const scenario = await scenarioOf(name, flags);
  checkWritable({ report: flags.report, sweep: flags.out });
  const { progress, stop } = progressOfPoints(output);
  const result = await sweep(scenario, parameters, {
    ...pick(flags),
    signal,
    progress,
    command: (values) => commandOf(name, flags, scenario, values),
    onPoint: (point) => {
      if (output.json) output.data(briefly(point, unmeasuredIn), () => "");
    },
  }).finally(stop);
  await deliver(result, flags, output);
}

function pick({ repeat, shard: part, workers }: SweepFlags): { repeat?: number; shard?: Shard; workers?: number } {
  return { ...(repeat !== undefined && { repeat }), ...(part && { shard: part }), ...(workers !== undefined && { workers }) };
}

/** Writes the files, shows the table, and fails if a point has. As JSON, points have been told as they came. */
export async function deliver(result: SweepResult, flags: ResultFlags, output: Output): Promise<void> {
  const { failuresOf, nameOfPoint, recordingsOf } = await import("synapse-p2p/simulations");
  if (flags.out !== undefined) save(flags.out, result);
  if (flags.report !== undefined) await writeReport(flags.report, recordingsOf(result));
  if (!output.json) {
    const lines = await describeSweep(output.style, result);
    output.data(undefined, () => [...lines, ...writtenFiles({ sweep: flags.out, report: flags.report })]);
  }
  const failures = failuresOf(result);
  const [first] = failures;
  if (first === undefined) return;
  const points = result.results.length;
  const which = `point ${first.index} (${nameOfPoint(first.values)})`;
  throw new SynapseError(
    "simulation_fault",
    `${failures.length} of ${points} points failed; the first is ${which}: ${first.error.message}`,
  );
}

/** A point without what only a report needs. */
export function briefly(result: PointResult, unmeasured: typeof unmeasuredIn): object {
  const { index, values } = result;
  if ("error" in result) return { index, values, error: result.error };
  return { index, values, figures: result.recording.figures, ...targetsOf(result.recording, unmeasured) };
}

function progressOfPoints(output: Output): { progress: (done: number, of: number) => void; stop: () => void } {
  const beganAt = performance.now();
  let [done, of] = [0, 1];
  const draw = () => output.progress(`${done} of ${of} points, ${spell(performance.now() - beganAt)}`, done, of);
  const timer = setInterval(draw, TICK_MS);
  const progress = (doneNow: number, ofNow: number) => {
    [done, of] = [doneNow, ofNow];
    draw();
  };
  const stop = () => {
    clearInterval(timer);
    output.endProgress();
  };
  return { progress, stop };
}

function shard(text: string): Shard {
  const [, index, of] = /^(\d+)\/(\d+)$/.exec(text) ?? [];
  if (index === undefined || of === undefined || Number(index) >= Number(of))
    throw new InvalidArgumentError("Write INDEX/COUNT; indices begin with 0: 0/4, 1/4, 2/4, 3/4.");
  return { index: Number(index), of: Number(of) };
}
