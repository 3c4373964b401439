import type { Command } from "commander";
import type { Match, Rank } from "../../dht/index.ts";
import { shortId } from "../../routing/index.ts";
import type { Answer } from "../agent-node.ts";
import { kwargs } from "../call-arguments.ts";
import { Client } from "../client.ts";
import { SynapseError } from "../errors.ts";
import { callOnce, explained } from "./call.ts";
import { inContext, makeCommand, refuseIdle } from "./command.ts";
import { matchData, rank } from "./find.ts";
import { address, bootstrapOption, keyValue, swarmOption, timeoutOption } from "./options.ts";
import { type Output, readable } from "./output.ts";
import { checkQuery } from "./query-text.ts";
import { visiting } from "./visitor.ts";

interface AskFlags {
  readonly bootstrap?: readonly string[];
  readonly swarm: string;
  readonly context?: Record<string, unknown>;
  readonly rank?: Rank;
  readonly timeout: number;
  readonly json?: boolean;
}

export function askCommand() {
  return makeCommand("ask", "Have an agent do a task, and print its answer.", [
    'synapse ask @code-review "if (x == null) return" --bootstrap 127.0.0.1:9999',
    'synapse ask "@code-review lang=go" "if (x == null) return" --rank price',
    'synapse ask 127.0.0.1:9001 "Review this" --context language=typescript --context strict=true',
  ])
    .argument("<who>", "@QUERY: any agent that it finds, the next one if one is gone; HOST:PORT: that agent, Python or ours")
    .argument("<task>", "what to do, as text")
    .option("--context <KEY=VALUE>", "something the agent needs to know; may be given several times", keyValue)
    .option("--rank <HOW>", "of whom to ask first: nearest, fresh, random, or an attribute: price, price:desc", rank)
    .addOption(timeoutOption(30_000))
    .addOption(bootstrapOption())
    .addOption(swarmOption())
    .action((who: string, task: string, flags: AskFlags, command: Command) =>
      inContext(flags, async ({ output, signal }) => {
        if (who.startsWith("@")) return showAnswer(output, await askAnybody(who.slice(1), task, flags, signal));
        const where = addressOf(who);
        refuseIdle(command, ["rank", "bootstrap", "swarm"], `${where} is asked, and nobody is searched for`);
        showAnswer(output, await askAddress(where, task, flags, signal));
      }),
    );
}

function showAnswer(output: Output, { result, agent, passedOver }: Answer): void {
  const nameOf = ({ record }: Match) => `${record.name} (${shortId(record.publisher)})`;
  for (const gone of passedOver) output.say(`passed over ${nameOf(gone.agent)}: ${gone.error.message}`);
  if (agent !== undefined && !output.json) output.say(output.sayStyle.dim(`${nameOf(agent)}:`));
  const data = {
    result,
    agent: agent === undefined ? null : matchData(agent),
    passedOver: passedOver.map(({ agent: gone, error: { code, message } }) => ({ agent: matchData(gone), error: { code, message } })),
  };
  output.data(data, () => readable(result));
}

async function askAnybody(query: string, task: string, flags: AskFlags, signal: AbortSignal): Promise<Answer> {
  checkQuery(query);
  return visiting(flags, signal, (node, within, leftMs) =>
    node.ask(query, task, { timeoutMs: leftMs, signal: within, rank: flags.rank, context: flags.context }),
  );
}

function addressOf(who: string): string {
  try {
    return address(who);
  } catch {
    throw new SynapseError("bad_address", `neither @NAME nor HOST:PORT: ${JSON.stringify(who)}`, {
      hint: `write @${who} to ask any agent with that capability`,
    });
  }
}

async function askAddress(where: string, task: string, flags: AskFlags, signal: AbortSignal): Promise<Answer> {
  const named = flags.context === undefined ? [] : [kwargs({ context: flags.context })];
  const result = await explained(callOnce(new Client(where), "_agent.ask", [task, ...named], flags.timeout, signal));
  return { result, agent: undefined, passedOver: [] };
}
