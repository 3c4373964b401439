import { SynapseError } from "../errors.ts";
import type { Link, Transport } from "../transport/transport.ts";
import { Connection } from "./connection.ts";
import type { ConnectionHost } from "./connection-host.ts";
import { Deadline } from "./deadline.ts";
import type { CallOptions, OutgoingRequest } from "./outgoing-calls.ts";

/** How long a server may take to answer the ping that tells whether it keeps connections open, ms. */
const PROBE_TIMEOUT_MS = 2_000;

/**
 * Calls one address in the plain dialect, whoever answers there. A Python server answers one request and closes, ours answers any number;
 * nothing in the protocol says which it is, and a request sent into a closing connection may be lost. So each call gets a connection of its
 * own until the server has answered a second request, a ping that does no harm, on one of them. From then on calls share that one.
 */
export class PlainCaller {
  private readonly host: ConnectionHost;
  private readonly transport: Transport;
  private readonly address: string;
  /** `unknown` until the first answer; `one-shot` servers get a connection a call. */
  private server: "unknown" | "probing" | "one-shot" | "lasting" = "unknown";
  private shared: Connection | undefined;
  /** Connections of calls and probes under way; as many as this process makes calls. */
  private readonly single = new Set<Connection>();
  private closed = false;

  constructor(host: ConnectionHost, transport: Transport, address: string) {
    this.host = host;
    this.transport = transport;
    this.address = address;
  }

  /** @param deadline of the whole of which this is the last step. */
  async call(
    request: OutgoingRequest,
    options: CallOptions,
    deadline = new Deadline(this.host.runtime, options.timeoutMs),
  ): Promise<unknown> {
    try {
      return await this.callBy(request, options, deadline);
    } catch (error) {
      throw deadline.named(error, `${request.endpoint} was not answered`);
    }
  }

  private async callBy(request: OutgoingRequest, options: CallOptions, deadline: Deadline): Promise<unknown> {
    if (this.shared?.isOpen) return this.shared.call(request, { ...options, timeoutMs: deadline.leftMs });
    const link = await this.dial(options, deadline);
    const connection = new Connection(this.host, link);
    this.single.add(connection);
    if (this.closed) connection.destroy();
    try {
      return await connection.call(request, { ...options, timeoutMs: deadline.leftMs });
    } finally {
      void this.reuse(connection).finally(() => this.single.delete(connection));
    }
  }

  close(): void {
    this.closed = true;
    this.shared?.destroy();
    for (const connection of this.single) connection.destroy();
  }

  private async dial({ signal }: CallOptions, deadline: Deadline): Promise<Link> {
    try {
      return await this.transport.dial(this.address, { dialect: "plain", timeoutMs: deadline.leftMs, signal });
    } catch (error) {
      throw deadline.reasonFor(error, `${this.address} did not answer`);
    }
  }

  private async reuse(connection: Connection): Promise<void> {
    if (this.server !== "unknown" || !connection.isOpen) {
      connection.destroy();
      return;
    }
    this.server = "probing";
    try {
      await connection.call({ endpoint: "_synapse.ping", args: [], kwargs: {} }, { timeoutMs: PROBE_TIMEOUT_MS });
      this.share(connection);
    } catch (error) {
      // An answer that is an error is an answer all the same.
      if (error instanceof SynapseError && error.remote) this.share(connection);
      else {
        this.server = "one-shot";
        connection.destroy();
      }
    }
  }

  private share(connection: Connection): void {
    this.server = "lasting";
    this.shared = connection;
    connection.whenClosed(() => {
      this.shared = undefined;
      this.server = "unknown"; // who comes back at that address may be another
    });
  }
}
