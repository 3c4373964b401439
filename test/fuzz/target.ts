import { AgentNode } from "../../src/index.ts";
import { DEFAULT_LIMITS } from "../../src/limits.ts";
import { FrameDecoder } from "../../src/transport/framing.ts";
import type { Dialect, Link, LinkReceiver, Listener, ListenOptions, Transport } from "../../src/transport/transport.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

/** A link whose other end is the fuzzer: bytes in, as from a socket, and what comes out is counted. */
export class FuzzLink implements Link {
  readonly remoteAddress = "tcp://127.0.0.1:1";
  readonly dialled = false;
  readonly bufferedBytes = 0;
  readonly dialect: Dialect;
  readonly peerId: Uint8Array | undefined;
  readonly answers: Uint8Array[] = []; // of the last few messages; the fuzzer empties it
  isOpen = true;
  private readonly decoder = new FrameDecoder(DEFAULT_LIMITS.maxFrameBytes);
  private receiver: LinkReceiver | undefined;

  constructor(dialect: Dialect, peerId: Uint8Array | undefined) {
    this.dialect = dialect;
    this.peerId = peerId;
  }

  open(receiver: LinkReceiver): void {
    this.receiver = receiver;
  }

  send(message: Uint8Array): void {
    if (this.answers.push(message.slice()) > 100) this.answers.shift();
  }

  room(): undefined {
    return undefined;
  }

  /** Bytes arrive, cut into frames as they would be by a socket's link. */
  feed(bytes: Uint8Array): void {
    if (!this.isOpen) return;
    try {
      this.decoder.push(bytes, (message) => this.receiver?.onMessage(message));
    } catch (error) {
      this.receiver?.onFault(error as never);
    }
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.receiver?.onClose(undefined);
  }

  destroy(): void {
    this.close();
  }
}

class FuzzTransport implements Transport {
  onLink: (link: Link) => void = () => undefined;

  dial(): Promise<Link> {
    return Promise.reject(new Error("nobody is there to be dialled"));
  }

  async listen(_: ListenOptions, onLink: (link: Link) => void): Promise<Listener> {
    this.onLink = onLink;
    return { port: 1, addresses: ["tcp://127.0.0.1:1"], stopAccepting: () => undefined, close: async () => undefined };
  }
}

/** A whole agent without a socket, with every kind of endpoint there is. */
export class Target extends AgentNode {
  readonly clock: VirtualClock;
  readonly transport: FuzzTransport;

  constructor(swarm: string) {
    const clock = new VirtualClock(1);
    const transport = new FuzzTransport();
    super({ name: "target", swarm, runtime: clock, transport, capabilities: ["work"] });
    this.clock = clock;
    this.transport = transport;
    this.onTask((task, context) => ({ task, context }));
    this.endpoint("echo", (...args) => args);
    this.endpoint("named", { params: ["a", "b?"] }, (a, b) => [a, b]);
    this.endpoint("throws", () => {
      throw new Error("it does");
    });
    this.endpoint("never", { context: true }, ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", resolve)));
    this.endpoint("tokens", function* (until: number) {
      for (let n = 0; n < Math.min(Number(until) || 0, 50); n++) yield n;
    });
    this.endpoint("sum", { context: true }, async ({ input }) => {
      let count = 0;
      for await (const _ of input) count += 1;
      return count;
    });
    this.endpoint("checked", { input: { type: "object", required: ["a"], properties: { a: { type: "number" } } } }, ({ a }) => a);
  }

  link(dialect: Dialect, peerId?: Uint8Array): FuzzLink {
    const link = new FuzzLink(dialect, peerId);
    this.transport.onLink(link);
    return link;
  }

  get figures() {
    const { accepted, store, table } = {
      accepted: this.core.acceptedCount,
      store: this.overlay.store.size,
      table: this.overlay.membership.table.size,
    };
    return { accepted, store, table };
  }
}
