import type { Recording } from "../recording.ts";
import { count, duration, NOTHING } from "./format.ts";
import { cut } from "./markup.ts";
import { curveColour, rampColour } from "./palette.ts";

/** One of the recordings in a report, and how it is told from the others. */
export interface Run {
  readonly recording: Recording;
  /** A, B, C … */
  readonly letter: string;
  /** What is different about it. */
  readonly name: string;
  readonly colour: string;
}

/** The one option in which runs differ, where it is a number: what a sweep goes through. */
export interface Sweep {
  readonly option: string;
  readonly unit: string;
  readonly values: readonly number[];
}

/** Curves over each other can be told apart up to here; further runs stand in the tables alone. */
export const MOST_DRAWN = 12;
/** From here on a difference in one number is a sweep rather than a comparison. */
const LEAST_OF_A_SWEEP = 3;
const MAX_NAME = 36;
/** Fields of one object that are looked at. */
const MAX_FIELDS = 100;
/** What differs along with what was really changed: names, and repetitions. */
const ALONGSIDE = /^(name|about|seed|targets(\..*)?)$/;

export function runsOf(recordings: readonly Recording[]): Run[] {
  const options = namingOptions(recordings);
  const sweep = sweepOf(recordings);
  return recordings.map((recording, index) => ({
    recording,
    letter: letterOf(index),
    name: cut(options.map((option) => named(option, optionAt(recording, option))).join(", ") || recording.figures.scenario, MAX_NAME),
    colour: sweep ? rampColour(recordings.length < 2 ? 0 : index / (recordings.length - 1)) : curveColour(index),
  }));
}

export function sweepOf(recordings: readonly Recording[]): Sweep | undefined {
  const [option, ...others] = essential(differing(recordings));
  if (option === undefined || others.length > 0 || recordings.length < LEAST_OF_A_SWEEP) return undefined;
  const values = recordings.map((recording) => optionAt(recording, option));
  if (!values.every((value) => typeof value === "number" && Number.isFinite(value))) return undefined;
  return { option: optionName(option), unit: option.endsWith("Ms") ? "ms" : "", values: values.map(Number) };
}

/** The value of an option in words: lengths of time, numbers, switches, whatever it is. */
export function optionValue(option: string, value: unknown): string {
  if (value === undefined || value === null) return "none";
  if (typeof value === "number") return option.endsWith("Ms") ? duration(value) : count(value);
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "string") return value === "" ? NOTHING : value;
  return JSON.stringify(value, (_, inner: unknown) => (typeof inner === "bigint" ? String(inner) : inner)) ?? NOTHING;
}

/** `lookupsPerSecond` is "lookups per second", `churnMs` is "churn". */
export function optionName(option: string): string {
  return option
    .replace(/Ms$/, "")
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase();
}

/** The value at a path of names: `nodes`, `overlay.alpha`. */
function optionAt({ scenario }: Recording, option: string): unknown {
  if (option in scenario) return scenario[option];
  return option.split(".").reduce<unknown>((at, step) => (isObject(at) ? at[step] : undefined), scenario);
}

/** The paths of all values in a scenario that have nothing in them. */
function pathsOf(value: unknown, path: string): string[] {
  if (!isObject(value) || Object.keys(value).length === 0) return [path];
  return Object.entries(value)
    .slice(0, MAX_FIELDS)
    .flatMap(([step, inner]) => pathsOf(inner, path === "" ? step : `${path}.${step}`));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function named(option: string, value: unknown): string {
  return typeof value === "string" ? value : `${optionName(option)} ${optionValue(option, value)}`;
}

/** Options that are not the same in all recordings, in the order in which they are written. */
function differing(recordings: readonly Recording[]): string[] {
  const options = new Set(recordings.flatMap(({ scenario }) => (Object.keys(scenario).length === 0 ? [] : pathsOf(scenario, ""))));
  return [...options].filter((option) => new Set(recordings.map((each) => optionValue(option, optionAt(each, option)))).size > 1);
}

function essential(options: readonly string[]): readonly string[] {
  const others = options.filter((option) => !ALONGSIDE.test(option));
  return others.length > 0 ? others : options;
}

/** What to call runs by: their names, if no two have the same; else whatever is different about them. */
function namingOptions(recordings: readonly Recording[]): readonly string[] {
  const names = new Set(recordings.map(({ scenario }) => scenario["name"]));
  if (names.size === recordings.length && recordings.length > 1) return ["name"];
  const options = differing(recordings);
  return [...options.filter((option) => !ALONGSIDE.test(option)), ...options.filter((option) => option === "seed")];
}

function letterOf(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : `${letter}${Math.floor(index / 26) + 1}`;
}
