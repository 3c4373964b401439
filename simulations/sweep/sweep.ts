import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { SynapseError } from "../../routing/index.ts";
import type { ReadFile } from "../engine/spec-check.ts";
import type { Recording } from "../recording.ts";
import type { ScenarioInput } from "../scenarios/scenario.ts";
import type { Job, JobOutcome, PointError } from "./job.ts";
import { isSame, type Parameter } from "./parameter.ts";
import { planSweep, type SweepPlan, type SweepPoint } from "./points.ts";
import { programBeside, runJobs } from "./pool.ts";

/** A part of a sweep that one machine does: every `of`-th point, beginning with the point `index`. */
export interface Shard {
  /** From 0. */
  readonly index: number;
  readonly of: number;
}

/** What came of one point: a recording, or why there is none. */
export type PointResult = Pick<SweepPoint, "index" | "values"> & JobOutcome;

/** What came of a sweep or of a shard of it: plain data, in the order of points. */
export interface SweepResult {
  /** Format of this object; readers refuse others. */
  readonly format: 1;
  readonly kind: "sweep";
  /** What is the same in all points: a complete scenario. */
  readonly scenario: Readonly<Record<string, unknown>>;
  readonly parameters: readonly Parameter[];
  /** Points of the whole sweep. */
  readonly points: number;
  /** null: all of it is here. */
  readonly shard: Shard | null;
  readonly results: readonly PointResult[];
}

export interface SweepOptions {
  /** Runs of each point, with one seed after the other. Default 1. */
  readonly repeat?: number;
  /** Default: all points. */
  readonly shard?: Shard;
  /** Points that run at once. Default: one a core. */
  readonly workers?: number;
  readonly signal?: AbortSignal;
  /** Told how many points have ended. */
  readonly progress?: (done: number, of: number) => void;
  /** Told of each point, in the order of points: as soon as it and those before it have ended. */
  readonly onPoint?: (result: PointResult) => void;
  /** What runs a point again, for its recording. Default: the call that does. */
  readonly command?: (values: PointResult["values"]) => string;
  /** Gives the text of files that the scenario names, when it is checked. Default: from the working directory, as when it runs. */
  readonly readFile?: ReadFile;
  /** The program of a worker. Default: the one that simulates. */
  readonly entry?: URL;
}

/**
 * Runs a scenario once for each combination of parameters, on all cores. A point that fails is in the result as such.
 * @throws SynapseError `bad_options` before anything runs, `aborted`.
 */
export async function sweep(input: ScenarioInput, given: readonly Parameter[], options: SweepOptions = {}): Promise<SweepResult> {
  const { repeat = 1, shard, workers = availableParallelism(), signal, readFile = (path) => readFileSync(path, "utf8") } = options;
  if (!Number.isSafeInteger(repeat) || repeat < 1) throw new SynapseError("bad_options", "repeat must be a whole number from 1");
  const { entry = programBeside(import.meta.url, "worker") } = options;
  const plan = planSweep(input, given, repeat, readFile);
  const points = pointsIn(plan, shard);
  const results = new InOrder(points, options);
  await runJobs<Job, JobOutcome>(
    points.map((point) => jobOf(point, options)),
    { workers, signal, onOutcome: ({ index }, outcome) => results.add(index, outcome), entry },
  );
  const { scenario, parameters } = plan;
  return {
    format: 1,
    kind: "sweep",
    scenario: { ...scenario },
    parameters,
    points: plan.points.length,
    shard: shard ?? null,
    results: results.all,
  };
}

/** Recordings of those points that have one. */
export function recordingsOf({ results }: SweepResult): Recording[] {
  return results.flatMap((result) => ("recording" in result ? [result.recording] : []));
}

/** What a sweep or a shard of it failed in: points without a recording, and those where simulated nodes threw. */
export function failuresOf({ results }: SweepResult): (Pick<SweepPoint, "index" | "values"> & { readonly error: PointError })[] {
  return results.flatMap((result) => {
    const { index, values } = result;
    if ("error" in result) return [{ index, values, error: result.error }];
    const { faults } = result.recording.figures;
    if (faults.length === 0) return [];
    return [{ index, values, error: { code: "simulation_fault", message: `${faults.length} faults in the simulated nodes` } }];
  });
}

/** Whether two results are of the same sweep. */
export function isSameSweep(a: SweepResult, b: SweepResult): boolean {
  return isSame([a.scenario, a.parameters, a.points], [b.scenario, b.parameters, b.points]);
}

function pointsIn({ points }: SweepPlan, shard: Shard | undefined): readonly SweepPoint[] {
  if (shard === undefined) return points;
  const { index, of } = shard;
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(of) || of < 1 || index < 0 || index >= of)
    throw new SynapseError("bad_options", `there is no shard ${index}/${of}: shards count from 0/${of} to ${of - 1}/${of}`);
  return points.filter((point) => point.index % of === index);
}

function jobOf({ index, scenario, values }: SweepPoint, { command }: SweepOptions): Job {
  return { index, scenario, command: command?.(values) ?? `simulate(${JSON.stringify(scenario)})` };
}

/** Holds back what comes too early. */
class InOrder {
  readonly all: PointResult[] = []; // one a point
  private readonly points: readonly SweepPoint[];
  private readonly options: SweepOptions;
  private readonly early = new Map<number, JobOutcome>(); // at most one a point
  private done = 0;

  constructor(points: readonly SweepPoint[], options: SweepOptions) {
    this.points = points;
    this.options = options;
    options.progress?.(0, points.length);
  }

  add(index: number, outcome: JobOutcome): void {
    this.early.set(index, outcome);
    this.done += 1;
    this.options.progress?.(this.done, this.points.length);
    for (let next = this.points[this.all.length]; next !== undefined; next = this.points[this.all.length]) {
      const ready = this.early.get(next.index);
      if (ready === undefined) return;
      this.early.delete(next.index);
      const result: PointResult = { index: next.index, values: next.values, ...ready };
      this.all.push(result);
      this.options.onPoint?.(result);
    }
  }
}
