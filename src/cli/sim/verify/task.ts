import type { EventRange, Scenario } from "synapse-p2p/simulations";
import type { ScenarioFlags } from "../scenario-options.ts";

/** What one process is to run, one seed after the other. */
export interface Task {
  /** A name or a file: each process reads it anew, so that a file that is not always the same shows, too. */
  readonly scenario: string;
  readonly flags: ScenarioFlags;
  readonly seeds: readonly number[]; // those of a batch at most
  /** Events of the last seed that are to be written down. */
  readonly events?: EventRange;
}

/** What came of one seed. */
export interface Outcome {
  readonly seed: number;
  readonly traceHash: string;
  /** The hash after each so many events, cut short. */
  readonly checkpoints: readonly string[]; // one for each CHECKPOINT_EVENTS of the run
  /** The events that were asked for, as lines of a trace. */
  readonly lines: readonly string[]; // CHECKPOINT_EVENTS and one at most
}

/** What a process says, as JSON: two versions of Node may not understand each other's serialized objects. */
export type Message =
  | { readonly kind: "began"; readonly version: string; readonly scenario: Scenario }
  | { readonly kind: "ran"; readonly outcome: Outcome }
  | { readonly kind: "failed"; readonly code: string; readonly message: string; readonly hint?: string };
