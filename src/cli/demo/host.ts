/** A process of the demonstration: told over IPC which agents to be, it runs them until its parent lets go of it. */
import { toHex } from "../../../routing/index.ts";
import { shortAddress } from "../../address.ts";
import { AgentNode } from "../../agent-node.ts";
import { SKILLS, type Skill } from "./skills.ts";

export interface HostOrders {
  readonly swarm: string;
  /** None for the first process: its first agent is the one through which all others join. */
  readonly bootstrap: readonly string[];
  readonly agents: readonly { readonly name: string; readonly skill: number }[];
}

export interface HostedAgent {
  readonly name: string;
  readonly id: string;
  readonly address: string;
  readonly capability: string;
}

export interface HostReport {
  readonly agents: readonly HostedAgent[];
}

process.once("message", (orders: HostOrders) => void host(orders));
process.on("SIGINT", () => undefined); // Ctrl-C reaches the whole group; the parent decides when this ends

async function host({ swarm, bootstrap, agents }: HostOrders): Promise<void> {
  const running: AgentNode[] = []; // as many as were ordered
  process.once("disconnect", () => void Promise.all(running.map((agent) => agent.stop())).finally(() => process.exit(0)));
  let known = bootstrap;
  const begin = async ({ name, skill: index }: { name: string; skill: number }) => {
    const skill = SKILLS[index] as Skill;
    const { capability, role, description } = skill;
    const agent = new AgentNode({ name, role, swarm, bootstrap: known, capabilities: [{ name: capability, description }] });
    agent.onTask((task) => `${name}: ${skill.work(task)}`);
    await agent.start();
    running.push(agent);
    return { name, id: toHex(agent.id), address: shortAddress(agent.addresses[0] ?? ""), capability };
  };
  const [first, ...others] = agents;
  if (first === undefined) throw new Error("a process without agents");
  const report = [await begin(first)];
  if (known.length === 0) known = [report[0]?.address ?? ""];
  report.push(...(await Promise.all(others.map(begin))));
  process.send?.({ agents: report } satisfies HostReport);
}
