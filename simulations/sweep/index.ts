/** Many runs of one scenario, and runs that were saved. */
export { HEADLINES, type Headline, type HeadlineRow, headlineOf, headlineRows } from "./headlines.ts";
export type { PointError } from "./job.ts";
export { mergeShards, type NamedShard } from "./merge.ts";
export { type Parameter, readParameter } from "./parameter.ts";
export { checkPath, withValue } from "./path.ts";
export { nameOfPoint } from "./points.ts";
export { type Replayable, type Replayed, replay, savedRun } from "./replay.ts";
export { RECORDING_FORMAT, savedRecording, savedRecordings, savedSweep } from "./saved.ts";
export { failuresOf, type PointResult, recordingsOf, type Shard, type SweepOptions, type SweepResult, sweep } from "./sweep.ts";
