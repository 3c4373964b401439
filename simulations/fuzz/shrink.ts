import { SynapseError } from "../../routing/index.ts";
import { readScenario } from "../scenarios/read-scenario.ts";
import { DEFAULT_SCENARIO, type Scenario, type ScenarioInput } from "../scenarios/scenario.ts";
import { type FuzzOptions, type FuzzResult, fuzzScenario } from "./fuzz.ts";

/** Worlds tried at most: each step to a smaller one begins anew with the boldest. */
const MAX_TRIES = 400;
const FEWEST_NODES = 2;
/** Less than this is no time in which anything could go wrong, ms. */
const SHORTEST_MS = 1_000;

export interface ShrinkOptions extends Omit<FuzzOptions, "progress"> {
  /** Told of each world that is tried: how many there were, and the smallest one that still fails. */
  readonly progress?: (tries: number, smallest: Scenario) => void;
}

export interface Shrunk {
  /** The smallest world that was found. */
  readonly smallest: FuzzResult;
  /** Worlds that were tried on the way. */
  readonly tries: number;
}

/**
 * Makes a world that breaks an invariant smaller, as long as it breaks the same one first: fewer nodes, less time, less trouble, simpler
 * models. Greedy, so that another way might have led to a smaller one.
 * @throws SynapseError `bad_options` when nothing is broken in it, `aborted`.
 */
export async function shrink(input: ScenarioInput, { progress, ...options }: ShrinkOptions = {}): Promise<Shrunk> {
  let smallest = await fuzzScenario(input, options);
  const broken = smallest.violations[0]?.invariant;
  if (broken === undefined) throw new SynapseError("bad_options", "there is nothing to shrink: no invariant is broken in this world");
  let tries = 1;
  let waiting = smallerThan(smallest.scenario);
  for (let next = waiting.shift(); next !== undefined && tries < MAX_TRIES; next = waiting.shift()) {
    progress?.(tries, smallest.scenario);
    tries += 1;
    const result = await fuzzScenario(next, options);
    if (result.violations[0]?.invariant !== broken) continue;
    smallest = result;
    waiting = smallerThan(smallest.scenario);
  }
  return { smallest, tries };
}

/** Worlds that are smaller in one respect, the boldest first. */
export function smallerThan(scenario: Scenario): Scenario[] {
  const changes: Partial<Scenario>[] = [
    ...fewerNodes(scenario),
    ...shorter(scenario),
    ...without("adversaries", scenario),
    ...without("faults", scenario),
    ...without("arrivals", scenario),
    ...(scenario.churn === null ? [] : [{ churn: null }]),
    ...simpler(scenario),
  ];
  return changes.map((change) => readScenario({ ...scenario, ...change }));
}

function fewerNodes({ nodes }: Scenario): Partial<Scenario>[] {
  return [nodes >> 1, (3 * nodes) >> 2, nodes - 1]
    .filter((fewer, place, all) => fewer >= FEWEST_NODES && all.indexOf(fewer) === place)
    .map((fewer) => ({ nodes: fewer }));
}

function shorter({ durationMs, settleMs }: Scenario): Partial<Scenario>[] {
  const less = [Math.floor(durationMs / 2), Math.floor((3 * durationMs) / 4)].filter((ms) => ms >= SHORTEST_MS);
  return [...less.map((ms) => ({ durationMs: ms })), ...(settleMs === 0 ? [] : [{ settleMs: 0 }])];
}

/** None of them, then each left out alone. */
function without<K extends "adversaries" | "faults" | "arrivals">(field: K, { [field]: all }: Scenario): Partial<Scenario>[] {
  if (all.length === 0) return [];
  const others = all.length === 1 ? [] : all.map((_, place) => all.filter((__, other) => other !== place));
  return [[], ...others].map((left) => ({ [field]: left }));
}

/** Everything that is as in the default scenario, and latency that is always the same. */
function simpler(scenario: Scenario): Partial<Scenario>[] {
  const { load } = scenario;
  const changes: Partial<Scenario>[] = [
    { latency: { model: "constant", oneWayMs: 50 } },
    { hosts: {} },
    { links: DEFAULT_SCENARIO.links },
    { overlay: {} },
    { load: { ...load, lookupsPerSecond: 0 } },
    { load: { ...load, findsPerSecond: 0 } },
    { load: { ...load, publishesPerSecond: 0 } },
    { load: { ...load, capabilities: 1, zipf: 0 } },
  ];
  return changes.filter((change) => JSON.stringify({ ...scenario, ...change }) !== JSON.stringify(scenario));
}
