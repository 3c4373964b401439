import { Server } from "synapse-p2p";

const server = new Server({ host: "127.0.0.1", port: Number(process.argv[2] ?? 9999) });
let calls = 0;

server.endpoint("sum", { description: "Add two numbers", params: ["a", "b"] }, (a: number, b: number) => {
  calls += 1;
  return a + b;
});
server.endpoint("secret", { publish: false }, () => 42); // can be called, is not listed
server.background("count", { everyMs: 60_000 }, () => console.log(`${calls} calls so far`));

await server.run();
