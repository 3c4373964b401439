import { inContext, makeCommand } from "../command.ts";
import { readSaved } from "./report-file.ts";
import { briefly, deliver, type ResultFlags } from "./sweep.ts";
import { checkWritable } from "./written-file.ts";

export function mergeCommand() {
  return makeCommand("merge", "Put the shards of a sweep together; refuses what is there twice, is missing, or is of another sweep.", [
    "synapse sim merge shard-*.json --report sweep.html",
    "synapse sim merge shard-0.json shard-1.json --out sweep.json",
  ])
    .argument("<files...>", "what `sim sweep --shard I/N --out FILE` has written, for all I")
    .option("--out <FILE>", "save all recordings in one file")
    .option("--report <FILE>", "write a page that shows all points: open it in a browser")
    .action((files: readonly string[], flags: ResultFlags) =>
      inContext(flags, async ({ output }) => {
        const { mergeShards, savedSweep, unmeasuredIn } = await import("synapse-p2p/simulations");
        const shards = await Promise.all(files.map(async (name) => ({ name, result: savedSweep(await readSaved(name), name) })));
        const result = mergeShards(shards);
        checkWritable({ report: flags.report, sweep: flags.out });
        if (output.json) for (const point of result.results) output.data(briefly(point, unmeasuredIn), () => "");
        await deliver(result, flags, output);
      }),
    );
}
