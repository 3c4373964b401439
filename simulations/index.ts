/** A virtual world for the overlay and the whole node: seeded, deterministic, measured against the truth. */
export type { OperationFigures } from "./engine/statistics.ts";
export { DEFAULT_SCENARIO, type Figures, type Level, type Progress, type ScenarioOptions } from "./scenarios/scenario.ts";
export { type RunOptions, simulate } from "./simulate.ts";
