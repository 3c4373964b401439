/**
 * Colours of curves, as pairs for light and dark pages; each has at least 4.5 : 1 against its page. Told apart by most colour-blind people
 * in order.
 */
export const CURVE_COLOURS: readonly (readonly [light: string, dark: string])[] = [
  ["#1f5fd0", "#7fb0ff"],
  ["#b84a06", "#ffa45c"],
  ["#0a7563", "#4fd2b6"],
  ["#8a3fc0", "#cf9bff"],
  ["#b92769", "#ff86b8"],
  ["#6a6500", "#d8d05a"],
  ["#0b7297", "#62cdf2"],
  ["#a13c2c", "#ff9485"],
  ["#4b5563", "#b6c0cc"],
  ["#39741b", "#9bd86f"],
  ["#5a4fcf", "#aaa2ff"],
  ["#875900", "#e6b85c"],
];

/** From early to late, or from little to much. */
export const RAMP_COLOURS: readonly (readonly [light: string, dark: string])[] = [
  ["#3a3fb8", "#7f8cff"],
  ["#6a36b5", "#a585ff"],
  ["#9630a8", "#c97ef5"],
  ["#b92f8c", "#e879d4"],
  ["#c8325f", "#f87fae"],
  ["#c64432", "#ff8f88"],
  ["#b45510", "#ffa564"],
  ["#8a6500", "#f5c044"],
];

/** Kinds of operation that have a colour of their own in every report. */
const OPERATIONS: readonly string[] = ["lookups", "finds", "publishes", "joins", "asks", "watches"];

/** Class that gives a curve its colour. */
export function curveColour(index: number): string {
  return `k${index % CURVE_COLOURS.length}`;
}

/** @param part 0, early, to 1, late. */
export function rampColour(part: number): string {
  return `s${Math.round(Math.max(0, Math.min(1, part)) * (RAMP_COLOURS.length - 1))}`;
}

/** The colour of a kind of operation; others than the known ones take those that are left, in their order of appearance. */
export function operationColour(operation: string, all: readonly string[]): string {
  const known = OPERATIONS.indexOf(operation);
  if (known >= 0) return curveColour(known);
  const others = [...new Set(all)].filter((name) => !OPERATIONS.includes(name));
  return curveColour(OPERATIONS.length + Math.max(0, others.indexOf(operation)));
}

/** Rules that give the classes `k…` and `s…` their colours, as variables of `:root`. */
export function colourVariables(theme: "light" | "dark"): string {
  const of = (pair: readonly [string, string]) => pair[theme === "light" ? 0 : 1];
  const curves = CURVE_COLOURS.map((pair, index) => `--k${index}:${of(pair)}`);
  return [...curves, ...RAMP_COLOURS.map((pair, index) => `--s${index}:${of(pair)}`)].join(";");
}

export function colourClasses(): string {
  const classes = (prefix: string, number: number) =>
    Array.from({ length: number }, (_, index) => `.${prefix}${index}{--c:var(--${prefix}${index})}`);
  return [...classes("k", CURVE_COLOURS.length), ...classes("s", RAMP_COLOURS.length)].join("");
}
