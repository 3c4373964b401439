import { SynapseError } from "../../routing/index.ts";
import { LoopbackSpecimen } from "./loopback.ts";
import { type MeasureOptions, measure, type SpecimenFigures } from "./measure.ts";
import { makePlan } from "./plan.ts";
import { SimulatedSpecimen } from "./simulated.ts";
import type { SpecimenName } from "./specimen.ts";

/** Hops and requests of a lookup may differ by this part between any two of the three. */
const TOLERANCE = 0.05;
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

/** How far two of the networks are apart in one figure. */
export interface Difference {
  readonly figure: "hops" | "requests";
  readonly of: SpecimenName;
  /** What it is compared with. */
  readonly from: SpecimenName;
  /** Part by which it is more, or less where it is negative. */
  readonly part: number;
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

function isSmall({ part }: Difference): boolean {
  return Math.abs(part) <= TOLERANCE;
}

/** Each with those that come after it: the levels with reality, and with each other. */
function differencesOf(networks: readonly SpecimenFigures[]): Difference[] {
  const pairs = networks.flatMap((of, index) => networks.slice(index + 1).map((from) => ({ of, from })));
  return pairs.flatMap(({ of, from }) =>
    (["hops", "requests"] as const).map((figure) => ({
      figure,
      of: of.name,
      from: from.name,
      part: of[figure] / from[figure] - 1,
    })),
  );
}

function checkBounds(name: string, value: number, least: number, most: number): void {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new SynapseError("bad_options", `${name} must be a whole number from ${least} to ${most}, not ${value}`);
}
