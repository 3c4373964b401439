import type { Match } from "../dht/index.ts";
import { shortId } from "../routing/index.ts";
import { SynapseError } from "./errors.ts";

/** An agent that was found and tried, and why it did not do the task. */
export interface PassedOver {
  readonly agent: Match;
  readonly error: SynapseError;
}

export function timedOut(capability: string, timeoutMs: number): SynapseError {
  return new SynapseError("timed_out", `no agent for ${capability} had answered within ${timeoutMs} ms`, { retryable: true });
}

export function cutOff(capability: string): SynapseError {
  return new SynapseError("unreachable", `no node answered when asked who offers ${capability}`, {
    hint: "try again; is this node still connected to the network?",
    retryable: true,
  });
}

export function nobodyDidIt(capability: string, passedOver: readonly PassedOver[]): SynapseError {
  if (passedOver.length === 0) {
    return new SynapseError("not_found", `nobody offers ${capability}`, {
      hint: "is the agent running, in the same swarm, under that very name?",
      retryable: true,
    });
  }
  const last = passedOver.at(-1);
  const who =
    last === undefined ? "" : `; the last, ${last.agent.record.name} (${shortId(last.agent.record.publisher)}): ${last.error.message}`;
  return new SynapseError("unreachable", `all ${passedOver.length} agents found for ${capability} are gone${who}`, { retryable: true });
}
