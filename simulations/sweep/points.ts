import { messageOf, SynapseError } from "../../routing/index.ts";
import type { ReadFile } from "../engine/spec-check.ts";
import { modelsOf } from "../models.ts";
import { readScenario } from "../scenarios/read-scenario.ts";
import type { Scenario, ScenarioInput } from "../scenarios/scenario.ts";
import { isSame, type Parameter } from "./parameter.ts";
import { checkPath, valueAt, withValue } from "./path.ts";

/** Points of one sweep at most: their recordings, some hundred kilobytes each, are in memory together. */
export const MAX_POINTS = 1_000;

/** One run of a sweep. */
export interface SweepPoint {
  /** Its place in the sweep, from 0: the last parameter changes fastest. */
  readonly index: number;
  /** What its parameters are, by path; times in ms. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly scenario: Scenario;
}

/** What a sweep goes through. */
export interface SweepPlan {
  /** What is the same in all points. */
  readonly scenario: Scenario;
  /** Times in ms. Repetitions are a parameter, too: `seed`. */
  readonly parameters: readonly Parameter[];
  readonly points: readonly SweepPoint[]; // at most MAX_POINTS
}

/**
 * The cross product of parameters over a scenario, all checked.
 * @param repeat runs of each point, with one seed after the other.
 * @throws SynapseError `bad_options` naming the parameter, or the point and its field.
 */
export function planSweep(input: ScenarioInput, given: readonly Parameter[], repeat: number, readFile: ReadFile): SweepPlan {
  const scenario = readScenario(input);
  const parameters = [...given, ...repetitions(scenario, given, repeat)];
  const paths = parameters.map(({ path }) => path);
  const twice = paths.find((path, index) => paths.indexOf(path) < index);
  if (twice !== undefined) throw new SynapseError("bad_options", `${twice} is there twice: give all its values at once`);
  for (const path of paths) checkPath(path, scenario, paths);
  const count = parameters.reduce((product, { values }) => product * values.length, 1);
  if (count > MAX_POINTS) throw new SynapseError("bad_options", `a sweep has at most ${MAX_POINTS} points, and this one ${count}`);
  const points = Array.from({ length: count }, (_, index) => pointOf(index, input, parameters, readFile));
  refuseTwins(points);
  return { scenario, parameters: parameters.map((parameter) => asRead(parameter, points)), points };
}

/** `nodes=100 overlay.alpha=3`, for people. */
export function nameOfPoint(values: Readonly<Record<string, unknown>>): string {
  return Object.entries(values)
    .map(([path, value]) => `${path}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(" ");
}

function repetitions({ seed }: Scenario, given: readonly Parameter[], repeat: number): Parameter[] {
  if (repeat === 1) return [];
  if (given.some(({ path }) => path === "seed"))
    throw new SynapseError("bad_options", "either give seeds, or say how often to repeat: not both");
  return [{ path: "seed", values: Array.from({ length: repeat }, (_, n) => seed + n) }];
}

function pointOf(index: number, input: ScenarioInput, parameters: readonly Parameter[], readFile: ReadFile): SweepPoint {
  const chosen = choice(index, parameters);
  try {
    const set = chosen.reduce<unknown>((data, [path, value]) => withValue(data, path, value), input);
    const scenario = readScenario(set as ScenarioInput);
    modelsOf(scenario, readFile); // says what a schema cannot
    return { index, scenario, values: Object.fromEntries(chosen.map(([path]) => [path, valueAt(scenario, path)])) };
  } catch (error) {
    throw new SynapseError("bad_options", `with ${nameOfPoint(Object.fromEntries(chosen))}: ${messageOf(error)}`, {
      hint: "docs/simulator.md lists all fields",
      cause: error,
    });
  }
}

/** The values at one point: its index is read as a number whose digits are the places in the lists of values. */
function choice(index: number, parameters: readonly Parameter[]): [path: string, value: unknown][] {
  let left = index;
  const backwards = [...parameters].reverse().map(({ path, values }): [string, unknown] => {
    const value = values[left % values.length];
    left = Math.floor(left / values.length);
    return [path, value];
  });
  return backwards.reverse();
}

/** "60s" and "1m" are written differently and are the same. */
function refuseTwins(points: readonly SweepPoint[]): void {
  const names = new Set<string>(); // one a point
  for (const { values } of points) {
    const name = nameOfPoint(values);
    if (names.has(name)) throw new SynapseError("bad_options", `two points are the same: ${name}`);
    names.add(name);
  }
}

/** A parameter with its values as they are in scenarios: times in ms. */
function asRead({ path }: Parameter, points: readonly SweepPoint[]): Parameter {
  const all = points.map(({ values }) => values[path]);
  return { path, values: all.filter((value, index) => all.findIndex((other) => isSame(other, value)) === index) };
}
