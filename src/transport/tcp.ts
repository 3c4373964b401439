import { connect, createServer, type Server as NetServer, type Socket } from "node:net";
import { networkInterfaces } from "node:os";
import { type SecureContext, TLSSocket } from "node:tls";
import { LoadGate, type Runtime } from "../../dht/index.ts";
import { sameId, shortId } from "../../routing/index.ts";
import { formatAddress, isLoopback, parseAddress } from "../address.ts";
import { abortedError, asSynapseError, SynapseError } from "../errors.ts";
import { canonicalHost } from "../host-spelling.ts";
import type { Identity } from "../identity.ts";
import type { Limits } from "../limits.ts";
import { claimOf, NONCE_BYTES, type ProofRequest, signProof } from "./address-proof.ts";
import { Admissions } from "./admissions.ts";
import { type LookupAll, NameResolver } from "./name-resolver.ts";
import { OutBuffer } from "./out-buffer.ts";
import { askForProof } from "./proof-exchange.ts";
import { acceptSocket, type PlaintextPolicy, peerOf } from "./tcp-accept.ts";
import { TcpLink } from "./tcp-link.ts";
import { dialTls, secureContextOf } from "./tls.ts";
import { TlsSessions } from "./tls-sessions.ts";
import type {
  Allowance,
  DialOptions,
  EncodeRefusal,
  Link,
  Listener,
  ListenOptions,
  ProveOptions,
  SelfDescription,
  Transport,
} from "./transport.ts";

/** Addresses announced when listening on all interfaces. */
const MAX_ANNOUNCED = 3;
/** Proofs of address given a second, each a signature: a hundredth of the processor. Whoever gets none can still shake hands. */
const MAX_PROOFS_PER_SECOND = 200;

export interface TcpTransportOptions {
  readonly identity: Identity;
  readonly runtime: Runtime;
  readonly limits: Limits;
  readonly plaintext: PlaintextPolicy;
  readonly encodeRefusal: EncodeRefusal;
  /** Room for frames that have come in part, on all links together. Default: as each link may hold. */
  readonly incoming?: Allowance | undefined;
  /** TLS sessions remembered for resumption. Default 512. */
  readonly maxSessions?: number | undefined;
  /** How names that peers have named are looked up. The system's way by default. */
  readonly lookUp?: LookupAll | undefined;
  /** What this process claims of itself, and proves to those who ask whether it is there. Default: nothing. */
  readonly describeSelf?: () => SelfDescription;
  /** Told of those who have asked, and had a proof. */
  readonly onProved?: (remoteAddress: string) => void;
  /** Told of links that were refused before they were links. */
  readonly onRefused?: (remoteAddress: string, error: SynapseError) => void;
}

/** TCP, with TLS 1.3 or in the plain dialect, both on one port. */
export class TcpTransport implements Transport {
  private readonly options: TcpTransportOptions;
  private readonly secureContext: SecureContext;
  private readonly outBuffer: OutBuffer;
  private readonly sessions: TlsSessions;
  private readonly proofs: LoadGate;
  private readonly names: NameResolver;

  constructor(options: TcpTransportOptions) {
    this.options = options;
    this.secureContext = secureContextOf(options.identity);
    this.sessions = new TlsSessions(options.maxSessions);
    this.outBuffer = new OutBuffer(options.limits.maxBufferedBytesInAll);
    this.names = new NameResolver(options.lookUp);
    this.proofs = new LoadGate(options.runtime, MAX_PROOFS_PER_SECOND);
  }

  async dial(address: string, options: DialOptions): Promise<Link> {
    const { host, port } = parseAddress(address);
    const { signal } = options;
    if (signal?.aborted) throw abortedError(signal);
    const remoteAddress = formatAddress({ host, port });
    const session = options.dialect === "secure" ? this.sessions.at(remoteAddress, options.expectedId) : undefined;
    const to = { host, port, lookup: this.names.for(options.namedBy ?? "user") };
    const socket = options.dialect === "plain" ? connect(to) : dialTls(to, this.secureContext, session?.ticket);
    const letGo = this.limit(socket, address, options);
    try {
      if (!(socket instanceof TLSSocket)) {
        await settled(socket, "connect");
        return this.link(socket, "plain", undefined, remoteAddress);
      }
      await settled(socket, "secureConnect");
      const peerId = this.sessions.peerIdOf(remoteAddress, socket, session);
      if (options.expectedId !== undefined && !sameId(peerId, options.expectedId)) {
        throw new SynapseError("wrong_peer", `${address} is node ${shortId(peerId)}, not ${shortId(options.expectedId)}`, {
          peer: address,
        });
      }
      return this.link(socket, "secure", peerId, remoteAddress);
    } catch (error) {
      socket.destroy();
      throw dialError(address, error);
    } finally {
      letGo();
    }
  }

  async prove(address: string, options: ProveOptions): Promise<void> {
    const { describeSelf, runtime } = this.options;
    const { expectedId, signal } = options;
    if (signal?.aborted) throw abortedError(signal);
    const { host, port } = parseAddress(address);
    const claim = claimOf(expectedId, describeSelf?.().swarm ?? "", formatAddress({ host, port }));
    const request = { nonce: runtime.randomBytes(NONCE_BYTES), claim };
    const socket = connect({ host, port, noDelay: true, lookup: this.names.for(options.namedBy ?? "user") });
    const letGo = this.limit(socket, address, options);
    try {
      await settled(socket, "connect");
      if (!(await askForProof(socket, request, expectedId)))
        throw new SynapseError("not_synapse", `${address} proves nothing`, { peer: address });
    } catch (error) {
      throw dialError(address, error);
    } finally {
      letGo();
      socket.destroy();
    }
  }

