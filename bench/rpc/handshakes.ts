import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { Client, Identity, Server } from "synapse-p2p";
import { acceptTls, dialTls, secureContextOf } from "../../src/transport/tls.ts";

/** Under way at once. */
const CONCURRENT = 4;

/** Each is measured so often, in turns. */
const ROUNDS = 5;

export interface Rates {
  readonly synapse: number;
  readonly bare: number;
}

/** Links a second that are set up, proved on both sides, used for one exchange and closed: in one process, since only the ratio counts. */
export async function handshakesPerSecond(ms: number): Promise<Rates> {
  const [bare, synapse] = [await bareTls(), await ours()];
  const rounds: Rates[] = [];
  for (let round = 0; round < ROUNDS; round++)
    rounds.push({ bare: await repeat(ms / ROUNDS, bare.once), synapse: await repeat(ms / ROUNDS, synapse.once) });
  await bare.stop();
  await synapse.stop();
  return rounds.toSorted((a, b) => a.synapse / a.bare - b.synapse / b.bare)[Math.floor(ROUNDS / 2)] as Rates;
}

interface Handshaking {
  once(): Promise<void>;
  stop(): unknown;
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

async function bareTls(): Promise<Handshaking> {
  const [mine, theirs] = [secureContextOf(Identity.generate()), secureContextOf(Identity.generate())];
  const server = createServer((socket) => {
    const secure = acceptTls(socket, theirs);
    secure.on("data", (data) => secure.write(data));
    secure.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const exchange = async () => {
    const socket = connect(port, "127.0.0.1");
    const secure = dialTls({ socket }, mine);
    await once(secure, "secureConnect");
    secure.write("x");
    await once(secure, "data");
    secure.destroy();
  };
  return { once: exchange, stop: () => server.close() };
}

async function ours(): Promise<Handshaking> {
  const server = await new Server({ port: 0 }).start();
  const identity = Identity.generate();
  const exchange = async () => {
    const client = new Client("127.0.0.1", server.port, { dialect: "secure", identity });
    await client.call("_synapse.ping");
    await client.close();
  };
  return { once: exchange, stop: () => server.stop() };
}
