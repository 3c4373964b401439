/** Random worlds, watched. */
export type { DrawOptions } from "./draw.ts";
export { drawScenario } from "./draw.ts";
export { type FuzzOptions, type FuzzResult, fuzz, fuzzScenario } from "./fuzz.ts";
export { INVARIANTS, type InvariantName, type Violation } from "./invariants/invariant.ts";
export { type FuzzSeedsOptions, type FuzzSummary, fuzzSeeds } from "./seeds.ts";
export { type ShrinkOptions, type Shrunk, shrink } from "./shrink.ts";
