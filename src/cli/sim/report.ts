import type { Recording } from "synapse-p2p/simulations";
import { inContext, makeCommand } from "../command.ts";
import { readSaved, writeReport } from "./report-file.ts";
import { checkWritable } from "./written-file.ts";

interface ReportFlags {
  readonly out: string;
  readonly json?: boolean;
}

export function reportCommand() {
  return makeCommand("report", "Draw a page from recordings that were saved before: one alone, or several side by side.", [
    "synapse sim report run.json --out run.html",
    "synapse sim report before.json after.json --out both.html",
    "synapse sim report sweep.json --out sweep.html",
  ])
    .argument("<files...>", "what `sim run --save`, `sim sweep --out` and `sim merge --out` have written")
    .requiredOption("--out <FILE>", "the page: open it in a browser")
    .action((files: readonly string[], flags: ReportFlags) =>
      inContext(flags, async ({ output }) => {
        const { savedRecordings } = await import("synapse-p2p/simulations");
        const recordings: Recording[] = []; // those of the files
        for (const file of files) recordings.push(...savedRecordings(await readSaved(file), file));
        checkWritable({ report: flags.out });
        await writeReport(flags.out, recordings);
        output.data({ report: flags.out, recordings: recordings.length }, () => `report: ${flags.out}`);
      }),
    );
}
