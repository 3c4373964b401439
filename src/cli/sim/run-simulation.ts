import type { Figures, Progress, Recording, ScenarioInput, TraceOptions } from "synapse-p2p/simulations";
import { SynapseError } from "../../errors.ts";
import type { Output } from "../output.ts";
import { spell } from "./describe.ts";

export interface RunningOptions {
  readonly command?: string;
  readonly trace?: TraceOptions;
}

/** Runs with a progress bar. The simulations are on a higher floor, so they are imported as any program does: by their public name. */
export async function runSimulation(
  scenario: ScenarioInput,
  output: Output,
  signal: AbortSignal,
  options: RunningOptions = {},
): Promise<Recording> {
  const { record } = await import("synapse-p2p/simulations");
  const progress = progressOn(output);
  try {
    return await record(scenario, { progress, signal, ...options });
  } finally {
    output.endProgress();
  }
}

/** Draws what is going on, with both times: the virtual one, and that of whoever waits. */
export function progressOn(output: Output): Progress {
  const beganAt = performance.now();
  return (phase, done, of, virtualMs) =>
    output.progress(`${phase.padEnd(9)}  ${spell(virtualMs)} virtual, ${spell(performance.now() - beganAt)} real`, done, of);
}

export function failOnFaults({ faults }: Figures): void {
  if (faults.length > 0) throw new SynapseError("simulation_fault", `${faults.length} faults in the simulated nodes`);
}
