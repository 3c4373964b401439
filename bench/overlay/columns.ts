import type { Figure } from "../support/figures.ts";
import { type Measured, OURS, type Subject } from "./subjects.ts";

interface Column {
  readonly name: string;
  readonly unit: string;
  readonly of: (measured: Measured) => number;
}

const KIB = 1024;

/** In each of them less is better. */
const COLUMNS: readonly Column[] = [
  { name: "boot", unit: "s", of: ({ bootMs }) => bootMs / 1_000 },
  { name: "announce, p50", unit: "ms", of: ({ announceMs }) => announceMs },
  { name: "lookup, whole, p50", unit: "ms", of: ({ lookupMs }) => lookupMs },
  { name: "lookup, first result, p50", unit: "ms", of: ({ firstMs }) => firstMs },
  { name: "requests a lookup, p50", unit: "", of: ({ requests }) => requests },
  { name: "heap a node", unit: "KiB", of: ({ heapBytes }) => heapBytes / KIB },
  { name: "memory a node", unit: "KiB", of: ({ rssBytes }) => rssBytes / KIB },
];

/** A figure for each subject and column, beside the best of the others in that column. */
export function columnsOf(nodes: number, all: ReadonlyMap<Subject, Measured>): Figure[] {
  const figures = COLUMNS.flatMap((column) => [...all].map(([subject]) => figureOf(nodes, column, subject, all)));
  const successes = [...all].map(([{ name }, { success }]) => {
    return { name: `${nodes} nodes, lookups that found somebody: ${name}`, value: 100 * success, unit: "%" };
  });
  return [...figures, ...successes];
}

function figureOf(nodes: number, { name, unit, of }: Column, subject: Subject, all: ReadonlyMap<Subject, Measured>): Figure {
  const rivals = [...all].filter(([rival]) => rival !== subject && rival !== OURS);
  const values = rivals.map(([rival, measured]) => ({ name: rival.name, value: of(measured) }));
  const [best] = values.sort((a, b) => a.value - b.value);
  return {
    name: `${nodes} nodes, ${name}: ${subject.name}`,
    value: of(all.get(subject) as Measured),
    unit,
    ...(subject === OURS && best && { reference: best, target: { atMost: 1 } }),
  };
}
