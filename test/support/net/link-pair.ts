import { onTestFinished } from "vitest";
import type { Runtime } from "../../../dht/index.ts";
import { Identity } from "../../../src/identity.ts";
import { LimitCounter } from "../../../src/limit-counts.ts";
import { DEFAULT_LIMITS, type Limits } from "../../../src/limits.ts";
import { Budget } from "../../../src/rpc/budget.ts";
import { Connection } from "../../../src/rpc/connection.ts";
import type { ConnectionHost } from "../../../src/rpc/connection-host.ts";
import { encodeRefusal } from "../../../src/rpc/refusal.ts";
import { EndpointRegistry } from "../../../src/rpc/registry.ts";
import { MessagePackRPCSerializer } from "../../../src/rpc/serializer.ts";
import { systemRuntime } from "../../../src/runtime.ts";
import { TcpTransport, type TcpTransportOptions } from "../../../src/transport/tcp.ts";
import type { Dialect, Link } from "../../../src/transport/transport.ts";
import { deferred } from "./lifetime.ts";

export interface SideOptions {
  readonly runtime?: Runtime;
  readonly limits?: Partial<Limits>;
  readonly swarm?: string;
  readonly listen?: readonly string[];
}

/** One end of a link between two hosts of this process. */
export interface Side {
  readonly identity: Identity;
  readonly link: Link;
  readonly connection: Connection;
  readonly registry: EndpointRegistry;
}

/** What a connection needs, with nothing that it does not need. */
export function hostOf(options: SideOptions = {}): ConnectionHost & { readonly registry: EndpointRegistry } {
  return {
    runtime: options.runtime ?? systemRuntime,
    registry: new EndpointRegistry(),
    serializer: new MessagePackRPCSerializer(),
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    limitCounter: new LimitCounter(DEFAULT_LIMITS),
    incomingBudget: new Budget(DEFAULT_LIMITS.maxBufferedBytesInAll, "maxBufferedBytesInAll"),
    outgoingBudget: new Budget(DEFAULT_LIMITS.maxBufferedBytesInAll, "maxBufferedBytesInAll"),
    isStopping: false,
    introduce: () => ({ swarm: options.swarm ?? "", listen: options.listen ?? [], software: "test" }),
  };
}

export function transportOf(options: SideOptions & Omit<Partial<TcpTransportOptions>, "limits"> = {}): TcpTransport {
  return new TcpTransport({
    identity: options.identity ?? Identity.generate(),
    runtime: options.runtime ?? systemRuntime,
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    plaintext: options.plaintext ?? "loopback",
    encodeRefusal,
    ...(options.onRefused && { onRefused: options.onRefused }),
    ...(options.describeSelf && { describeSelf: options.describeSelf }),
    ...(options.onProved && { onProved: options.onProved }),
  });
}

/** A transport that listens on any free port until the test is over. */
export async function listening(transport: TcpTransport, onLink: (link: Link) => void = () => undefined): Promise<string> {
  const listener = await transport.listen({ host: "127.0.0.1", port: 0 }, onLink);
  onTestFinished(() => listener.close());
  return `tcp://127.0.0.1:${listener.port}`;
}

/** Two hosts with a real link over loopback between them. */
export async function linked(
  dialect: Dialect,
  dialling: SideOptions = {},
  accepting: SideOptions = {},
): Promise<{ readonly dialler: Side; readonly accepter: Side }> {
  const [from, to] = [Identity.generate(), Identity.generate()];
  const arrived = deferred<Link>();
  const address = await listening(transportOf({ ...accepting, identity: to }), (link) => arrived.resolve(link));
  const link = await transportOf({ ...dialling, identity: from }).dial(address, { dialect, timeoutMs: 10_000 });
  onTestFinished(() => link.destroy());
  const dialler = sideOf(from, link, dialling);
  // The plain dialect shows itself with its first byte: the link arrives over there when something has been said.
  if (dialect === "plain")
    void dialler.connection.call({ endpoint: "hello", args: [], kwargs: {} }, { timeoutMs: 60_000 }).catch(() => undefined);
  const accepter = sideOf(to, await arrived.promise, accepting);
  return { dialler, accepter };
}

function sideOf(identity: Identity, link: Link, options: SideOptions): Side {
  const host = hostOf(options);
  host.registry.register("echo", {}, (args) => args[0]);
  return { identity, link, registry: host.registry, connection: new Connection(host, link) };
}
