import { SynapseError } from "../routing/index.ts";
import { systemRuntime } from "../src/runtime.ts";
import { regionLatency } from "./engine/latency.ts";
import { NodeWorld } from "./engine/node-world.ts";
import { OverlayWorld } from "./engine/overlay-world.ts";
import { round } from "./engine/statistics.ts";
import type { World, WorldOptions } from "./engine/world.ts";
import { Baseline } from "./scenarios/baseline.ts";
import { checkOptions, DEFAULT_SCENARIO, type Figures, type Level, type Progress, type ScenarioOptions } from "./scenarios/scenario.ts";

export interface RunOptions {
  /** Told now and then how far the run is. */
  readonly progress?: Progress;
  /** Ends the run early: `simulate` then rejects. */
  readonly signal?: AbortSignal;
}

/**
 * Runs a simulation to its end and measures it against the truth.
 * @throws SynapseError `bad_options`, `aborted`.
 */
export async function simulate(options: Partial<ScenarioOptions> = {}, { progress, signal }: RunOptions = {}): Promise<Figures> {
  const checked = checkOptions({ ...DEFAULT_SCENARIO, ...options });
  const { level, seed, nodes, overlay } = checked;
  const startedAt = systemRuntime.now();
  const world = makeWorld(level, { seed, latency: regionLatency(), swarm: "simulation", ...(overlay && { overlay }) });
  const scenario = new Baseline(world, checked);
  const begin = await scenario.run((phase, done, of) => {
    if (signal?.aborted) throw new SynapseError("aborted", "the simulation was interrupted");
    progress?.(phase, done, of);
  });
  const wallMs = systemRuntime.now() - startedAt;
  const measuredSeconds = Math.max(1, (world.clock.now - begin.fromMs) / 1000);
  return {
    scenario: checked.churnMs === undefined ? "baseline" : "churn",
    level,
    seed,
    nodes,
    traceHash: world.trace.finish(),
    virtualMs: round(world.clock.now, 0),
    wallMs: round(wallMs, 0),
    messages: world.traffic.messages,
    messagesPerSecond: round((world.traffic.messages / wallMs) * 1000, 0),
    bytesPerNodeSecond: round((world.traffic.bytes - begin.bytes) / nodes / measuredSeconds, 1),
    rssBytes: process.memoryUsage().rss,
    deaths: scenario.deaths,
    lookups: scenario.lookups.figures(),
    finds: scenario.finds.figures(),
    joins: scenario.joins.figures(),
    faults: world.faults,
  };
}

function makeWorld(level: Level, options: WorldOptions): World {
  return level === "overlay" ? new OverlayWorld(options) : new NodeWorld(options);
}
