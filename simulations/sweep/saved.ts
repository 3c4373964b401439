import { SynapseError } from "../../routing/index.ts";
import { type Check, compile, describeFaults, type JsonSchema } from "../../src/rpc/schema.ts";
import type { Recording } from "../recording.ts";
import { RECORDING_SCHEMA, SWEEP_SCHEMA } from "./recording-schema.ts";
import { recordingsOf, type SweepResult } from "./sweep.ts";

/** Format of recordings and of sweeps that this program writes and reads. */
export const RECORDING_FORMAT = 1;

const compiled = new Map<JsonSchema, Check>(); // one for each of the two schemas
type Fields = Readonly<Record<string, unknown>>;

/**
 * The recordings in what was saved: one, or those of a sweep.
 * @param name what to call it in errors, such as its file.
 * @throws SynapseError `bad_options` when it is of another format, or malformed: which field.
 */
export function savedRecordings(saved: unknown, name: string): Recording[] {
  return isSweep(saved) ? recordingsOf(savedSweep(saved, name)) : [savedRecording(saved, name)];
}

/** @throws SynapseError as {@link savedRecordings}. */
export function savedRecording(saved: unknown, name: string): Recording {
  return checked(saved, RECORDING_SCHEMA, name, "a recording") as Recording;
}

/** @throws SynapseError as {@link savedRecordings}. */
export function savedSweep(saved: unknown, name: string): SweepResult {
  if (isObject(saved) && !isSweep(saved)) throw new SynapseError("bad_options", `${name} is no sweep: it has no kind "sweep"`);
  return checked(saved, SWEEP_SCHEMA, name, "a sweep") as SweepResult;
}

/** @throws SynapseError `bad_options` when it was saved in a format that this program does not know. */
export function checkFormat(saved: unknown, name: string): void {
  const format = isObject(saved) ? saved["format"] : undefined;
  if (format === undefined || format === RECORDING_FORMAT) return;
  throw new SynapseError(
    "bad_options",
    `${name} is of format ${JSON.stringify(format)}, and this program reads format ${RECORDING_FORMAT}`,
    {
      hint: "run it again with this version, or read it with the version that wrote it",
    },
  );
}

function checked(saved: unknown, schema: JsonSchema, name: string, what: string): unknown {
  checkFormat(saved, name);
  const check = compiled.get(schema) ?? compile(schema, "input");
  compiled.set(schema, check);
  const result = check.check(saved);
  if (!(result instanceof Promise) && "faults" in result)
    throw new SynapseError("bad_options", `${name} is not ${what}: ${describeFaults("recording", result.faults)}`, {
      hint: "`synapse sim run --save` and `synapse sim sweep --out` write such files",
    });
  return saved;
}

function isSweep(saved: unknown): saved is Fields {
  return isObject(saved) && saved["kind"] === "sweep";
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
