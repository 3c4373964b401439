import { createHash } from "node:crypto";
import DHT from "hyperdht";

/** As its own `testnet.js` makes a network on one machine: each node is a full member at once, and joins when the one before is in. */
export async function join(first) {
  const bootstrap = first === undefined ? [] : [first.address];
  const node = new DHT({ ephemeral: false, firewalled: false, bootstrap, host: "127.0.0.1" });
  await node.fullyBootstrapped();
  return {
    address: { host: "127.0.0.1", port: node.address().port },
    announce: (topic) => node.announce(targetOf(topic), node.defaultKeyPair).finished(),
    async lookup(topic, onFound) {
      const before = node.stats.requests.total;
      for await (const _ of node.lookup(targetOf(topic))) onFound(); // only answers with peers in them come here
      return node.stats.requests.total - before;
    },
  };
}

const targetOf = (topic) => createHash("sha256").update(topic).digest();
