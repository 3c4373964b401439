/** A curve in the chart, 0 … 1 across and up, and what is to be written beside it. */
export interface LabelledCurve {
  readonly text: string;
  readonly points: readonly (readonly [across: number, up: number])[];
}

export interface PlacedLabel {
  readonly across: number;
  readonly up: number;
  readonly side: "left" | "right";
}

/** Width at which places are tried: that of a chart in a narrow column. A wider one has only more room. */
const WIDTH = 320;
/** Of a character of a label, on average; and of a label's line. */
const CHARACTER = 7.2;
const LINE = 15;
/** Between a curve and its label. */
const GAP = 8;
/** Heights at which a label may stand, best first. */
const HEIGHTS = [0.7, 0.6, 0.8, 0.5, 0.4, 0.3, 0.2, 0.12];

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Places each label beside its curve where it covers least of the other curves and labels. */
export function placeLabels(curves: readonly LabelledCurve[], height: number): (PlacedLabel | undefined)[] {
  const taken: Box[] = [];
  const drawn = curves.map(({ points }) => samples(points, height));
  return curves.map(({ text, points }) => {
    if (points.length === 0 || text === "") return undefined;
    const candidates = HEIGHTS.flatMap((up) => (["right", "left"] as const).map((side) => ({ up, side, across: acrossAt(points, up) })));
    const costs = candidates.map((place, index) => cost(boxOf(place, text, height), drawn, taken) + index * 0.1);
    const best = candidates[costs.indexOf(Math.min(...costs))];
    if (best !== undefined) taken.push(boxOf(best, text, height));
    return best;
  });
}

/** Where the curve first is as high as this. */
export function acrossAt(points: readonly (readonly [number, number])[], up: number): number {
  const index = points.findIndex((point) => point[1] >= up);
  const [after, before] = [points[index] ?? points.at(-1), points[Math.max(0, index - 1)]];
  if (after === undefined || before === undefined) return 0;
  const rise = after[1] - before[1];
  return rise <= 0 ? after[0] : before[0] + ((after[0] - before[0]) * (up - before[1])) / rise;
}

function boxOf({ across, up, side }: PlacedLabel, text: string, height: number): Box {
  const width = text.length * CHARACTER;
  const x = across * WIDTH + (side === "right" ? GAP : -GAP - width);
  const y = (1 - up) * height;
  return { left: x, right: x + width, top: y - LINE / 2, bottom: y + LINE / 2 };
}

function cost(box: Box, drawn: readonly (readonly [number, number])[][], taken: readonly Box[]): number {
  const outside = Math.max(0, -box.left) + Math.max(0, box.right - WIDTH);
  const covered = drawn.flat().filter(([x, y]) => x > box.left - 3 && x < box.right + 3 && y > box.top && y < box.bottom).length;
  const overlaps = taken.filter((other) => {
    return box.left < other.right && box.right > other.left && box.top < other.bottom && box.bottom > other.top;
  }).length;
  return outside * 10 + covered + overlaps * 100;
}

/** Points along a curve, a few pixels apart. */
function samples(points: readonly (readonly [number, number])[], height: number): [number, number][] {
  return points.flatMap(([x, y], index) => {
    const [fromX, fromY] = points[Math.max(0, index - 1)] ?? [x, y];
    const steps = Math.min(200, Math.ceil(Math.max(Math.abs(x - fromX) * WIDTH, Math.abs(y - fromY) * height) / 3) + 1);
    return Array.from({ length: steps }, (_, step): [number, number] => {
      const part = (step + 1) / steps;
      return [(fromX + (x - fromX) * part) * WIDTH, (1 - fromY - (y - fromY) * part) * height];
    });
  });
}
