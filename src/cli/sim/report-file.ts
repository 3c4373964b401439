import { open, writeFile } from "node:fs/promises";
import type { Recording } from "synapse-p2p/simulations";
import { messageOf, SynapseError } from "../../errors.ts";

/** Found out before the run, not after it. */
export async function checkReport({ report }: { readonly report?: string }): Promise<void> {
  if (report === undefined) return;
  try {
    await (await open(report, "a")).close();
  } catch (error) {
    throw new SynapseError("bad_options", `cannot write the report to ${report}: ${messageOf(error)}`, { cause: error });
  }
}

export async function writeReport(path: string, recordings: readonly Recording[]): Promise<void> {
  const { renderReport } = await import("synapse-p2p/simulations");
  await writeFile(path, renderReport(recordings));
}
