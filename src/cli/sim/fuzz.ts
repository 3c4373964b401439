import type { FuzzResult, FuzzSummary } from "synapse-p2p/simulations";
import { SynapseError } from "../../errors.ts";
import { makeCommand } from "../command.ts";
import { wholeNumber } from "../options.ts";
import { type Colours, type Output, printable, table } from "../output.ts";
import { inThread } from "../thread/in-thread.ts";
import { spell } from "./describe.ts";
import { progressOn } from "./run-simulation.ts";
import { readScenarioFile } from "./scenario-file.ts";

/** Violations of one world that are shown: the first says what is wrong. */
const SHOWN = 3;

interface FuzzFlags {
  readonly seeds?: number;
  readonly from?: number;
  readonly minutes?: number;
  readonly workers?: number;
  readonly json?: boolean;
}

export function fuzzCommand() {
  return makeCommand("fuzz", "Let random worlds live and hold all that happens in them against what must always be true.", [
    "synapse sim fuzz --seeds 200",
    "synapse sim fuzz --seeds 1 --from 17 --minutes 10",
    "synapse sim fuzz smallest.json",
  ])
    .argument("[scenario]", "a file: this world instead of random ones")
    .option("--seeds <N>", "random worlds, one for each seed; default 100", wholeNumber(1, 1_000_000))
    .option("--from <S>", "the first seed; default 1", wholeNumber(0))
    .option("--minutes <M>", "virtual minutes of trouble in each world; default drawn, 5 to 30", wholeNumber(1, 100_000))
    .option("--workers <N>", "worlds that live at once; default one a core", wholeNumber(1, 1_024))
    .action((file: string | undefined, flags: FuzzFlags) =>
      inThread(flags, ({ output, signal }) =>
        file === undefined ? fuzzSeeds(flags, output, signal) : fuzzFile(file, flags, output, signal),
      ),
    );
}

async function fuzzSeeds({ seeds = 100, from = 1, minutes, workers }: FuzzFlags, output: Output, signal: AbortSignal): Promise<void> {
  const simulations = await import("synapse-p2p/simulations");
  const beganAt = performance.now();
  const summary = await simulations
    .fuzzSeeds(seeds, {
      from,
      minutes,
      signal,
      ...(workers !== undefined && { workers }),
      progress: (done, of, failed) =>
        output.progress(`${done} of ${of} worlds, ${failed} failed, ${spell(performance.now() - beganAt)}`, done, of),
      onResult: (result) => tell(result, commandOf(result.seed, minutes), output),
    })
    .finally(() => output.endProgress());
  output.data({ summary }, (style) => describeSummary(style, summary));
  if (summary.failed > 0) throw new SynapseError("simulation_fault", `${summary.failed} of ${seeds} worlds failed`);
}

async function fuzzFile(file: string, { json: _, ...flags }: FuzzFlags, output: Output, signal: AbortSignal): Promise<void> {
  const [unused] = Object.keys(flags);
  if (unused !== undefined)
    throw new SynapseError("bad_options", `--${unused} is for random worlds, and ${file} is one world`, { hint: "give one or the other" });
  const { fuzzScenario } = await import("synapse-p2p/simulations");
  const scenario = await readScenarioFile(file);
  const result = await fuzzScenario(scenario, { signal, progress: progressOn(output) }).finally(() => output.endProgress());
  tell(result, `synapse sim fuzz ${file}`, output);
  if (result.violations.length > 0) throw new SynapseError("simulation_fault", `${file} failed`);
  if (!output.json) output.data(undefined, () => `all was well: ${timeOf(result)}`);
}

/** What lets the same world live again. */
function commandOf(seed: number, minutes: number | undefined): string {
  return `synapse sim fuzz --seeds 1 --from ${seed}${minutes === undefined ? "" : ` --minutes ${minutes}`}`;
}

/** Machines are told of every world, people of those that failed. */
function tell(result: FuzzResult, command: string, output: Output): void {
  if (!output.json && result.violations.length === 0) return;
  output.endProgress();
  output.data({ ...result, command }, (style) => describeFailure(style, result, command));
}

function describeFailure(style: Colours, result: FuzzResult, command: string): string[] {
  const { seed, scenario, violations } = result;
  const more = violations.length - SHOWN;
  return [
    `${style.red("failed")} seed ${seed}: ${scenario.nodes} nodes, ${scenario.level} level, ${timeOf(result)}`,
    ...violations.slice(0, SHOWN).map(({ invariant, atMs, node, detail }) => {
      const where = node === undefined ? "" : `, node ${node}`;
      return `  ${invariant} after ${spell(atMs)}${where}: ${printable(detail)}`;
    }),
    ...(more > 0 ? [`  and ${more} more`] : []),
    `  ${style.dim(command)}`,
  ];
}

function describeSummary(style: Colours, { seeds, virtualMs, messages, looks, failed, failedBy }: FuzzSummary): string[] {
  const facts = [
    ["worlds", `${seeds.toLocaleString("en")}, ${spell(virtualMs)} of virtual time`],
    ["messages", messages.toLocaleString("en")],
    ["looks", looks.toLocaleString("en")],
    ["failed", failed.toLocaleString("en")],
    ...Object.entries(failedBy).map(([name, count]) => [`  ${name}`, count.toLocaleString("en")]),
  ];
  return table(style, ["", ""], facts).slice(1);
}

function timeOf({ virtualMs, messages }: FuzzResult): string {
  return `${spell(virtualMs)} of virtual time, ${messages.toLocaleString("en")} messages`;
}
