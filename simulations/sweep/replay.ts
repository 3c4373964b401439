import { SynapseError } from "../../routing/index.ts";
import type { Recording } from "../recording.ts";
import type { ScenarioInput } from "../scenarios/scenario.ts";
import { type RunOptions, record } from "../simulate.ts";
import { checkFormat } from "./saved.ts";

/** A run that is to be repeated: a recording has this, and so has what a fuzzer saves of a run that failed. */
export interface Replayable {
  readonly scenario: ScenarioInput;
  /** The hash that it had. */
  readonly traceHash: string;
  /** What ran it. */
  readonly command: string | undefined;
}

export interface Replayed {
  readonly isSame: boolean;
  readonly before: string;
  readonly now: string;
  readonly recording: Recording;
}

const HASH = /^[0-9a-f]{64}$/;

/**
 * What is to be run again, out of what was saved: `scenario`, and `traceHash`, or `figures.traceHash`, as recordings have it.
 * @param name what to call it in errors, such as its file.
 * @throws SynapseError `bad_options` when it is of another format, or has no such fields.
 */
export function savedRun(saved: unknown, name: string): Replayable {
  checkFormat(saved, name);
  const fields = (saved ?? {}) as { scenario?: unknown; traceHash?: unknown; command?: unknown; figures?: { traceHash?: unknown } | null };
  const traceHash = fields.traceHash ?? fields.figures?.traceHash;
  if (typeof fields.scenario !== "object" || fields.scenario === null) throw noRun(name, "it has no scenario");
  if (typeof traceHash !== "string" || !HASH.test(traceHash)) throw noRun(name, "it has no trace hash");
  return { scenario: fields.scenario, traceHash, command: typeof fields.command === "string" ? fields.command : undefined };
}

/** Runs it again, and tells whether the same happened, to the byte. @throws SynapseError `bad_options`, `aborted`. */
export async function replay({ scenario, traceHash, command }: Replayable, options: RunOptions = {}): Promise<Replayed> {
  const recording = await record(scenario, { ...(command !== undefined && { command }), ...options });
  const now = recording.figures.traceHash;
  return { isSame: now === traceHash, before: traceHash, now, recording };
}

function noRun(name: string, why: string): SynapseError {
  return new SynapseError("bad_options", `${name} cannot be replayed: ${why}`, {
    hint: "`synapse sim run --save FILE.json` writes what can be; a scenario alone is for `synapse sim run`",
  });
}
