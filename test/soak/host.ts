// The server of a soak, in a process of its own: it tells how much memory it holds, and whether any call came twice.
import { Server } from "../../src/index.ts";

/** The last numbers of each client, of which there is a bounded number: calls on several links may pass one another. */
const seen = new Map<number, Set<number>>();
const REMEMBERED = 200;
let doubled = 0;

const server = new Server({ port: 0 });
server.endpoint("once", (client: number, number: number) => {
  const numbers = seen.get(client) ?? new Set();
  seen.set(client, numbers);
  if (numbers.has(number)) doubled += 1;
  numbers.add(number);
  if (numbers.size > REMEMBERED) numbers.delete(numbers.values().next().value as number);
  return [client, number];
});
server.endpoint("count", async function* (until: number) {
  for (let n = 0; n < until; n++) {
    if (n % 100 === 99) await new Promise((turn) => setImmediate(turn));
    yield n;
  }
});
server.endpoint("block", (bytes: number) => new Uint8Array(bytes));
server.endpoint("never", { context: true }, ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", resolve)));
server.endpoint("sum", { context: true }, async ({ input }) => {
  let sum = 0;
  for await (const item of input) sum += Number(item);
  return sum;
});
await server.start();

process.on("message", (question) => {
  if (question === "figures") {
    globalThis.gc?.();
    const { heapUsed, external, rss } = process.memoryUsage();
    process.send?.({ heapBytes: heapUsed + external, rssBytes: rss, doubled, handles: countByName(process.getActiveResourcesInfo()) });
  }
});
process.on("disconnect", () => process.exit(0));
process.send?.({ port: server.port });

function countByName(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
