/** A process of `sim verify`: is given one task, says what came of each seed, and ends. */
import { asSynapseError } from "../../../errors.ts";
import { scenarioOf } from "../scenario-options.ts";
import type { Message, Outcome, Task } from "./task.ts";

/** Digits of a checkpoint: they only say where to look. */
const CHECKPOINT_DIGITS = 16;

process.on("message", (task: Task) => void work(task).finally(() => process.disconnect()));
// Whoever asked is gone.
process.on("disconnect", () => process.exit());

async function work(task: Task): Promise<void> {
  try {
    const { readScenario } = await import("synapse-p2p/simulations");
    const scenario = readScenario(await scenarioOf(task.scenario, task.flags));
    await say({ kind: "began", version: process.versions.node, scenario });
    for (const seed of task.seeds) await say({ kind: "ran", outcome: await outcomeOf(task, { ...scenario, seed }) });
  } catch (thrown) {
    const { code, message, hint } = asSynapseError(thrown);
    await say({ kind: "failed", code, message, ...(hint !== undefined && { hint }) });
  }
}

async function outcomeOf({ seeds, events }: Task, scenario: { readonly seed: number }): Promise<Outcome> {
  const { simulate, TRACE_LINE_KINDS } = await import("synapse-p2p/simulations");
  const { seed } = scenario;
  const checkpoints: string[] = []; // see Outcome
  let text = "";
  const isWanted = events !== undefined && seed === seeds.at(-1);
  const kinds = TRACE_LINE_KINDS.filter((kind) => !UNNUMBERED.has(kind));
  const { traceHash } = await simulate(scenario, {
    onCheckpoint: (hash) => checkpoints.push(hash.slice(0, CHECKPOINT_DIGITS)),
    ...(isWanted && { trace: { write: (lines: string) => (text += lines), kinds, events } }),
  });
  // The first line and the last are about the run.
  return { seed, traceHash, checkpoints, lines: text.trimEnd().split("\n").slice(1, -1) };
}

/** Lines that are no part of the hash. */
const UNNUMBERED: ReadonlySet<string> = new Set(["begin", "result", "fault", "return"]);

/** Resolves when it is on its way: what has not been handed over is lost when the process ends. */
function say(message: Message): Promise<void> {
  return new Promise((resolve) => process.send?.(message, () => resolve()));
}
