/** A virtual world for the overlay and the whole node: seeded, deterministic, measured against the truth. */
export type { AdversarySpec } from "./adversaries/adversary-spec.ts";
export type { AdversaryFigures } from "./adversaries/damage.ts";
export { drawAdversaries } from "./adversaries/draw.ts";
export { type MakeAgent, SimulatedAgent, type Surroundings } from "./agents/simulated-agent.ts";
export { type AgentPlan, type Simulation, type SimulationOptions, simulation, type WorkOptions } from "./agents/simulation.ts";
export type { OperationFigures } from "./engine/statistics.ts";
export { CHECKPOINT_EVENTS } from "./engine/trace.ts";
export type { FaultSpec, Schedule } from "./faults/fault-spec.ts";
export type { Difference } from "./fidelity/differences.ts";
export { compareWithReality, type Fidelity, type FidelityOptions } from "./fidelity/fidelity.ts";
export type { FidelityProgress, SpecimenFigures } from "./fidelity/measure.ts";
export type { SpecimenName } from "./fidelity/specimen.ts";
export type { Figures } from "./figures.ts";
export {
  type DrawOptions,
  drawScenario,
  type FuzzOptions,
  type FuzzResult,
  type FuzzSeedsOptions,
  type FuzzSummary,
  fuzz,
  fuzzScenario,
  fuzzSeeds,
  INVARIANTS,
  type InvariantName,
  type ShrinkOptions,
  type Shrunk,
  shrink,
  type Violation,
} from "./fuzz/index.ts";
export { type EventRange, TRACE_LINE_KINDS, type TraceLineKind, type TraceOptions } from "./recorder/trace-lines.ts";
export type {
  Curve,
  KeyLoad,
  Mark,
  Picture,
  PicturedLookup,
  PicturedNode,
  PicturedRequest,
  Recording,
  Series,
  SeriesColumn,
  TargetResult,
  TrafficOfKind,
} from "./recording.ts";
export { type ReportOptions, renderReport } from "./report/index.ts";
export { LIBRARY, scenarioNamed } from "./scenarios/library/index.ts";
export type { Progress } from "./scenarios/play.ts";
export { readScenario } from "./scenarios/read-scenario.ts";
export {
  type Arrival,
  DEFAULT_SCENARIO,
  defineScenario,
  type Level,
  type Load,
  type Scenario,
  type ScenarioInput,
  type Target,
  type TimeText,
} from "./scenarios/scenario.ts";
export { type RecordOptions, type RunOptions, record, simulate } from "./simulate.ts";
export {
  checkPath,
  failuresOf,
  HEADLINES,
  type Headline,
  type HeadlineRow,
  headlineOf,
  headlineRows,
  mergeShards,
  type NamedShard,
  nameOfPoint,
  type Parameter,
  type PointError,
  type PointResult,
  RECORDING_FORMAT,
  type Replayable,
  type Replayed,
  readParameter,
  recordingsOf,
  replay,
  type Shard,
  type SweepOptions,
  type SweepResult,
  savedRecording,
  savedRecordings,
  savedRun,
  savedSweep,
  sweep,
  withValue,
} from "./sweep/index.ts";
export { type TargetsFor, targetsFor, targetsForInWords } from "./targets-for.ts";
export { type Unmeasured, unmeasuredIn } from "./unmeasured.ts";
