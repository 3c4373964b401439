import { AgentNode, type AgentOptions } from "synapse-p2p";

/** What an agent is told of where it runs: in life `{ bootstrap: ["…"] }`, in a simulation what the world gives. */
export type Surroundings = Omit<AgentOptions, "name" | "capabilities">;

/** Translates, with a pause for thought. */
export function translator(name: string, think: () => Promise<void>) {
  return (surroundings: Surroundings) =>
    new AgentNode({ ...surroundings, name, capabilities: ["translate/german"] }).onTask(async (task) => {
      await think();
      return `${task} (auf Deutsch, von ${name})`;
    });
}

/**
 * Has each line translated by anybody who can, all at once. A minute for each: that a host has vanished in the middle of its work is
 * noticed after 25 s of silence. With the default of 30 s the simulation fails for most seeds, as life would now and then.
 */
export function planner(surroundings: Surroundings): AgentNode {
  const agent = new AgentNode({ ...surroundings, name: "planner", capabilities: ["plan"] });
  return agent.onTask(async (task) => {
    const answers = await Promise.all(task.split("\n").map((line) => agent.ask("translate", line, { timeoutMs: 60_000 })));
    return answers.map(({ result, passedOver }) => ({ result, triedBefore: passedOver.length }));
  });
}
