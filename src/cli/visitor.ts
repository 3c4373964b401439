import { AgentNode } from "../agent-node.ts";
import { SynapseError } from "../errors.ts";

export interface VisitOptions {
  readonly bootstrap?: readonly string[];
  readonly swarm: string;
  readonly timeout: number;
}

/**
 * Joins a network for the time of one question: a node that takes no calls, so that nobody comes to rely on it.
 * @throws SynapseError `bad_options` without a bootstrap address, `timed_out`, `aborted`, and what the visit throws.
 */
export async function visiting<T>(
  { bootstrap, swarm, timeout }: VisitOptions,
  signal: AbortSignal,
  visit: (node: AgentNode, signal: AbortSignal, leftMs: number) => Promise<T>,
): Promise<T> {
  const through = addressesIn(bootstrap);
  const deadline = performance.now() + timeout;
  const { within, clear } = inTime(signal, timeout);
  const node = new AgentNode({ name: "visitor", listen: false, swarm, bootstrap: through });
  let joined = false;
  try {
    await node.start({ signal: within });
    joined = true;
    return await visit(node, within, Math.max(1, deadline - performance.now()));
  } catch (error) {
    if (signal.aborted || !within.aborted) throw error;
    if (!joined) throw notJoined(through, timeout, error);
    const hint = "allow more with --timeout";
    throw new SynapseError("timed_out", `not done after ${timeout / 1000} s`, { hint, retryable: true, cause: error });
  } finally {
    clear();
    await node.stop();
  }
}

/**
 * The same until it ends by itself or is aborted: only joining has to be done in time.
 * @throws SynapseError as {@link visiting}.
 */
export async function staying(options: VisitOptions, signal: AbortSignal, stay: (node: AgentNode) => Promise<void>): Promise<void> {
  const bootstrap = addressesIn(options.bootstrap);
  const { within, clear } = inTime(signal, options.timeout);
  const node = new AgentNode({ name: "visitor", listen: false, swarm: options.swarm, bootstrap });
  try {
    await node.start({ signal: within }).catch((error: unknown) => {
      throw signal.aborted || !within.aborted ? error : notJoined(bootstrap, options.timeout, error);
    });
    clear();
    await stay(node);
  } finally {
    clear();
    await node.stop();
  }
}

/** By a timer of its own: a signal of `AbortSignal.timeout` that only another is made of may be collected as garbage before its time. */
function inTime(signal: AbortSignal, ms: number): { readonly within: AbortSignal; clear(): void } {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), ms);
  return { within: AbortSignal.any([signal, timeout.signal]), clear: () => clearTimeout(timer) };
}

function notJoined(through: readonly string[], timeout: number, cause: unknown): SynapseError {
  return new SynapseError("timed_out", `not in the network (through ${through.join(", ")}) after ${timeout / 1000} s`, {
    hint: "does a node listen there, in the same swarm?",
    retryable: true,
    cause,
  });
}

function addressesIn(bootstrap: readonly string[] | undefined): readonly string[] {
  if (bootstrap !== undefined && bootstrap.length > 0) return bootstrap;
  throw new SynapseError("bad_options", "which network? no bootstrap address was given", {
    hint: "add --bootstrap HOST:PORT, or set SYNAPSE_BOOTSTRAP; synapse start prints the address to use",
  });
}
