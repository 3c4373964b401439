import { readFileSync } from "node:fs";
import { type CapabilityRecord, readRecord } from "../../dht/index.ts";
import { messageOf, SynapseError } from "../../routing/index.ts";
import { nextTurn, systemRuntime } from "../../src/runtime.ts";
import type { ReadFile } from "../engine/spec-check.ts";
import { round } from "../engine/statistics.ts";
import type { World } from "../engine/world.ts";
import { makeWorld } from "../make-world.ts";
import { modelsOf } from "../models.ts";
import { Play, type Progress } from "../scenarios/play.ts";
import { readScenario } from "../scenarios/read-scenario.ts";
import type { Scenario, ScenarioInput } from "../scenarios/scenario.ts";
import { Aftermath, peaceMs } from "./aftermath.ts";
import { type DrawOptions, drawScenario } from "./draw.ts";
import type { Violation } from "./invariants/invariant.ts";
import { Probes } from "./probes.ts";
import { Violated, Watch } from "./watch.ts";

export interface FuzzOptions {
  /** Told now and then how far the run is. */
  readonly progress?: Progress;
  /** Ends the run early: it then rejects. */
  readonly signal?: AbortSignal;
  /** Gives the text of files that the scenario names. Default: from the working directory. */
  readonly readFile?: ReadFile;
}

/** What came of one random world. Plain data. */
export interface FuzzResult {
  readonly seed: number;
  readonly scenario: Scenario;
  /** What was broken, at most 20; empty when all was well. A run ends soon after the first. */
  readonly violations: readonly Violation[];
  /** The same for the same scenario: what was asked to find out is part of it. */
  readonly traceHash: string;
  readonly virtualMs: number;
  readonly wallMs: number;
  readonly messages: number;
  /** Answers and nodes that were looked at. */
  readonly looks: number;
}

/** Draws a world from a seed, and watches it. @throws SynapseError `bad_options`, `aborted`. */
export function fuzz(seed: number, options: FuzzOptions & DrawOptions = {}): Promise<FuzzResult> {
  return fuzzScenario(drawScenario(seed, options), options);
}

/**
 * Plays a scenario and holds everything that happens against the invariants; then lets the network have its peace, after which all must
 * be well again.
 * @throws SynapseError `bad_options`, `aborted`.
 */
export async function fuzzScenario(input: ScenarioInput, { progress, signal, readFile = fromDisk }: FuzzOptions = {}): Promise<FuzzResult> {
  const startedAt = systemRuntime.now();
  const scenario = readScenario(input);
  const models = modelsOf(scenario, readFile);
  const world = makeWorld(scenario, models);
  const watch = watchOver(world, scenario);
  const play = new Play(world, scenario, models.sessions);
  const onProgress = (phase: string, done: number, of: number) => {
    if (signal?.aborted) throw new SynapseError("aborted", "the run was interrupted");
    progress?.(phase, done, of, world.clock.now);
  };
  await heedingRejections(watch, () => live(world, play, watch, scenario, onProgress));
  return {
    seed: scenario.seed,
    scenario,
    violations: watch.violations,
    traceHash: world.trace.finish(),
    virtualMs: round(world.clock.now, 0),
    wallMs: round(systemRuntime.now() - startedAt, 0),
    messages: world.traffic.messages,
    looks: watch.looks,
  };
}

async function live(
  world: World,
  play: Play,
  watch: Watch,
  scenario: Scenario,
  progress: (phase: string, done: number, of: number) => void,
): Promise<void> {
  const probes = new Probes(world, play.oracle, watch);
  watch.begin();
  probes.begin(scenario.load.capabilities);
  await play.run(progress);
  await play.calm(peaceMs(scenario), progress);
  const aftermath = new Aftermath(world, play, watch, probes);
  await play.calm(aftermath.begin(), progress);
  aftermath.end();
}

/** Nobody can see whole nodes sign, and nobody can sign for them either. */
function watchOver(world: World, { level }: Scenario): Watch {
  const read = (bytes: Uint8Array): CapabilityRecord | string => readRecord(bytes, world.verify);
  return new Watch(world, { isHonest: ({ host }) => !host.isAdversary, read: level === "node" ? read : undefined });
}

/** Whatever is thrown while the world lives breaks an invariant, unless it says that one was broken or that the run is to end. */
async function heedingRejections(watch: Watch, run: () => Promise<void>): Promise<void> {
  const onRejection = (reason: unknown) => watch.report("fault", undefined, messageOf(reason));
  process.on("unhandledRejection", onRejection);
  try {
    await run();
  } catch (error) {
    if (error instanceof SynapseError && error.code === "aborted") throw error;
    if (!(error instanceof Violated)) onRejection(error);
  } finally {
    await nextTurn(); // what was rejected in the last one is told only at its end
    process.off("unhandledRejection", onRejection);
  }
}

function fromDisk(path: string): string {
  return readFileSync(path, "utf8");
}
