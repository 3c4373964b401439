import { drawAdversaries } from "../adversaries/draw.ts";
import { RandomStream } from "../engine/random.ts";
import { readScenario } from "../scenarios/read-scenario.ts";
import type { Arrival, Load, PartialScenario, Scenario } from "../scenarios/scenario.ts";
import { between, MINUTE, maybe, part, SECOND, toThree } from "./draw/chance.ts";
import { drawChurn } from "./draw/churn.ts";
import { drawFaults } from "./draw/faults.ts";
import { drawHosts, drawLatency } from "./draw/hosts.ts";

/** One world in so many is of whole nodes, which take a hundred times as long. */
const WHOLE_NODES = 12;
const FEWEST_NODES = 5;
const MOST_NODES = 120;
const MOST_WHOLE_NODES = 16;
/** Minutes of trouble when nobody says how many. */
const FEWEST_MINUTES = 5;
const MOST_MINUTES = 30;
/** Names that are offered, and records that are wanted of a search, at most. */
const MOST_NAMES = 30;
const MOST_WANTED = 120;

export interface DrawOptions {
  /** Virtual minutes in which things go wrong. Default: drawn, 5 to 30. */
  readonly minutes?: number | undefined;
}

/** The random world of a seed. All that goes wrong in it ends with its measured time. */
export function drawScenario(seed: number, { minutes }: DrawOptions = {}): Scenario {
  const random = new RandomStream(seed, "fuzz");
  const drawn = FEWEST_MINUTES + random.integer(MOST_MINUTES - FEWEST_MINUTES + 1);
  return readScenario({ name: `fuzz-${seed}`, about: "a random world", seed, ...drawWorld(random, (minutes ?? drawn) * MINUTE) });
}

function drawWorld(random: RandomStream, durationMs: number): PartialScenario {
  const level = random.integer(WHOLE_NODES) === 0 ? "node" : "overlay";
  const most = level === "node" ? MOST_WHOLE_NODES : MOST_NODES;
  return {
    level,
    nodes: FEWEST_NODES + Math.floor((most - FEWEST_NODES + 1) * random.next() ** 3),
    growthMs: between(random, 10, 2_000),
    settleMs: random.pick([0, 10 * SECOND, MINUTE, 5 * MINUTE]),
    durationMs,
    latency: drawLatency(random),
    hosts: drawHosts(random),
    // Whole nodes close a link that may not idle at all before anybody can use it.
    links: maybe(random, 0.5) ? {} : { max: random.pick([8, 32, 512]), idleMs: random.pick([level === "node" ? 1_000 : 0, 5_000, 60_000]) },
    churn: drawChurn(random, durationMs),
    faults: drawFaults(random, durationMs),
    adversaries: maybe(random, 0.5) ? drawAdversaries(random) : [],
    arrivals: drawArrivals(random, durationMs),
    load: drawLoad(random),
    overlay: drawSettings(random),
  };
}

function drawArrivals(random: RandomStream, durationMs: number): Arrival[] {
  return Array.from({ length: maybe(random, 0.3) ? 1 + random.integer(2) : 0 }, () => {
    const atMs = random.integer(durationMs);
    const times = { atMs, withinMs: random.integer(durationMs - atMs) };
    return maybe(random, 0.5) ? { ...times, nodes: 1 + random.integer(20) } : { ...times, share: part(random, 0.05, 1) };
  });
}

function drawLoad(random: RandomStream): Load {
  return {
    capabilities: 1 + random.integer(MOST_NAMES),
    zipf: random.pick([0, 0.5, 1, 1.5]),
    hot: 0,
    offersEach: 1,
    bulkOffers: 0,
    lookupsPerSecond: part(random, 0, 1),
    findsPerSecond: part(random, 0, 1),
    publishesPerSecond: maybe(random, 0.5) ? 0 : part(random, 0, 0.5),
    queriesPerSecond: 0,
    watches: 0,
    findLimit: 1 + random.integer(MOST_WANTED),
  };
}

/** Half of the networks take their time, the others do everything in less of it; no record ends before it is signed anew. */
function drawSettings(random: RandomStream): Scenario["overlay"] {
  const intervalMs = between(random, 10, 60) * MINUTE;
  const alpha = 1 + random.integer(6);
  if (maybe(random, 0.5)) return {};
  return {
    alpha,
    refreshIntervalMs: intervalMs,
    republishIntervalMs: intervalMs,
    recordLifetimeMs: 3 * intervalMs,
    revalidateIntervalMs: random.pick([5, 15, 30]) * SECOND,
    freshForMs: toThree(intervalMs / 12),
    sweepIntervalMs: toThree(intervalMs / 12),
  };
}
