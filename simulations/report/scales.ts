import { duration, tickLabel } from "./format.ts";

export interface Tick {
  /** 0 … 1 along the axis. */
  readonly at: number;
  readonly label: string;
  /** Left out where the chart is narrow. */
  readonly isMinor: boolean;
}

/** Where values stand along an axis. */
export interface Scale {
  /** 0 … 1; whatever lies outside is moved to the end it lies behind. */
  at(value: number): number;
  readonly ticks: readonly Tick[];
}

/** Beyond this the arithmetic of scales could overflow. */
const LARGEST = 1e300;
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Steps at which people read time. */
const TIME_STEPS: readonly number[] = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 20, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 5, 10, 20, 50, 100].map((days) => days * DAY),
];
/** A range of values from which on small ones would vanish on a linear axis. */
const WIDE_RANGE = 20;

/** From `from` to at least `to`, ending at a round number. */
export function linearScale(from: number, to: number, unit: string, most = 5): Scale {
  const low = finite(from);
  const high = Math.max(finite(to), low);
  const step = roundStep((high - low || Math.abs(high) || 1) / most);
  const first = Math.floor(low / step + 1e-9) * step;
  const steps = Math.max(1, Math.ceil((high - first) / step - 1e-9));
  return makeScale(first, first + steps * step, multiples(first, step, steps), unit);
}

/** From exactly `from` to exactly `to`, with round ticks in between. */
export function exactScale(from: number, to: number, unit: string, most = 5): Scale {
  const low = finite(from);
  const high = finite(to) > low ? finite(to) : low + 1;
  const step = roundStep((high - low) / most);
  const first = Math.ceil(low / step - 1e-9) * step;
  return makeScale(low, high, multiples(first, step, Math.floor((high - first) / step + 1e-9)), unit);
}

/** Virtual time from 0. */
export function timeScale(untilMs: number): Scale {
  const until = Math.max(1, finite(untilMs));
  const step = TIME_STEPS.find((each) => until / each <= 9) ?? Math.ceil(roundStep(until / DAY / 9)) * DAY;
  const at = (value: number) => within(finite(value) / until);
  const ticks = multiples(0, step, Math.floor(until / step + 1e-9)).map((value, index) => {
    return { at: at(value), label: value === 0 ? "0" : duration(value), isMinor: index % 2 === 1 };
  });
  return { at, ticks };
}

/** For values above 0; others stand at the beginning. */
export function logScale(from: number, to: number, unit: string): Scale {
  const low = Math.log10(Math.max(1e-300, finite(from)));
  const high = Math.max(Math.log10(Math.max(1e-300, finite(to))), low + 0.3);
  const at = (value: number) => (value > 0 ? within((Math.log10(Math.min(value, LARGEST)) - low) / (high - low)) : 0);
  const ticks = logTicks(low, high).map(({ value, isMinor }) => ({ at: at(value), label: tickLabel(value, unit), isMinor }));
  return { at, ticks };
}

/** Logarithmic where the values span so much that a linear axis would hide most of them. */
export function fittingScale(values: readonly number[], unit: string): Scale {
  const positive = values.filter((value) => value > 0 && Number.isFinite(value));
  const least = positive.reduce((a, b) => Math.min(a, b), LARGEST);
  const most = positive.reduce((a, b) => Math.max(a, b), 0);
  if (positive.length > 1 && most / least > WIDE_RANGE) return logScale(least, most, unit);
  return linearScale(0, most === 0 ? 1 : most, unit, 6);
}

/** The number itself, kept so far from the largest that sums and differences of two are finite. */
export function finite(value: number): number {
  return Number.isFinite(value) ? Math.max(-LARGEST, Math.min(LARGEST, value)) : 0;
}

function logTicks(low: number, high: number): { value: number; isMinor: boolean }[] {
  const decades = high - low;
  const every = Math.max(1, Math.ceil(decades / 7));
  const factors = decades < 1.2 ? [1, 1.5, 2, 3, 4, 5, 6, 8] : decades < 4 ? [1, 2, 5] : [1];
  const main = decades < 1.2 ? [1, 2, 4] : [1];
  const ticks: { value: number; isMinor: boolean }[] = [];
  for (let power = Math.floor(low); power <= high; power += every) {
    for (const factor of factors) {
      const value = Number(`${factor}e${power}`);
      const at = Math.log10(value);
      if (at >= low - 1e-9 && at <= high + 1e-9) ticks.push({ value, isMinor: !main.includes(factor) });
    }
  }
  return ticks;
}

function makeScale(low: number, high: number, values: readonly number[], unit: string): Scale {
  const at = (value: number) => within((finite(value) - low) / (high - low));
  return { at, ticks: values.map((value, index) => ({ at: at(value), label: tickLabel(value, unit), isMinor: index % 2 === 1 })) };
}

function multiples(first: number, step: number, steps: number): number[] {
  return Array.from({ length: Math.max(0, Math.min(steps, 40)) + 1 }, (_, index) => Number((first + index * step).toPrecision(12)));
}

/** The smallest of 1, 2, 2.5, 5 times a power of ten that is not below. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(step, 1e-300)));
  const factor = [1, 2, 2.5, 5, 10].find((each) => each * power >= step * (1 - 1e-9)) ?? 10;
  return factor * power;
}

function within(part: number): number {
  return Math.max(0, Math.min(1, part));
}
