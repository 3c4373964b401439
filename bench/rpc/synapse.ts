import { Client, Server } from "synapse-p2p";
import { type Caller, type Subject, TEXT } from "./subject.ts";

function subject(name: string, dialect: "plain" | "secure"): Subject {
  return {
    name,
    async serve() {
      const server = new Server({ port: 0 });
      server.endpoint("echo", (text) => text);
      server.endpoint("often", function* (text: string, times: number) {
        for (let n = 0; n < times; n++) yield text;
      });
      await server.start();
      return server.port;
    },
    async connect(port): Promise<Caller> {
      const client = new Client("127.0.0.1", port, { dialect });
      await client.call("echo", "first"); // whatever is done once is done now
      await client.call("echo", "second");
      return {
        echo: (text) => client.call("echo", text),
        ...(dialect === "secure" && { pull: (count: number) => pull(client, count) }),
        close: () => client.close(),
      };
    },
  };
}

export const synapsePlain = subject("synapse, plain", "plain");
export const synapseSecure = subject("synapse, TLS", "secure");

async function pull(client: Client, count: number): Promise<void> {
  let items = 0;
  for await (const _ of client.stream("often", TEXT, count)) items += 1;
  if (items !== count) throw new Error(`${items} of ${count} items came`);
}
