import type { Figures, Progress, Recording, ScenarioInput } from "synapse-p2p/simulations";
import { SynapseError } from "../../errors.ts";
import type { Output } from "../output.ts";

/** Runs with a progress bar. The simulations are on a higher floor, so they are imported as any program does: by their public name. */
export async function runSimulation(scenario: ScenarioInput, output: Output, signal: AbortSignal, command?: string): Promise<Recording> {
  const { record } = await import("synapse-p2p/simulations");
  const progress: Progress = (phase, done, of) => output.progress(phase, done, of);
  try {
    return await record(scenario, { progress, signal, ...(command !== undefined && { command }) });
  } finally {
    output.endProgress();
  }
}

export function failOnFaults({ faults }: Figures): void {
  if (faults.length > 0) throw new SynapseError("simulation_fault", `${faults.length} faults in the simulated nodes`);
}
