import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { RawPeer } from "./raw-peer.ts";

export interface RawListener {
  readonly port: number;
  /** Connections so far. */
  readonly accepted: readonly RawPeer[];
  /** Goes before the test is over. */
  close(): Promise<void>;
}

/** A TCP listener, on any free port unless told which, that does what a test says with each connection. */
export async function rawListener(onConnection: (peer: RawPeer) => unknown = () => undefined, port = 0): Promise<RawListener> {
  const accepted: RawPeer[] = [];
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    const peer = new RawPeer(socket);
    accepted.push(peer);
    onConnection(peer);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const close = async () => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of open) socket.destroy();
    await closed;
  };
  onTestFinished(close);
  return { port: (server.address() as AddressInfo).port, accepted, close };
}

/** Like a Python server: answers the first request on each connection and closes. */
export function oneShotServer(answer: (request: Uint8Array) => Uint8Array): Promise<RawListener & { readonly requests: Uint8Array[] }> {
  const requests: Uint8Array[] = [];
  const serveOne = async (peer: RawPeer) => {
    const request = await peer.frame();
    requests.push(request);
    peer.socket.end(answer(request));
  };
  const listening = rawListener((peer) => serveOne(peer).catch(() => peer.socket.destroy()));
  return listening.then((listener) => ({ ...listener, requests }));
}
