import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { encode } from "@msgpack/msgpack";
import { Server } from "synapse-p2p";

const CONNECTIONS = 1_000;

/** Bytes of this process for each idle connection accepted, once it has been used, as far as the heap and its buffers tell. */
export async function idleConnectionBytes(): Promise<{ readonly synapse: number; readonly bare: number }> {
  const bare = createServer((socket) => socket.on("data", (data) => socket.write(data)));
  bare.listen(0, "127.0.0.1");
  await once(bare, "listening");
  const server = await new Server({ port: 0 }).start();
  const bareBytes = await measure((bare.address() as AddressInfo).port);
  const synapseBytes = await measure(server.port);
  await server.stop();
  bare.close();
  return { bare: bareBytes, synapse: synapseBytes };
}

/** The calling side is the same bare socket in both cases. What it costs is measured with the bare server, and counts in both. */
async function measure(port: number): Promise<number> {
  const ping = encode({ type: "request", id: "1", endpoint: "_synapse.ping", args: [], kwargs: {} });
  const frame = Buffer.concat([Buffer.from([0, 0, 0, ping.length]), ping]);
  const before = await used();
  const sockets: Socket[] = [];
  for (let n = 0; n < CONNECTIONS; n++) {
    const socket = connect(port, "127.0.0.1");
    sockets.push(socket);
    await once(socket, "connect");
    socket.write(frame);
    await once(socket, "data");
  }
  const bytes = ((await used()) - before) / CONNECTIONS;
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 200));
  return bytes;
}

async function used(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error("start with node --expose-gc");
  for (let n = 0; n < 4; n++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
