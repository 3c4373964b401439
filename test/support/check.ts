import fc from "fast-check";

/** Fixed, so that a test run today fails or passes as it did yesterday. */
const SEED = 20_260_101;

/** Checks a property; the predicate throws what `expect` throws. */
export function check<T extends [unknown, ...unknown[]]>(
  arbitraries: { [I in keyof T]: fc.Arbitrary<T[I]> },
  predicate: (...values: T) => void,
  runs = 100,
): void {
  const property = fc.property(...arbitraries, (...values: T) => {
    predicate(...values);
  });
  fc.assert(property, { seed: SEED, numRuns: runs });
}
