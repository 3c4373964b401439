import { AgentNode } from "../../../dist/src/index.js";

/** This project: TCP and TLS 1.3 between all nodes, records that are signed and checked. All options are the defaults. */
export async function join(first) {
  const agent = new AgentNode({ name: "bench", bootstrap: first === undefined ? [] : [first.address] });
  await agent.start();
  return {
    address: agent.addresses[0],
    announce: (topic) => agent.capability(topic),
    async lookup(topic, onFound) {
      const { report } = await agent.find(topic, { onMatch: onFound });
      return report.requests;
    },
  };
}
