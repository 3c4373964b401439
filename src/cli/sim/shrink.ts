import { existsSync } from "node:fs";
import type { ScenarioInput } from "synapse-p2p/simulations";
import { SynapseError } from "../../errors.ts";
import { makeCommand } from "../command.ts";
import { wholeNumber } from "../options.ts";
import { type Output, printable } from "../output.ts";
import { inThread } from "../thread/in-thread.ts";
import { spell } from "./describe.ts";
import { readScenarioFile, withFilesAsSeenFrom } from "./scenario-file.ts";
import { checkWritable, writeWhole } from "./written-file.ts";

/** Tries after which the bar is full: most worlds take fewer. */
const USUAL_TRIES = 100;

interface ShrinkFlags {
  readonly minutes?: number;
  readonly out?: string;
  readonly json?: boolean;
}

export function shrinkCommand() {
  return makeCommand("shrink", "Make a world that fails smaller, as long as it breaks the same invariant.", [
    "synapse sim shrink 17",
    "synapse sim shrink 17 --minutes 10 --out smallest.json && synapse sim fuzz smallest.json",
    "synapse sim shrink failing.json --json",
  ])
    .argument("<seed|file>", "a seed, as `synapse sim fuzz` names it, or a file with a scenario")
    .option("--minutes <M>", "virtual minutes of trouble, as they were given to `sim fuzz`", wholeNumber(1, 100_000))
    .option("--out <FILE>", "write the smallest scenario there, for `sim fuzz`")
    .action((what: string, flags: ShrinkFlags) => inThread(flags, ({ output, signal }) => run(what, flags, output, signal)));
}

async function run(what: string, { minutes, out }: ShrinkFlags, output: Output, signal: AbortSignal): Promise<void> {
  const { shrink } = await import("synapse-p2p/simulations");
  checkWritable({ scenario: out });
  const beganAt = performance.now();
  const progress = (tries: number, { nodes }: { readonly nodes: number }) =>
    output.progress(`${tries} tried, ${nodes} nodes, ${spell(performance.now() - beganAt)}`, tries, USUAL_TRIES);
  const { smallest, tries } = await shrink(await scenarioOf(what, minutes), { signal, progress }).finally(() => output.endProgress());
  const { scenario, violations } = smallest;
  if (out !== undefined) writeWhole("scenario", out, `${JSON.stringify(withFilesAsSeenFrom(out, scenario), undefined, 2)}\n`);
  const command = `synapse sim fuzz ${out ?? "FILE.json"}`;
  output.data({ scenario, violations, tries, command }, (style) => [
    JSON.stringify(scenario, undefined, 2),
    "",
    ...violations.slice(0, 1).map(({ invariant, detail }) => `${style.red(invariant)}: ${printable(detail)}`),
    `${tries} worlds tried; this one lives again with: ${command}`,
  ]);
}

async function scenarioOf(what: string, minutes: number | undefined): Promise<ScenarioInput> {
  const { drawScenario } = await import("synapse-p2p/simulations");
  if (/^\d+$/.test(what)) {
    if (Number.isSafeInteger(Number(what))) return drawScenario(Number(what), { minutes });
    throw new SynapseError("bad_options", `no seed is as large as ${what}: seeds are whole numbers up to ${Number.MAX_SAFE_INTEGER}`);
  }
  if (!existsSync(what))
    throw new SynapseError("bad_options", `neither a seed nor a file that is there: ${JSON.stringify(what)}`, {
      hint: "a seed is a whole number, as `synapse sim fuzz` names it; a file has a scenario, as `--out` writes it",
    });
  if (minutes !== undefined)
    throw new SynapseError("bad_options", "--minutes is for a world of a seed: a file says itself how long it lives", {
      hint: "leave it out, or change durationMs in the file",
    });
  return readScenarioFile(what);
}
