import { AgentNode, SynapseError } from "synapse-p2p";

async function findAndAsk(bootstrap: string[]) {
  const visitor = await new AgentNode({ name: "visitor", bootstrap, listen: false }).start();
  try {
    const { matches, report } = await visitor.find("code-review");
    console.log(`${matches.length} found, ${report.requests} requests, ${report.hops} hops`);

    const { result, agent } = await visitor.ask("code-review", "if (a == b)", { context: { language: "JavaScript" } });
    console.log(`${agent?.record.name}: ${result}`);
  } finally {
    await visitor.stop();
  }
}

const bootstrap = process.argv.slice(2);
if (bootstrap.length === 0) {
  console.error("ask.ts HOST:PORT: the address that agent.ts prints");
  process.exit(2);
}
try {
  await findAndAsk(bootstrap);
} catch (error) {
  if (!(error instanceof SynapseError)) throw error;
  console.error([error.message, error.hint].filter(Boolean).join("\n"));
  process.exitCode = 1;
}
