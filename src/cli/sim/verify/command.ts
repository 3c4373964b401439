import { SynapseError } from "../../../errors.ts";
import { makeCommand } from "../../command.ts";
import { collect, wholeNumber } from "../../options.ts";
import type { Output } from "../../output.ts";
import { inThread } from "../../thread/in-thread.ts";
import { spell } from "../describe.ts";
import { type ScenarioFlags, scenarioOf, withWorldOptions } from "../scenario-options.ts";
import { describeVerdict } from "./describe-verdict.ts";
import { type Verdict, verify } from "./verify.ts";

interface VerifyFlags extends ScenarioFlags {
  readonly seeds: number;
  readonly from: number;
  readonly node?: readonly string[];
  readonly json?: boolean;
}

export function verifyCommand() {
  return withWorldOptions(
    makeCommand("verify", "Show that one seed is one trace: run each in two processes, compare, and find the first event that differs.", [
      "synapse sim verify",
      "synapse sim verify churn-kad --nodes 200 --duration 5m --seeds 10",
      "synapse sim verify my-scenario.ts --seeds 20 --level node --json",
      "synapse sim verify --seeds 100 --node /opt/node-22/bin/node --node /opt/node-24/bin/node",
    ]).argument("[scenario]", "a name or a file, as for `sim run`", "mixed"),
  )
    .option("--seeds <N>", "how many", wholeNumber(1, 100_000), 100)
    .option("--from <S>", "the first seed; the others follow it", wholeNumber(0), 1)
    .option(
      "--node <PATH>",
      "run each seed with this Node, too, instead of twice with the present one; may be given several times",
      collect,
    )
    .action((name: string, flags: VerifyFlags) => inThread(flags, ({ output, signal }) => run(name, flags, output, signal)));
}

async function run(name: string, { seeds, from, node = [], ...flags }: VerifyFlags, output: Output, signal: AbortSignal): Promise<void> {
  const { readScenario } = await import("synapse-p2p/simulations");
  readScenario(await scenarioOf(name, flags)); // what is wrong with it is said before anything runs
  const beganAt = performance.now();
  const verdict = await verify({
    ...{ scenario: name, flags, count: seeds, from, signal },
    nodes: [process.execPath, ...(node.length === 0 ? [process.execPath] : node)],
    progress: (done, of) => output.progress(`${done} of ${of} runs, ${spell(performance.now() - beganAt)}`, done, of),
  }).finally(() => output.endProgress());
  const tookMs = Math.round(performance.now() - beganAt);
  const { scenario, scenariosDiffer, processes, differing } = verdict;
  const same = seeds - new Set(differing.map(({ seed }) => seed)).size;
  const what = { scenario: scenario.name, level: scenario.level, nodes: scenario.nodes, from, seeds, same, tookMs };
  output.data({ ...what, scenariosDiffer, processes, differing }, (style) => describeVerdict(style, verdict, what));
  failOnDifferences(verdict, seeds - same, seeds);
}

function failOnDifferences({ differing: [first], scenariosDiffer }: Verdict, count: number, seeds: number): void {
  if (scenariosDiffer)
    throw new SynapseError("simulation_fault", "the processes did not read the same scenario", {
      hint: "a scenario in a module must give the same data whenever it is imported",
    });
  if (first === undefined) return;
  const hint =
    first.first?.alone === false
      ? "they differ only after other runs in the same process: something is left over from one run to the next"
      : "something depends on more than the seed: a clock, chance, an order, or the arithmetic of this machine";
  throw new SynapseError("simulation_fault", `${count} of ${seeds} seeds are not one trace`, { hint });
}
