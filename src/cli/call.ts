import { callOptions, kwargs } from "../call-arguments.ts";
import { Client } from "../client.ts";
import { SynapseError } from "../errors.ts";
import { inContext, makeCommand } from "./command.ts";
import { address, jsonObject, jsonOrText, timeoutOption } from "./options.ts";
import { readable } from "./output.ts";

interface CallFlags {
  readonly kwargs?: Record<string, unknown>;
  readonly timeout: number;
  readonly json?: boolean;
}

export function callCommand() {
  return makeCommand("call", "Call an endpoint of any server, Python or ours.", [
    "synapse call 127.0.0.1:9999 sum 1 2",
    "synapse call 127.0.0.1:9999 _synapse.methods",
    `synapse call 127.0.0.1:9999 search '"text"' --kwargs '{"limit": 5}'`,
  ])
    .argument("<address>", "HOST:PORT", address)
    .argument("<endpoint>", "its name")
    .argument("[arguments...]", "each as JSON; what is not JSON is taken as text")
    .option("--kwargs <JSON>", "arguments by name, as one JSON object", jsonObject)
    .addOption(timeoutOption(30_000))
    .action((where: string, endpoint: string, args: readonly string[], flags: CallFlags) =>
      inContext(flags, async ({ output, signal }) => {
        const named = flags.kwargs === undefined ? [] : [kwargs(flags.kwargs)];
        const asking = callOnce(new Client(where), endpoint, [...args.map(jsonOrText), ...named], flags.timeout, signal);
        const result = await explained(asking.catch((error: unknown) => explainUnregistered(error, where)));
        output.data(result, () => readable(result));
      }),
    );
}

/**
 * With what to do about it where nobody answered. Silence looks the same whether a node is busy or another program waits for more: whoever
 * asks is told of both.
 */
export async function explained<T>(asking: Promise<T>): Promise<T> {
  return asking.catch((error: unknown) => {
    if (!(error instanceof SynapseError) || error.remote || error.hint !== undefined) throw error;
    const { code, message, peer } = error;
    const said = { ...(peer !== undefined && { peer }), retryable: true, cause: error };
    if (code === "unreachable") {
      const hint = "does a node run there? `synapse start` prints the address to use; from another machine, is a firewall between?";
      throw new SynapseError("unreachable", message, { ...said, hint });
    }
    if (code !== "timed_out") throw error;
    throw new SynapseError("timed_out", message, {
      ...said,
      hint: "is it a Synapse node that listens there? a busy one takes longer: --timeout",
    });
  });
}

/** Python nodes and ours say it in the same words. */
function explainUnregistered(error: unknown, where: string): never {
  const isUnregistered = error instanceof SynapseError && error.remote && error.message.startsWith("Unregistered endpoint called");
  if (!isUnregistered) throw error;
  const { message, peer = where } = error;
  const hint = `\`synapse call ${where} _synapse.methods\` lists those that are published`;
  throw new SynapseError("bad_request", message, { hint, peer, remote: true, cause: error });
}

/** One call by a client that is closed afterwards. */
export async function callOnce(
  client: Client,
  endpoint: string,
  args: readonly unknown[],
  timeoutMs: number,
  signal: AbortSignal,
): Promise<unknown> {
  try {
    return await client.call(endpoint, ...args, callOptions({ timeoutMs, signal }));
  } finally {
    await client.close();
  }
}
