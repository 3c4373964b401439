import { SynapseError } from "../../routing/index.ts";
import { type Difference, differencesOf, isSmall, TOLERANCE } from "./differences.ts";
import { LoopbackSpecimen } from "./loopback.ts";
import { type MeasureOptions, measure, type SpecimenFigures } from "./measure.ts";
import { makePlan } from "./plan.ts";
import { SimulatedSpecimen } from "./simulated.ts";

const FEWEST_NODES = 2;
/** All of them live in one process, and have sockets. */
const MOST_NODES = 500;
const MOST_LOOKUPS = 100_000;

export interface FidelityOptions extends MeasureOptions {
  /** In each of the networks, 2 to 500. Default 200. */
  readonly nodes?: number;
  /** One after the other, 1 to 100,000. Default 500. */
  readonly lookups?: number;
  /** One seed: the same keys, ways to join, and lookups. Default 1. */
  readonly seed?: number;
}

export interface Fidelity {
  readonly seed: number;
  readonly nodes: number;
  readonly lookups: number;
  /** Overlay level, node level, loopback. */
  readonly networks: readonly SpecimenFigures[];
  /** Each two of them, in hops and in requests. */
  readonly differences: readonly Difference[];
  /** The most that two of them may differ. */
  readonly tolerance: number;
  /** Whether none differ by more. */
  readonly agrees: boolean;
}

/**
 * Grows one network three times, at both levels of the simulator and of real nodes on loopback TCP, makes the same lookups in each, and
 * compares what they took.
 * @throws SynapseError `bad_options`, `aborted`, `simulation_fault`, `unreachable`.
 */
export async function compareWithReality(options: FidelityOptions = {}): Promise<Fidelity> {
  const { seed = 1, nodes = 200, lookups = 500 } = options;
  checkBounds("nodes", nodes, FEWEST_NODES, MOST_NODES);
  checkBounds("lookups", lookups, 1, MOST_LOOKUPS);
  const plan = makePlan(seed, nodes, lookups);
  const networks: SpecimenFigures[] = []; // three
  for (const level of ["overlay", "node"] as const) networks.push(await measure(new SimulatedSpecimen(level, seed), plan, options));
  networks.push(await measure(new LoopbackSpecimen(options.signal), plan, options));
  const differences = differencesOf(networks);
  return { seed, nodes, lookups, networks, differences, tolerance: TOLERANCE, agrees: differences.every(isSmall) };
}

function checkBounds(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new SynapseError("bad_options", `${name} must be a whole number from ${least} to ${most}, not ${value}`);
}
