import { readFile } from "node:fs/promises";
import type { Recording, SweepResult } from "synapse-p2p/simulations";
import { messageOf, SynapseError } from "../../errors.ts";
import { withFilesAsSeenFrom, withFilesBeside } from "./scenario-file.ts";
import { writeWhole } from "./written-file.ts";

export async function writeReport(path: string, recordings: readonly Recording[]): Promise<void> {
  const { renderReport } = await import("synapse-p2p/simulations");
  writeWhole("report", path, renderReport(recordings));
}

/** For `sim report`, `sim merge` and `sim replay`. */
export function save(path: string, saved: Recording | SweepResult): void {
  writeWhole("kind" in saved ? "sweep" : "recording", path, `${JSON.stringify(withFilesAsSeenFrom(path, saved))}\n`);
}

/** What was saved; it is yet to be checked. @throws SynapseError `bad_options`. */
export async function readSaved(path: string): Promise<unknown> {
  try {
    return withFilesBeside(path, JSON.parse(await readFile(path, "utf8")));
  } catch (error) {
    throw new SynapseError("bad_options", `cannot read ${path}: ${messageOf(error)}`, {
      hint: "`synapse sim run --save` and `synapse sim sweep --out` write such files",
      cause: error,
    });
  }
}

/** Files that a command has written, by what they are. */
export function writtenFiles(files: Readonly<Record<string, string | undefined>>): string[] {
  const written = Object.entries(files).filter(([, path]) => path !== undefined);
  return written.length === 0 ? [] : ["", ...written.map(([what, path]) => `${what}: ${path}`)];
}
