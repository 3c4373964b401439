/** Shown where there is no number. */
export const NOTHING = "–";

/** A space at which no line is broken, between a number and its unit. */
const JOINED = "\u00a0";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** From here on powers of ten say more than digits. */
const TOO_LONG_TO_READ = 1e15;

/** A number with as many decimals as it deserves: 1,234; 12.3; 0.045. */
export function count(value: number): string {
  if (!Number.isFinite(value)) return NOTHING;
  const size = Math.abs(value);
  if (size >= TOO_LONG_TO_READ) return value.toExponential(1).replace("e+", " × 10^").replace("-", "−");
  if (size >= 100 || Number.isInteger(value)) return grouped(Math.round(value));
  if (size >= 0.001) return trimmed(value, size >= 10 ? 1 : size >= 1 ? 2 : 3);
  return value === 0 ? "0" : `< ${JOINED}0.001`.replace(` ${JOINED}`, JOINED);
}

/** A large number in few characters: 1.2 K, 34 M. For axes. */
export function compact(value: number): string {
  return scaled(value, ["", "K", "M", "G", "T", "P"]);
}

export function bytes(value: number): string {
  return scaled(value, ["B", "KB", "MB", "GB", "TB", "PB"]);
}

/** A part (0 … 1) as a percentage that is never rounded to all or to nothing. */
export function percent(part: number): string {
  if (!Number.isFinite(part * 100)) return NOTHING;
  if (part > 0 && part < 0.0001) return `<${JOINED}0.01${JOINED}%`;
  if (part < 1 && part > 0.9999) return `>${JOINED}99.99${JOINED}%`;
  const isNearAnEnd = part < 0.01 || (part > 0.99 && part < 1);
  return `${Math.abs(part) > 10 ? grouped(Math.round(part * 100)) : trimmed(part * 100, isNearAnEnd ? 2 : 1)}${JOINED}%`;
}

/** A length of time in at most two units: 0.4 ms, 212 ms, 1.23 s, 1 min 20 s, 1 h 20 min, 2 d 3 h. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return NOTHING;
  if (ms < 0) return `−${duration(-ms)}`;
  if (ms < 1_000) return `${trimmed(ms, ms >= 10 ? 0 : 1)}${JOINED}ms`;
  if (ms < MINUTE) return `${trimmed(ms / 1_000, ms >= 10_000 ? 1 : 2)}${JOINED}s`;
  if (ms < HOUR) return twoUnits(Math.round(ms / 1_000), 60, "min", "s");
  if (ms < 2 * DAY) return twoUnits(Math.round(ms / MINUTE), 60, "h", "min");
  return ms < TOO_LONG_TO_READ ? twoUnits(Math.round(ms / HOUR), 24, "d", "h") : `${count(ms / DAY)}${JOINED}d`;
}

/** A value in words of its unit. Units unknown here are written behind the number. */
export function quantity(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return NOTHING;
  if (unit === "ms") return duration(value);
  if (unit === "s") return duration(value * 1_000);
  if (isPart(unit)) return percent(value);
  if (unit === "%") return percent(value / 100);
  const of = /^(?:bytes?|B)\b\s*(.*)$/.exec(unit);
  if (of !== null) return `${bytes(value)}${suffix(of[1] ?? "")}`;
  return `${count(value)}${suffix(unit)}`;
}

/** The same for the ticks of an axis, where the title says what is counted. */
export function tickLabel(value: number, unit: string): string {
  if (value === 0 && !isPart(unit) && unit !== "%") return "0";
  if (unit === "ms" || unit === "s" || isPart(unit) || unit === "%") return quantity(value, unit);
  if (/^(?:bytes?|B)\b/.test(unit)) return quantity(value, unit); // a rate is not an amount
  return Math.abs(value) >= 10_000 ? compact(value) : count(value);
}

export function isPart(unit: string): boolean {
  return unit === "part" || unit === "share" || unit === "fraction" || unit === "ratio";
}

/** How much more or less than the first, in percent of it; in points where both are parts. Nothing where that cannot be said. */
export function difference(value: number, first: number, unit: string): string {
  if (!Number.isFinite(value) || !Number.isFinite(first)) return "";
  if (value === first) return "same";
  if (isPart(unit) || unit === "%") return signed((value - first) * (unit === "%" ? 1 : 100), `${JOINED}pp`, 2);
  if (first <= 0 || value < 0) return "";
  const change = (value / first - 1) * 100;
  return Math.abs(change) >= 1_000 ? `×${JOINED}${count(value / first)}` : signed(change, `${JOINED}%`, Math.abs(change) < 10 ? 1 : 0);
}

export function plural(number: number, one: string, many = `${one}s`): string {
  return `${count(number)}${JOINED}${number === 1 ? one : many}`;
}

function signed(value: number, unit: string, digits: number): string {
  if (!Number.isFinite(value)) return "";
  const size = Math.abs(value) >= 1_000 ? count(Math.abs(value)) : trimmed(Math.abs(value), digits);
  return `${size === "0" ? "±" : value < 0 ? "−" : "+"}${size}${unit}`;
}

function suffix(unit: string): string {
  if (unit === "") return "";
  return unit.startsWith("/") ? unit : `${JOINED}${unit}`;
}

function scaled(value: number, units: readonly string[]): string {
  if (!Number.isFinite(value)) return NOTHING;
  let size = value;
  let index = 0;
  for (; Math.abs(size) >= 999.5 && index < units.length - 1; index++) size /= 1_000;
  const unit = units[index] ?? "";
  return unit === "" ? count(size) : `${Math.abs(size) < 10 && index > 0 ? trimmed(size, 2) : threeDigits(size)}${JOINED}${unit}`;
}

function threeDigits(value: number): string {
  if (Math.abs(value) >= TOO_LONG_TO_READ) return count(value);
  return Math.abs(value) >= 100 ? grouped(Math.round(value)) : trimmed(value, 1);
}

function twoUnits(smaller: number, in1: number, large: string, small: string): string {
  const whole = Math.floor(smaller / in1);
  const rest = smaller % in1;
  return `${grouped(whole)}${JOINED}${large}${rest === 0 ? "" : `${JOINED}${rest}${JOINED}${small}`}`;
}

function trimmed(value: number, digits: number): string {
  const text = value
    .toFixed(digits)
    .replace(/(\.\d*?)0+$/, "$1")
    .replace(/\.$/, "");
  return (text === "-0" ? "0" : text).replace("-", "−");
}

function grouped(value: number): string {
  return value
    .toFixed(0)
    .replace(/\B(?=(\d{3})+$)/g, ",")
    .replace("-", "−");
}