  async listen(options: ListenOptions, onLink: (link: Link) => void): Promise<Listener> {
    const { onRefused = () => undefined } = this.options;
    const { secureContext, outBuffer } = this;
    const admissions = new Admissions(this.options.limits);
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      const admission = admissions.admit(socket);
      if (admission.how === "cut off") {
        onRefused(peerOf(socket), admission.why);
        socket.destroy();
        return;
      }
      const refusal = admission.how === "turned away" ? admission.why : undefined;
      const answerProof = (request: ProofRequest) => this.answerProof(request, peerOf(socket));
      acceptSocket({ ...this.options, socket, secureContext, outBuffer, answerProof, refusal, onLink, onRefused });
    });
    const port = await listenOn(server, options);
    return {
      port,
      addresses: announcedHosts(options.host).map((host) => formatAddress({ host: canonicalHost(host) ?? host, port })),
      stopAccepting: () => void server.close(),
      close: () => closeServer(server, admissions),
    };
  }

  /** Gives a socket up when the time is over or the signal is aborted, until what this returns is called. */
  private limit(socket: Socket, address: string, { timeoutMs, signal }: ProveOptions | DialOptions): () => void {
    const abort = () => socket.destroy(abortedError(signal as AbortSignal));
    signal?.addEventListener("abort", abort, { once: true });
    const timer = this.options.runtime.schedule(timeoutMs, () =>
      socket.destroy(
        new SynapseError("unreachable", `${address} did not answer within ${Math.round(timeoutMs)} ms`, { peer: address, retryable: true }),
      ),
    );
    return () => {
      timer.cancel();
      signal?.removeEventListener("abort", abort);
    };
  }

  /** One that is in no swarm, or names no address, is nobody's contact. */
  private answerProof(request: ProofRequest, remoteAddress: string): Uint8Array | undefined {
    const { identity, describeSelf, onProved } = this.options;
    const { swarm = "", listen = [] } = describeSelf?.() ?? {};
    const isSo = swarm !== "" && listen.some((address) => sameId(request.claim, claimOf(identity.nodeId, swarm, address)));
    if (!isSo || !this.proofs.admit()) return undefined;
    onProved?.(remoteAddress);
    return signProof(identity, request);
  }

  private link(socket: Socket, dialect: "plain" | "secure", peerId: Uint8Array | undefined, remoteAddress: string): TcpLink {
    const { outBuffer, options } = this;
    const { runtime, limits, incoming } = options;
    const remoteHost = socket.remoteAddress;
    return new TcpLink({ socket, dialect, peerId, remoteAddress, remoteHost, dialled: true, runtime, limits, outBuffer, incoming });
  }
}

/** Resolves at an event, rejects when the socket breaks or closes before it. */
function settled(socket: Socket, event: "connect" | "secureConnect"): Promise<void> {
  return new Promise((resolve, reject) => {
    const onClose = () => finish(new SynapseError("connection_lost", "the connection was closed during the handshake"));
    const onError = (error: Error) => finish(error);
    const finish = (error?: Error) => {
      socket.off(event, onEvent);
      socket.off("error", onError);
      socket.off("close", onClose);
      if (error) {
        socket.on("error", () => undefined); // what still comes of a socket that is given up belongs to nobody
        reject(error);
      } else resolve();
    };
    const onEvent = () => finish();
    socket.once(event, onEvent);
    socket.on("error", onError);
    socket.on("close", onClose);
  });
}

/** How a handshake ends with one that does not understand it: a Python node answers in plain and closes over what it has not read. */
const BROKEN_OFF: ReadonlySet<string> = new Set(["EPROTO", "ECONNRESET", "EPIPE"]);

function dialError(address: string, thrown: unknown): SynapseError {
  if (thrown instanceof SynapseError && thrown.code !== "connection_lost") return thrown;
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  if (code.startsWith("ERR_SSL") || BROKEN_OFF.has(code) || thrown instanceof SynapseError) {
    return new SynapseError("not_synapse", `${address} does not speak synapse/2 over TLS`, {
      peer: address,
      hint: "a Python node speaks the plain dialect: call it with the plain dialect where that is allowed",
      cause: thrown,
    });
  }
  const reason = code === "ECONNREFUSED" ? "nobody listens there" : code === "ENOTFOUND" ? "no such host" : asSynapseError(thrown).message;
  return new SynapseError("unreachable", `cannot reach ${address}: ${reason}`, { peer: address, retryable: true, cause: thrown });
}

function listenOn(server: NetServer, { host, port }: ListenOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const inUse = error.code === "EADDRINUSE";
      reject(
        new SynapseError(
          "bad_options",
          `cannot listen on ${formatAddress({ host, port })}: ${inUse ? "another program listens there" : error.message}`,
          {
            hint: inUse ? "choose another port, or 0 for any that is free" : "choose an address of this machine",
            cause: error,
          },
        ),
      );
    });
    server.listen({ host, port }, () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : port);
    });
  });
}

function closeServer(server: NetServer, admissions: Admissions): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve()); // called as well where it has stopped accepting before
    admissions.destroyAll();
  });
}

/** Hosts under which others can dial a socket bound to `host`. Loopback is all there is on a machine without a network. */
function announcedHosts(host: string): string[] {
  if (host !== "0.0.0.0" && host !== "::") return [host];
  const found = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && (family === "IPv4" || host === "::"))
    .filter(({ address }) => !address.startsWith("fe80:") && !isLoopback(address))
    .map(({ address }) => address);
  return found.length === 0 ? ["127.0.0.1"] : found.slice(0, MAX_ANNOUNCED);
}
