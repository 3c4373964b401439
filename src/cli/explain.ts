import type { NearMiss, Step, Trace } from "../../dht/index.ts";
import { shortId, toHex } from "../../routing/index.ts";
import { shortAddress } from "../address.ts";
import { type Colours, printable, table } from "./output.ts";

/** Columns of the time line. */
const LINE_WIDTH = 24;
/** What time lines are drawn with. */
const ANSWERED = "━";
const FAILED = "┅";
const OPEN = "┄";
/** Questions shown of one key. */
const STEPS_SHOWN = 32;
/** Near misses shown. */
const MISSES_SHOWN = 10;

/** How a search went, for people: key by key whom it asked, and when who answered what; then who nearly matched. */
export function describeTrace(style: Colours, query: string, { keys, steps, nearMisses }: Trace): string[] {
  const endMs = steps.reduce((latest, { atMs, ms = 0 }) => Math.max(latest, atMs + ms), 1);
  const lines = [`${style.bold(printable(query))} ${style.dim(`· ${endMs.toFixed(0)} ms from left to right`)}`, ""];
  for (const { name, bits, key } of keys) {
    const asked = steps.filter((step) => step.name === name && step.bits === bits);
    const child = bits === "" ? "" : `, those whose ids begin with ${bits}`;
    lines.push(`  key of ${style.cyan(printable(name))}${child} ${style.dim(`${shortId(key)} · ${asked.length} asked`)}`);
    lines.push(...describeSteps(style, asked, endMs), "");
  }
  return [...lines, ...describeMisses(style, nearMisses)];
}

function describeSteps(style: Colours, steps: readonly Step[], endMs: number): string[] {
  const rows = steps
    .slice(0, STEPS_SHOWN)
    .map((step) => [
      `${step.atMs.toFixed(0)} ms`,
      timeLine(step, endMs),
      step.ms === undefined ? "–" : `${step.ms.toFixed(0)} ms`,
      shortId(step.to.id),
      shortAddress(step.to.addresses[0] ?? ""),
      answer(step),
    ]);
  const left = steps.length - rows.length;
  const rest = left > 0 ? [style.dim(`    … and ${left} more`)] : [];
  const lines = rows.length > 0 ? table(style, ["AT", "", "TOOK", "NODE", "ADDRESS", "ANSWER"], rows, 4) : [];
  return [...lines.map((line) => coloured(style, line)), ...rest];
}

/** When it was asked and when it answered, between the beginning of the search and its end. */
function timeLine({ atMs, ms, outcome }: Step, endMs: number): string {
  const from = Math.min(LINE_WIDTH - 1, Math.floor((atMs / endMs) * LINE_WIDTH));
  const to = ms === undefined ? LINE_WIDTH : Math.ceil(((atMs + ms) / endMs) * LINE_WIDTH);
  const bar = (outcome === "answered" ? ANSWERED : outcome === "open" ? OPEN : FAILED).repeat(Math.max(1, to - from));
  return (" ".repeat(from) + bar).padEnd(LINE_WIDTH);
}

/** After the table is made: its cells show no colours, since others' texts must not bring any. */
function coloured(style: Colours, line: string): string {
  return line
    .replace(/━+/g, (bar) => style.green(bar))
    .replace(/┅+/g, (bar) => style.red(bar))
    .replace(/┄+/g, (bar) => style.dim(bar));
}

function answer({ outcome, records }: Step): string {
  if (outcome === "open") return "had not answered";
  if (outcome !== "answered") return outcome;
  return records === 0 ? "nothing" : records === 1 ? "1 record" : `${records} records`;
}

function describeMisses(style: Colours, misses: readonly NearMiss[]): string[] {
  if (misses.length === 0) return [];
  const shown = misses.slice(0, MISSES_SHOWN);
  const rows = shown.map(({ record, why }) => [record.name, record.capability, shortId(record.publisher), why.join("; ")]);
  const rest = misses.length > shown.length ? [style.dim(`    … and ${misses.length - shown.length} more`)] : [];
  return [
    `  near misses ${style.dim(String(misses.length))}`,
    ...table(style, ["NAME", "CAPABILITY", "NODE", "WHY NOT"], rows, 4),
    ...rest,
    "",
  ];
}

/** The same for machines. */
export function traceData({ keys, steps, nearMisses }: Trace) {
  return {
    keys: keys.map(({ name, bits, key }) => ({ name, bits, key: toHex(key) })),
    steps: steps.map(({ to, ms, ...step }) => ({ ...step, ms: ms ?? null, node: to.key, address: to.addresses[0] ?? null })),
    nearMisses: nearMisses.map(({ record, why }) => ({
      id: toHex(record.publisher),
      name: record.name,
      capability: record.capability,
      why,
    })),
  };
}
