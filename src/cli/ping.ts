import { callOptions } from "../call-arguments.ts";
import { Client } from "../client.ts";
import { explained } from "./call.ts";
import { inContext, makeCommand } from "./command.ts";
import { address, timeoutOption, wholeNumber } from "./options.ts";

interface PingFlags {
  readonly count: number;
  readonly timeout: number;
  readonly json?: boolean;
}

export function pingCommand() {
  return makeCommand("ping", "Ask whether a node answers, and how fast.", [
    "synapse ping 127.0.0.1:9999",
    "synapse ping 127.0.0.1:9999 --count 10",
  ])
    .argument("<address>", "HOST:PORT", address)
    .option("--count <N>", "how many times; the first includes setting up the link", wholeNumber(1, 10_000), 1)
    .addOption(timeoutOption(5_000))
    .action((where: string, flags: PingFlags) =>
      inContext(flags, async ({ output, signal }) => {
        const client = new Client(where);
        try {
          for (let n = 0; n < flags.count; n++) {
            const begin = performance.now();
            await explained(client.call("_synapse.ping", callOptions({ timeoutMs: flags.timeout, signal })));
            const ms = Math.round((performance.now() - begin) * 100) / 100;
            output.data({ address: where, ms }, (style) => `pong from ${where} ${style.dim("in")} ${ms} ms`);
          }
        } finally {
          await client.close();
        }
      }),
    );
}
