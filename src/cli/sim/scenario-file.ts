import { readFile } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import type { ScenarioInput } from "synapse-p2p/simulations";
import { messageOf, SynapseError } from "../../errors.ts";
import { importScenario } from "./scenario-module.ts";

const MODULE = /\.[cm]?[jt]s$/;

/** A scenario that a user wrote: as JSON, or as the default export of a module. @throws SynapseError `bad_options`. */
export async function readScenarioFile(path: string): Promise<ScenarioInput> {
  const isModule = MODULE.test(path);
  try {
    const content: unknown = isModule ? await importScenario(path) : JSON.parse(await readFile(path, "utf8"));
    refuseRecordings(content);
    const { readScenario } = await import("synapse-p2p/simulations");
    readScenario(content as ScenarioInput); // what is wrong in a file is said with its name
    return withFilesBeside(path, content) as ScenarioInput;
  } catch (error) {
    const hint = isModule
      ? "such as: export default { nodes: 200, churn: { model: 'kad' } }; docs/simulator.md lists all fields"
      : 'a scenario is JSON such as { "nodes": 200, "churn": { "model": "kad" } }; docs/simulator.md lists all fields';
    throw new SynapseError("bad_options", `cannot read a scenario from ${path}: ${messageOf(error)}`, {
      hint: (error instanceof SynapseError ? error.hint : undefined) ?? hint,
      cause: error,
    });
  }
}

function refuseRecordings(content: unknown): void {
  if (typeof content !== "object" || content === null || !("format" in content && "scenario" in content)) return;
  throw new SynapseError("bad_options", "it is what a run has saved", {
    hint: "`synapse sim replay` runs it again, `synapse sim report` draws it",
  });
}

/** Files that a scenario names are meant from where it is itself, wherever the command was given. */
export function withFilesBeside(path: string, value: unknown): unknown {
  return withFiles(value, (file) => (isAbsolute(file) ? file : join(dirname(path), file)));
}

/** The other way round, for what is saved: it can be moved together with the files that it names. */
export function withFilesAsSeenFrom(path: string, value: unknown): unknown {
  return withFiles(value, (file) => (isAbsolute(file) ? file : relative(dirname(resolve(path)), resolve(file))));
}

function withFiles(value: unknown, moved: (file: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => withFiles(item, moved));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [
      key,
      key === "file" && typeof field === "string" ? moved(field) : withFiles(field, moved),
    ]),
  );
}
