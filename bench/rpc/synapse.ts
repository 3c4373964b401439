import { Client, Server } from "synapse-p2p";
import type { Caller, Subject } from "./subject.ts";

function subject(name: string, dialect: "plain" | "secure"): Subject {
  return {
    name,
    async serve() {
      const server = new Server({ port: 0 });
      server.endpoint("echo", (text) => text);
      await server.start();
      return server.port;
    },
    async connect(port): Promise<Caller> {
      const client = new Client("127.0.0.1", port, { dialect });
      await client.call("echo", "first"); // whatever is done once is done now
      await client.call("echo", "second");
      return { echo: (text) => client.call("echo", text), close: () => client.close() };
    },
  };
}

export const synapsePlain = subject("synapse, plain", "plain");
export const synapseSecure = subject("synapse, TLS", "secure");
