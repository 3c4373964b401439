import { AgentNode } from "synapse-p2p";

const visitor = await new AgentNode({ name: "visitor", bootstrap: process.argv.slice(2), listen: false }).start();
const { matches, report } = await visitor.find("code-review");
console.log(`${matches.length} found, ${report.requests} requests, ${report.hops} hops`);

const { result, agent } = await visitor.ask("code-review", "if (a == b)", { context: { language: "JavaScript" } });
console.log(`${agent?.record.name}: ${result}`);
await visitor.stop();
