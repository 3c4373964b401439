import fc from "fast-check";

/** Fixed, so that a test run today fails or passes as it did yesterday. */
const SEED = 20_260_101;

/** Checks a property of something that takes time; the predicate throws what `expect` throws. */
export async function checkAsync<T extends [unknown, ...unknown[]]>(
  arbitraries: { [I in keyof T]: fc.Arbitrary<T[I]> },
  predicate: (...values: T) => Promise<void>,
  runs = 100,
): Promise<void> {
  const property = fc.asyncProperty(...arbitraries, (...values: T) => predicate(...values));
  await fc.assert(property, { seed: SEED, numRuns: runs });
}
