import { readFileSync } from "node:fs";
import { SynapseError } from "../routing/index.ts";
import { systemRuntime } from "../src/runtime.ts";
import type { ReadFile } from "./engine/spec-check.ts";
import { round } from "./engine/statistics.ts";
import type { CHECKPOINT_EVENTS } from "./engine/trace.ts";
import type { World } from "./engine/world.ts";
import type { Figures } from "./figures.ts";
import { makeWorld } from "./make-world.ts";
import { modelsOf } from "./models.ts";
import { Recorder } from "./recorder/recorder.ts";
import { TraceLines, type TraceOptions } from "./recorder/trace-lines.ts";
import type { Recording } from "./recording.ts";
import { arrivedMs } from "./scenarios/arrivals.ts";
import { type Beginning, Play, type Progress } from "./scenarios/play.ts";
import { readScenario } from "./scenarios/read-scenario.ts";
import type { Scenario, ScenarioInput } from "./scenarios/scenario.ts";

/** What runs a simulation and keeps what a report shows. */
export type RecordOptions = RunOptions;

export interface RunOptions {
  /** Told now and then how far the run is. */
  readonly progress?: Progress;
  /** Ends the run early: it then rejects. */
  readonly signal?: AbortSignal;
  /** Writes down everything that happens. The run is the same one. */
  readonly trace?: TraceOptions;
  /** Told the hash of all that has happened, after every {@link CHECKPOINT_EVENTS} events: where two runs have parted. */
  readonly onCheckpoint?: (hash: string) => void;
  /** What runs it again, for the report and the trace. Default: the call that does. */
  readonly command?: string;
  /** Gives the text of files that the scenario names: matrices, traces. Default: from the working directory. */
  readonly readFile?: ReadFile;
}

/**
 * Runs a simulation to its end and measures it against the truth.
 * @throws SynapseError `bad_options` naming the field, `aborted`.
 */
export async function simulate(scenario: ScenarioInput = {}, options: RunOptions = {}): Promise<Figures> {
  return (await run(readScenario(scenario), { command: callOf(scenario), ...options })).figures;
}

/**
 * The same, with everything that a report shows. The run is the same one, to the byte.
 * @throws SynapseError as {@link simulate}.
 */
export async function record(scenario: ScenarioInput = {}, options: RecordOptions = {}): Promise<Recording> {
  const command = options.command ?? callOf(scenario);
  const { figures, recorder } = await run(readScenario(scenario), { ...options, command });
  return recorder.recording(figures, command);
}

async function run(
  scenario: Scenario,
  { progress, signal, trace, onCheckpoint, readFile = fromDisk, command = "" }: RunOptions,
): Promise<{ figures: Figures; recorder: Recorder }> {
  const startedAt = systemRuntime.now();
  const models = modelsOf(scenario, readFile);
  const world = makeWorld(scenario, models);
  const lines = trace && new TraceLines(world, trace);
  world.trace.listener = lines;
  world.trace.onCheckpoint = onCheckpoint;
  lines?.begin(scenario, command);
  const play = new Play(world, scenario, models.sessions);
  const recorder = new Recorder(world, play, scenario);
  const beginning = await play
    .run((phase, done, of) => {
      if (signal?.aborted) throw new SynapseError("aborted", "the simulation was interrupted");
      progress?.(phase, done, of, world.clock.now);
    })
    .catch((error: unknown) => {
      lines?.flush(); // what led there is what one wants to see
      throw error;
    });
  const figures = figuresOf(scenario, world, play, beginning, systemRuntime.now() - startedAt);
  lines?.end(figures.traceHash);
  return { figures, recorder };
}

function callOf(scenario: ScenarioInput): string {
  return `simulate(${JSON.stringify(scenario)})`;
}

function figuresOf(scenario: Scenario, world: World, play: Play, beginning: Beginning, wallMs: number): Figures {
  const { name, level, seed, nodes } = scenario;
  const { clock, traffic } = world;
  const nodeSeconds = Math.max(1, (clock.now - beginning.fromMs) / 1_000) * nodes + arrivedMs(scenario) / 1_000;
  const { workload, population, joins } = play;
  return {
    scenario: name,
    level,
    seed,
    nodes,
    traceHash: world.trace.finish(),
    virtualMs: round(clock.now, 0),
    wallMs: round(wallMs, 0),
    messages: traffic.messages,
    messagesPerSecond: round((traffic.messages / wallMs) * 1_000, 0),
    bytesPerNodeSecond: round((traffic.bytes - beginning.bytes) / nodeSeconds, 1),
    rssBytes: process.resourceUsage().maxRSS * 1_024,
    heapBytes: heapBytes(),
    deaths: population.deaths,
    lookups: workload.lookups.figures(),
    finds: workload.finds.figures(),
    publishes: workload.publishes.figures(),
    joins: joins.figures(),
    records: play.census.figures(),
    ...(scenario.load.watches > 0 && { watches: play.vigils.statistics.figures() }),
    ...(scenario.load.queriesPerSecond > 0 && { queries: play.queries.figures() }),
    ...(scenario.adversaries.length > 0 && { adversaries: play.damage.figures() }),
    faults: world.faults,
  };
}

function heapBytes(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** Reads a file that a scenario names. */
export function fromDisk(path: string): string {
  return readFileSync(path, "utf8");
}
