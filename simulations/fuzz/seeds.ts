import { availableParallelism } from "node:os";
import { SynapseError } from "../../routing/index.ts";
import { programBeside, runJobs } from "../sweep/pool.ts";
import { type DrawOptions, drawScenario } from "./draw.ts";
import type { FuzzResult } from "./fuzz.ts";
import type { InvariantName } from "./invariants/invariant.ts";

/** Worlds at once at most: each is a line of output, and months of one core. */
const MAX_SEEDS = 1_000_000;

/** One world for a worker. */
export interface FuzzJob {
  readonly seed: number;
  readonly minutes: number | undefined;
}

export interface FuzzSeedsOptions extends DrawOptions {
  /** Default 1. */
  readonly from?: number;
  /** Worlds that live at once. Default: one a core. */
  readonly workers?: number;
  readonly signal?: AbortSignal;
  /** Told how many worlds have ended, and in how many of them something was broken. */
  readonly progress?: (done: number, of: number, failed: number) => void;
  /** Told of each world as it ends, in no particular order. */
  readonly onResult?: (result: FuzzResult) => void;
  /** The program of a worker. Default: the one that fuzzes. */
  readonly entry?: URL;
}

/** What came of many random worlds. Plain data. */
export interface FuzzSummary {
  readonly seeds: number;
  readonly virtualMs: number;
  readonly messages: number;
  readonly looks: number;
  /** Worlds in which something was broken. */
  readonly failed: number;
  /** By the invariant that was broken first. */
  readonly failedBy: Readonly<Partial<Record<InvariantName, number>>>;
}

/**
 * Lets the worlds of one seed after the other live, on all cores. A worker that goes down is a `fault` of its world.
 * @throws SynapseError `bad_options`, `aborted`.
 */
export async function fuzzSeeds(seeds: number, options: FuzzSeedsOptions = {}): Promise<FuzzSummary> {
  const { from = 1, minutes, workers = availableParallelism(), signal, entry = programBeside(import.meta.url, "worker") } = options;
  if (!Number.isSafeInteger(seeds) || seeds < 1 || seeds > MAX_SEEDS)
    throw new SynapseError("bad_options", `seeds must be a whole number from 1 to ${MAX_SEEDS}, not ${seeds}`);
  if (!Number.isSafeInteger(from) || from < 0 || !Number.isSafeInteger(from + seeds - 1))
    throw new SynapseError("bad_options", `from must be a whole number from 0, and no seed above ${Number.MAX_SAFE_INTEGER}`);
  const jobs: FuzzJob[] = Array.from({ length: seeds }, (_, n) => ({ seed: from + n, minutes }));
  const tally = new Tally(seeds, options);
  await runJobs<FuzzJob, FuzzResult>(jobs, {
    workers,
    signal,
    entry,
    onOutcome: (job, outcome) => tally.add("error" in outcome ? faultOf(job, outcome.error.message) : outcome),
  });
  return tally.summary();
}

function faultOf({ seed, minutes }: FuzzJob, detail: string): FuzzResult {
  const scenario = drawScenario(seed, { minutes });
  const violation = { invariant: "fault", atMs: 0, node: undefined, detail } as const;
  return { seed, scenario, violations: [violation], traceHash: "", virtualMs: 0, wallMs: 0, messages: 0, looks: 0 };
}

class Tally {
  private readonly options: FuzzSeedsOptions;
  private readonly seeds: number;
  private readonly sums = { virtualMs: 0, messages: 0, looks: 0 };
  private readonly failedBy: Partial<Record<InvariantName, number>> = {};
  private done = 0;
  private failed = 0;

  constructor(seeds: number, options: FuzzSeedsOptions) {
    this.seeds = seeds;
    this.options = options;
  }

  add(result: FuzzResult): void {
    const { sums, failedBy, options } = this;
    this.done += 1;
    for (const figure of ["virtualMs", "messages", "looks"] as const) sums[figure] += result[figure];
    const [first] = result.violations;
    if (first !== undefined) {
      this.failed += 1;
      failedBy[first.invariant] = (failedBy[first.invariant] ?? 0) + 1;
    }
    options.onResult?.(result);
    options.progress?.(this.done, this.seeds, this.failed);
  }

  summary(): FuzzSummary {
    return { seeds: this.seeds, ...this.sums, failed: this.failed, failedBy: this.failedBy };
  }
}
