import { Client } from "../client.ts";
import { callOnce, explained } from "./call.ts";
import { inContext, makeCommand } from "./command.ts";
import { address, timeoutOption } from "./options.ts";
import { printable, readable } from "./output.ts";

export function infoCommand() {
  return makeCommand("info", "Show who a node is and what it offers.", [
    "synapse info 127.0.0.1:9999",
    "synapse info 127.0.0.1:9999 --json",
  ])
    .argument("<address>", "HOST:PORT", address)
    .addOption(timeoutOption(5_000))
    .action((where: string, flags: { timeout: number; json?: boolean }) =>
      inContext(flags, async ({ output, signal }) => {
        const info = await explained(callOnce(new Client(where), "_synapse.info", [], flags.timeout, signal));
        output.data(info, (style) =>
          typeof info === "object" && info !== null
            ? tellingOf(info).map(([key, value]) => `${style.dim(printable(key).padEnd(13))}${describe(value)}`)
            : readable(info),
        );
      }),
    );
}

/** What every node of ours says of itself, an agent too, because a Python node expects it: it tells a person nothing. */
const SAID_BY_ALL: Readonly<Record<string, unknown>> = { kind: "node", team: "default" };

function tellingOf(info: object): [string, unknown][] {
  return Object.entries(info).filter(([key, value]) => value !== "" && (!Object.hasOwn(SAID_BY_ALL, key) || SAID_BY_ALL[key] !== value));
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map((item) => readable(item)).join(", ");
  return readable(value);
}
