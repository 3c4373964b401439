import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join } from "node:path";
import type { ScenarioInput } from "synapse-p2p/simulations";
import { messageOf, SynapseError } from "../../errors.ts";

/** A scenario that a user wrote. @throws SynapseError `bad_options`. */
export async function readScenarioFile(path: string): Promise<ScenarioInput> {
  try {
    return withFilesBeside(path, JSON.parse(await readFile(path, "utf8"))) as ScenarioInput;
  } catch (error) {
    throw new SynapseError("bad_options", `cannot read a scenario from ${path}: ${messageOf(error)}`, {
      hint: 'a scenario is JSON such as { "nodes": 200, "churn": { "model": "kad" } }; docs/simulator.md lists all fields',
      cause: error,
    });
  }
}

/** Files that a scenario names are meant from where it is itself, wherever the command was given. */
function withFilesBeside(path: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => withFilesBeside(path, item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [
      key,
      key === "file" && typeof field === "string" ? beside(path, field) : withFilesBeside(path, field),
    ]),
  );
}

function beside(path: string, file: string): string {
  return isAbsolute(file) ? file : join(dirname(path), file);
}
