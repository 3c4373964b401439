import { AgentNode } from "synapse-p2p";

const agent = new AgentNode({
  name: "ada",
  role: "reviewer",
  capabilities: [{ name: "code-review", description: "Looks for common mistakes" }],
  bootstrap: process.argv.slice(2), // addresses of nodes that are in the network already; none: be the first
});
agent.onTask((task, context) => `${task.includes("==") ? "use ===" : "looks fine"} (${context["language"] ?? "any language"})`);
await agent.run();
