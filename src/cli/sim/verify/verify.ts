import { availableParallelism } from "node:os";
import pLimit from "p-limit";
import type { Scenario } from "synapse-p2p/simulations";
import type { ScenarioFlags } from "../scenario-options.ts";
import { isSame } from "./difference.ts";
import { type Explanation, explain, type Parted } from "./explain.ts";
import { type Ran, runTask } from "./process.ts";
import type { Outcome, Task } from "./task.ts";

/** Seeds that a process runs before another takes its place: enough for what is left over from one run to show in another. */
export const BATCH = 50;
/** Differences that are looked into. The others have the same cause, more often than not. */
const MAX_EXPLAINED = 3;

export interface VerifyOptions {
  readonly scenario: string;
  readonly flags: ScenarioFlags;
  /** Seeds: so many, beginning with `from`. */
  readonly count: number;
  readonly from: number;
  /** Node executables, two at least: one for each run of a seed. */
  readonly nodes: readonly string[];
  readonly signal: AbortSignal;
  readonly progress: (done: number, of: number) => void;
}

/** Two runs of one seed that are not the same. */
export interface Differing {
  readonly seed: number;
  /** Which processes, from 0. */
  readonly processes: readonly [number, number];
  readonly traceHashes: readonly [string, string];
  /** null: not looked into, since there were enough before it, or not met again. */
  readonly first: Explanation | null;
}

export interface Verdict {
  readonly scenario: Scenario;
  /** The processes of each seed. */
  readonly processes: readonly { readonly node: string; readonly version: string }[];
  /** In the order of seeds. */
  readonly differing: readonly Differing[]; // at most one for each seed and further process
  /** The processes did not even read the same scenario. */
  readonly scenariosDiffer: boolean;
}

/**
 * Runs each seed once in each of several processes, in which seeds come in different orders, and compares what happened.
 * @throws SynapseError `bad_options`, `simulation_fault` when a process goes down, `aborted`.
 */
export async function verify(options: VerifyOptions): Promise<Verdict> {
  const { CHECKPOINT_EVENTS } = await import("synapse-p2p/simulations");
  const batches = await runBatches(options);
  const parted = batches.flatMap((batch) => partedIn(batch, options.nodes)).sort((a, b) => a.seed - b.seed);
  const differing: Differing[] = []; // as many as have parted
  for (const [n, { processes, ...each }] of parted.entries()) {
    const first = n < MAX_EXPLAINED ? await explain(each, CHECKPOINT_EVENTS, options.signal) : undefined;
    const [a, b] = each.outcomes;
    differing.push({ seed: each.seed, processes, traceHashes: [a.traceHash, b.traceHash], first: first ?? null });
  }
  const all = batches.flat().map(({ ran }) => ran);
  const { scenario } = all[0] as Ran;
  return {
    scenario,
    processes: options.nodes.map((node, n) => ({ node, version: batches[0]?.[n]?.ran.version ?? "" })),
    differing,
    scenariosDiffer: all.some((ran) => JSON.stringify(ran.scenario) !== JSON.stringify(scenario)),
  };
}

interface Batched {
  readonly task: Task;
  readonly ran: Ran;
}

/** As many batches at once as there are cores for all of their processes. When one fails, so do all. */
async function runBatches({ scenario, flags, count, from, nodes, signal, progress }: VerifyOptions): Promise<Batched[][]> {
  const limit = pLimit(Math.max(1, Math.floor(availableParallelism() / nodes.length)));
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);
  let done = 0;
  const onOutcome = () => progress(++done, count * nodes.length);
  const runOne = async (node: string, seeds: readonly number[]): Promise<Batched> => {
    const task = { scenario, flags, seeds };
    return { task, ran: await runTask(task, { node, signal: either, onOutcome }) };
  };
  const batches = batchesOf(from, count).map((seeds) => limit(() => Promise.all(nodes.map((node, n) => runOne(node, inOrder(seeds, n))))));
  try {
    return await Promise.all(batches);
  } finally {
    limit.clearQueue();
    failure.abort();
  }
}

function batchesOf(from: number, count: number): number[][] {
  return Array.from({ length: Math.ceil(count / BATCH) }, (_, n) =>
    Array.from({ length: Math.min(BATCH, count - n * BATCH) }, (_, place) => from + n * BATCH + place),
  );
}

/** Upwards in the first process, downwards in all others: what ran first there comes last here. */
function inOrder(seeds: readonly number[], process: number): readonly number[] {
  return process === 0 ? seeds : [...seeds].reverse();
}

/** Seeds of a batch that came to something else in a further process than in the first. */
function partedIn(batch: readonly Batched[], nodes: readonly string[]): (Parted & { processes: readonly [number, number] })[] {
  const [first, ...others] = batch;
  if (first === undefined) return [];
  return others.flatMap(({ task, ran }, n) =>
    first.task.seeds.flatMap((seed) => {
      const outcomes = [first.ran.outcomes.get(seed) as Outcome, ran.outcomes.get(seed) as Outcome] as const;
      if (isSame(outcomes)) return [];
      const executables = [nodes[0] as string, nodes[n + 1] as string] as const;
      return [{ seed, processes: [0, n + 1] as const, nodes: executables, tasks: [first.task, task] as const, outcomes }];
    }),
  );
}
