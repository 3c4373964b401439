import { Client, callOptions, kwargs } from "synapse-p2p";

const client = new Client("127.0.0.1", Number(process.argv[2] ?? 9999));
console.log(await client.call("sum", 1, 2));
console.log(await client.call("sum", kwargs({ b: 40, a: 2 })));
console.log(await Promise.all([1, 2, 3].map((n) => client.call("sum", n, n, callOptions({ timeoutMs: 1_000 })))));
console.log(await client.call("_synapse.methods"));
await client.close();
