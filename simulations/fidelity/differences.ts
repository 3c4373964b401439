import type { SpecimenFigures } from "./measure.ts";
import type { SpecimenName } from "./specimen.ts";

/** Hops and requests of a lookup may differ by this part between any two networks. */
export const TOLERANCE = 0.05;
const COMPARED = ["hops", "requests"] as const;

/** How far two of the networks are apart in one figure. */
export interface Difference {
  readonly figure: (typeof COMPARED)[number];
  readonly of: SpecimenName;
  /** What it is compared with. */
  readonly from: SpecimenName;
  /** Part by which it is more, or less where it is negative. */
  readonly part: number;
}

export function isSmall({ part }: Difference): boolean {
  return Math.abs(part) <= TOLERANCE;
}

/** Each network beside those that come after it. */
export function differencesOf(networks: readonly SpecimenFigures[]): Difference[] {
  const pairs = networks.flatMap((of, index) => networks.slice(index + 1).map((from) => ({ of, from })));
  return pairs.flatMap(({ of, from }) =>
    COMPARED.map((figure) => ({ figure, of: of.name, from: from.name, part: of[figure] / from[figure] - 1 })),
  );
}
