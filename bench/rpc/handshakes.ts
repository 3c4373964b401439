import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { Client, Identity, Server } from "synapse-p2p";
import { acceptTls, dialTls, secureContextOf } from "../../src/transport/tls.ts";

/** Under way at once. */
const CONCURRENT = 4;

/** Links a second that are set up, proved on both sides, used for one exchange and closed: in one process, since only the ratio counts. */
export async function handshakesPerSecond(ms: number): Promise<{ readonly synapse: number; readonly bare: number }> {
  return { bare: await bareTls(ms), synapse: await synapse(ms) };
}

async function repeat(ms: number, once: () => Promise<void>): Promise<number> {
  await once();
  const began = performance.now();
  let count = 0;
  const worker = async () => {
    while (performance.now() - began < ms) {
      await once();
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT }, worker));
  return (count * 1_000) / (performance.now() - began);
}

async function bareTls(ms: number): Promise<number> {
  const [ours, theirs] = [secureContextOf(Identity.generate()), secureContextOf(Identity.generate())];
  const server = createServer((socket) => {
    const secure = acceptTls(socket, theirs);
    secure.on("data", (data) => secure.write(data));
    secure.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const rate = await repeat(ms, async () => {
    const socket = connect(port, "127.0.0.1");
    const secure = dialTls(socket, ours);
    await once(secure, "secureConnect");
    secure.write("x");
    await once(secure, "data");
    secure.destroy();
  });
  server.close();
  return rate;
}

async function synapse(ms: number): Promise<number> {
  const server = await new Server({ port: 0 }).start();
  const identity = Identity.generate();
  const rate = await repeat(ms, async () => {
    const client = new Client("127.0.0.1", server.port, { dialect: "secure", identity });
    await client.call("_synapse.ping");
    await client.close();
  });
  await server.stop();
  return rate;
}
