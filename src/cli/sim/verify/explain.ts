import { type FirstDifference, firstDifference, isSame, type Pair, rangeOf } from "./difference.ts";
import { type ProcessOptions, runTask } from "./process.ts";
import type { Outcome, Task } from "./task.ts";

/** How often a difference is looked for before it is given up. */
const MAX_TRIES = 3;

/** Two processes in which a seed was run, each with its Node executable and its task. */
export type Two<T> = readonly [T, T];

/** Where two runs of one seed part. */
export interface Explanation extends FirstDifference {
  /** Whether they do so when nothing was run before them in the same process. */
  readonly alone: boolean;
}

export interface Parted {
  readonly seed: number;
  readonly nodes: Two<string>;
  /** What either process ran, in this order. */
  readonly tasks: Two<Task>;
  readonly outcomes: Pair;
}

/**
 * Runs a seed twice more, with the events written down at which its runs parted: alone, and after all that was run before it when alone
 * it is one trace. What comes by chance may be elsewhere each time, and is then looked for there. undefined: it was not met again.
 */
export async function explain(parted: Parted, every: number, signal: AbortSignal): Promise<Explanation | undefined> {
  let latest = parted.outcomes;
  let alone = true;
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const again = await runAgain(parted, rangeOf(latest, every), alone, signal);
    const difference = firstDifference(again);
    if (difference !== undefined) return { ...difference, alone };
    if (isSame(again)) alone = false;
    else latest = again;
  }
  return undefined;
}

function runAgain({ seed, nodes, tasks }: Parted, events: Task["events"], alone: boolean, signal: AbortSignal): Promise<Pair> {
  const one = async (n: 0 | 1): Promise<Outcome> => {
    const { seeds, ...task } = tasks[n];
    const again = alone ? [seed] : seeds.slice(0, seeds.indexOf(seed) + 1);
    return runLast({ ...task, seeds: again, ...(events && { events }) }, { node: nodes[n], signal });
  };
  return Promise.all([one(0), one(1)]);
}

async function runLast(task: Task, options: ProcessOptions): Promise<Outcome> {
  const { outcomes } = await runTask(task, options);
  return [...outcomes.values()].at(-1) as Outcome; // a task that has ended has an outcome of each seed
}
