import type { Recording } from "../recording.ts";
import type { Scenario } from "../scenarios/scenario.ts";

/** One run for a worker. */
export interface Job {
  readonly index: number;
  readonly scenario: Scenario;
  /** What runs it again, for its recording. */
  readonly command: string;
}

/** Why there is no recording. */
export interface PointError {
  readonly code: string;
  readonly message: string;
}

/** What came of it. */
export type JobOutcome = { readonly recording: Recording } | { readonly error: PointError };
