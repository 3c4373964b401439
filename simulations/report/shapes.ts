import { coordinate, element, type Markup } from "./markup.ts";

/** Kinds of host that look the same in every report. */
const KINDS: readonly string[] = ["node", "client", "slow", "adversary"];

/** Paths of about the same area around 0, 0: kinds are told apart by shape as well as by colour. */
const PATHS: readonly string[] = [
  "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0Z",
  "M0-3.9L3.6 2.6H-3.6Z",
  "M-2.8-2.8H2.8V2.8H-2.8Z",
  "M0-4.2L4.2 0L0 4.2L-4.2 0Z",
  "M-1.2-4H1.2V-1.2H4V1.2H1.2V4H-1.2V1.2H-4V-1.2H-1.2Z",
  "M0 3.9L3.6-2.6H-3.6Z",
];
/** Classes of colour in the same order. */
const COLOURS: readonly string[] = ["quiet", "k0", "k5", "k4", "k2", "k3"];

export function shapeIndex(kind: string, all: readonly string[]): number {
  const known = KINDS.indexOf(kind);
  if (known >= 0) return known;
  const others = [...new Set(all)].filter((each) => !KINDS.includes(each));
  return KINDS.length + (Math.max(0, others.indexOf(kind)) % (PATHS.length - KINDS.length));
}

export function shapeColour(index: number): string {
  return COLOURS[index] ?? "quiet";
}

export function shape(index: number, x: number, y: number, scale: number, className: string): Markup {
  const transform = `translate(${coordinate(x)} ${coordinate(y)}) scale(${coordinate(scale)})`;
  return element("path", { d: PATHS[index] ?? "", transform, class: className });
}
