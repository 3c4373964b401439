import type { Recording, TargetResult, unmeasuredIn } from "synapse-p2p/simulations";

/** What a run was to reach, and the names of those figures that it does not have. */
export interface Targets {
  readonly targets: readonly TargetResult[];
  readonly unmeasured: readonly string[];
}

/** What a machine is told of a run: without what only a report needs. */
export async function figuresAndTargets(recording: Recording): Promise<Recording["figures"] & Targets> {
  const simulations = await import("synapse-p2p/simulations");
  return { ...recording.figures, ...targetsOf(recording, simulations.unmeasuredIn) };
}

/** @param unmeasured of the simulations, which are imported only where something is simulated. */
export function targetsOf(recording: Recording, unmeasured: typeof unmeasuredIn): Targets {
  return { targets: recording.targets, unmeasured: unmeasured(recording).map(({ name }) => name) };
}
