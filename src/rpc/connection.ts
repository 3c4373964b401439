import type { Runtime, Timer } from "../../dht/index.ts";
import { type Contact, makeContact } from "../../routing/index.ts";
import { asSynapseError, SynapseError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { MAX_PLAIN_FRAME_BYTES } from "../transport/framing.ts";
import type { Link } from "../transport/transport.ts";
import { checkSwarm, HELLO_VERSION, parseHello } from "./hello.ts";
import { IncomingCalls } from "./incoming-calls.ts";
import {
  asMap,
  badRequest,
  type Hello,
  idText,
  type Message,
  parseRequest,
  parseResponse,
  type RPCRequest,
  responseError,
} from "./messages.ts";
import { type CallOptions, OutgoingCalls, remoteError } from "./outgoing-calls.ts";
import type { EndpointRegistry } from "./registry.ts";
import type { RPCSerializer } from "./serializer.ts";

/** Between two looks at whether a link is idle, ms, at least: clocks round, and a pause of nothing would repeat for ever. */
const SHORTEST_WATCH_MS = 100;

/** What a connection needs of the process it is in. */
export interface ConnectionHost {
  readonly runtime: Runtime;
  readonly registry: EndpointRegistry;
  readonly serializer: RPCSerializer;
  readonly limits: Limits;
  /** True while it stops: calls under way may end, no other is taken. */
  readonly isStopping: boolean;
  /** What to say in hello; asked for each link, since addresses may be learned late. */
  readonly introduce: () => { readonly swarm: string; readonly listen: readonly string[]; readonly software: string };
}

/**
 * Calls over one link, any number at once, both ways. In the secure dialect the first message each way is a hello. Whoever dialled knows
 * by TLS whom it talks to, so its calls follow its own hello at once: waiting for the other's would cost a round trip.
 */
export class Connection {
  readonly link: Link;
  /** Resolves with the other side's hello, undefined in the plain dialect. Rejects when it is refused. */
  readonly ready: Promise<Hello | undefined>;
  private readonly host: ConnectionHost;
  private readonly incoming: IncomingCalls;
  private readonly outgoing: OutgoingCalls;
  private readonly onClosed: ((error: SynapseError | undefined) => void)[] = []; // added by the owner of this process only
  private settleReady: { resolve: (hello: Hello | undefined) => void; reject: (error: SynapseError) => void };
  private hello: Hello | undefined;
  private contact: Contact | undefined;
  private proved: Contact | undefined;
  private handshake: Timer | undefined;
  private idleCheck: Timer | undefined;
  private lastActive: number;
  private state: "opening" | "open" | "closing" | "closed" = "opening";

  constructor(host: ConnectionHost, link: Link) {
    this.host = host;
    this.link = link;
    this.lastActive = host.runtime.now();
    this.incoming = new IncomingCalls(host, this, (message) => this.send(message));
    this.outgoing = new OutgoingCalls(host.runtime, (message) => this.send(message), link);
    let settle: Connection["settleReady"] | undefined;
    this.ready = new Promise((resolve, reject) => {
      settle = { resolve, reject };
    });
    this.settleReady = settle as unknown as Connection["settleReady"];
    this.ready.catch(() => undefined); // whoever waits for it is told; nobody has to
    link.open({
      onMessage: (bytes) => this.onMessage(bytes),
      onFault: (error) => this.onFault(error),
      onEnd: () => this.onEnd(),
      onClose: (error) => this.onLinkClosed(error),
    });
    this.begin();
  }

  get isOpen(): boolean {
    return this.state === "open" || this.state === "opening";
  }

  /** True while calls are under way in either direction. */
  get isBusy(): boolean {
    return this.outgoing.size > 0 || this.incoming.size > 0;
  }

  /** True while the other side waits for answers of this one, or they are still leaving. */
  get isServing(): boolean {
    return this.incoming.size > 0 || this.link.bufferedBytes > 0;
  }

  /** Where the other side says it can be dialled. A claim; undefined when it cannot be, or has not said hello. */
  get peerContact(): Contact | undefined {
    return this.contact;
  }

  /**
   * The other side as this link proves it: the address dialled from here, which led to it, then those that it names itself. Undefined
   * when it dialled, cannot be dialled, or has not said hello.
   */
  get reached(): Contact | undefined {
    return this.proved;
  }

  /**
   * Calls an endpoint of the other side.
   * @throws SynapseError with the other side's code, or `timed_out`, `aborted`, `connection_lost`.
   */
  call(endpoint: string, args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>, options: CallOptions): Promise<unknown> {
    if (!this.isOpen) return Promise.reject(lost(this.link.remoteAddress));
    this.lastActive = this.host.runtime.now();
    return this.outgoing.call(endpoint, args, kwargs, options);
  }

  whenClosed(callback: (error: SynapseError | undefined) => void): void {
    if (this.state === "closed") callback(undefined);
    else this.onClosed.push(callback);
  }

  /** Takes no further calls, and closes once those under way have ended. */
  closeWhenIdle(): void {
    if (this.state === "closed") return;
    this.state = "closing";
    if (!this.isBusy) this.link.close();
  }

  destroy(): void {
    this.link.destroy();
  }

  /** Told by the calls when one has ended. */
  onCallEnded(): void {
    this.lastActive = this.host.runtime.now();
    if (this.state === "closing" && !this.isBusy) this.link.close();
  }

  private begin(): void {
    const { runtime, limits, introduce } = this.host;
    this.watchIdle();
    if (this.link.dialect === "plain") {
      this.becomeReady(undefined);
      return;
    }
    this.handshake = runtime.schedule(limits.handshakeTimeoutMs, () =>
      this.fail(new SynapseError("timed_out", "the other side said no hello in time", { peer: this.link.remoteAddress })),
    );
    this.send({ type: "hello", version: HELLO_VERSION, features: [], observed: this.link.remoteAddress, ...introduce() });
    if (this.link.dialled) this.outgoing.release();
  }

  private becomeReady(hello: Hello | undefined): void {
    this.handshake?.cancel();
    if (this.state === "opening") this.state = "open";
    this.outgoing.release();
    this.settleReady.resolve(hello);
  }

  private send(message: Message): void {
    const bytes = this.host.serializer.encode(message);
    const { maxFrameBytes: configured } = this.host.limits;
    const maxFrameBytes = this.link.dialect === "plain" ? Math.min(configured, MAX_PLAIN_FRAME_BYTES) : configured;
    if (bytes.length > maxFrameBytes)
      throw new SynapseError("frame_too_large", `the message takes ${bytes.length} bytes, the limit is ${maxFrameBytes}`);
    this.link.send(bytes);
  }

  private onMessage(bytes: Uint8Array): void {
    this.lastActive = this.host.runtime.now();
    try {
      this.receive(asMap(this.host.serializer.decode(bytes)));
    } catch (error) {
      this.refuse(asSynapseError(error));
    }
  }

  private receive(map: Record<string, unknown>): void {
    const type = map["type"];
    if (this.link.dialect === "secure" && this.hello === undefined) {
      if (this.link.dialled && type === "response") throw this.refusalIn(map);
      this.onHello(parseHello(map));
      return;
    }
    const isSecure = this.link.dialect === "secure";
    if (!isSecure && this.link.dialled && type !== "response") throw badRequest("expected response message");
    if (type === "response" && (isSecure || this.link.dialled)) this.outgoing.settle(parseResponse(map));
    else if (type === "cancel" && isSecure) this.incoming.cancel(idText(map["id"]));
    else this.serve(parseRequest(map, this.link.dialect));
    if (this.state === "closing") this.onCallEnded();
  }

  /** Who goes on asking while this side is leaving would keep it for ever. */
  private serve(request: RPCRequest): void {
    const isLeaving = this.state === "closing" || this.host.isStopping;
    if (isLeaving) this.trySend(responseError(request.id, { code: "busy", message: "this node is closing the link, or stopping" }));
    else this.incoming.serve(request);
  }

  /** One that has no room for the link answers its caller with an error in place of hello. */
  private refusalIn(map: Record<string, unknown>): SynapseError {
    const { error } = parseResponse(map);
    return error === null ? new SynapseError("bad_hello", "the first message on a link must be hello") : remoteError(error, this.link);
  }

  private onHello(hello: Hello): void {
    checkSwarm(this.host.introduce().swarm, hello.swarm);
    this.hello = hello;
    const { peerId, dialled, remoteAddress } = this.link;
    if (hello.listen.length > 0 && hello.swarm !== "" && peerId !== undefined) {
      this.contact = makeContact(peerId, hello.listen);
      if (dialled) this.proved = makeContact(peerId, [remoteAddress, ...hello.listen.filter((address) => address !== remoteAddress)]);
    }
    this.becomeReady(hello);
  }

  /** Something arrived that is not understood. A caller is told, as the seed does; one that was called, or says no hello, is left. */
  private refuse(error: SynapseError): void {
    const isCallee = this.link.dialled && this.link.dialect === "plain";
    if (this.state === "opening" || isCallee) this.fail(error);
    else this.trySend(responseError("", error));
  }

  private onFault(error: SynapseError): void {
    if (this.link.dialled) {
      this.fail(error);
      return;
    }
    this.state = "closing";
    // In the seed's words every fault of a caller is a bad request.
    this.trySend(responseError("", { code: "bad_request", message: error.message }));
    this.link.close();
  }

  /** The other side sends no more. A plain caller may still wait for what it has asked; anyone else has left its calls, and ours, behind. */
  private onEnd(): void {
    this.closeWhenIdle();
    if (this.link.dialect === "secure" || this.link.dialled) this.link.close();
  }

  private fail(error: SynapseError): void {
    this.state = "closing";
    this.settleReady.reject(error);
    this.outgoing.failAll(error);
    this.link.close();
  }

  private trySend(message: Message): void {
    try {
      this.send(message);
    } catch {
      this.link.destroy(); // not even the error could be sent
    }
  }

  private onLinkClosed(error: SynapseError | undefined): void {
    this.state = "closed";
    this.handshake?.cancel();
    this.idleCheck?.cancel();
    const reason = error ?? lost(this.link.remoteAddress);
    this.settleReady.reject(reason);
    this.outgoing.failAll(reason);
    this.incoming.abortAll();
    for (const callback of this.onClosed.splice(0)) callback(error);
  }

  private watchIdle(): void {
    const { runtime, limits } = this.host;
    // The dialler lets go first: it knows that it has no call to make, the other side can only guess.
    const allowed = this.link.dialled ? limits.idleTimeoutMs / 2 : limits.idleTimeoutMs;
    const idleFor = runtime.now() - this.lastActive;
    if (!this.isBusy && idleFor >= allowed) this.closeWhenIdle();
    else this.idleCheck = runtime.schedule(this.isBusy ? allowed : Math.max(SHORTEST_WATCH_MS, allowed - idleFor), () => this.watchIdle());
  }
}

function lost(peer: string): SynapseError {
  return new SynapseError("connection_lost", `the connection to ${peer} was closed`, { peer, retryable: true });
}
