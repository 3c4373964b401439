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
        const result = await callOnce(new Client(where), endpoint, [...args.map(jsonOrText), ...named], flags.timeout, signal);
        output.data(result, () => readable(result));
      }),
    );
}

/** Silence looks the same whether a node is busy or another program waits for more: whoever asks is told of both. */
export async function explained<T>(asking: Promise<T>): Promise<T> {
  return asking.catch((error: unknown) => {
    if (!(error instanceof SynapseError) || error.code !== "timed_out" || error.remote) throw error;
    const hint = "is it a Synapse node that listens there? a busy one takes longer: --timeout";
    throw new SynapseError("timed_out", error.message, { hint, retryable: true, cause: error });
  });
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
