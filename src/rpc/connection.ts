import type { Runtime, Timer } from "../../dht/index.ts";
import type { Contact } from "../../routing/index.ts";
import { asSynapseError, SynapseError } from "../errors.ts";
import type { Limits } from "../limits.ts";
import { MAX_PLAIN_FRAME_BYTES } from "../transport/framing.ts";
import type { Link } from "../transport/transport.ts";
import { Greeting, type Introduction } from "./greeting.ts";
import { IncomingCalls } from "./incoming-calls.ts";
import {
  asMap,
  badRequest,
  creditIn,
  type Hello,
  idText,
  type Message,
  parseRequest,
  parseResponse,
  type RPCRequest,
  responseError,
} from "./messages.ts";
import { type CallOptions, type CallPath, OutgoingCalls, type OutgoingRequest } from "./outgoing-calls.ts";
import type { EndpointRegistry } from "./registry.ts";
import type { RPCSerializer } from "./serializer.ts";

/** Between two looks at whether a link is idle, ms, at least: clocks round, and a pause of nothing would repeat for ever. */
const SHORTEST_WATCH_MS = 100;

/** How long the other side has to close a link after it was told that this side leaves, ms. */
const LINGER_MS = 2_000;

/** What a connection needs of the process it is in. */
export interface ConnectionHost {
  readonly runtime: Runtime;
  readonly registry: EndpointRegistry;
  readonly serializer: RPCSerializer;
  readonly limits: Limits;
  /** True while it stops: calls under way may end, no other is taken. */
  readonly isStopping: boolean;
  /** What to say in hello; asked for each link, since addresses may be learned late. */
  readonly introduce: () => Introduction;
}

/**
 * Calls over one link, any number at once, both ways. In the secure dialect the first message each way is a hello. Whoever dialled knows
 * by TLS whom it talks to, so its calls follow its own hello at once: waiting for the other's would cost a round trip.
 */
export class Connection implements CallPath {
  readonly link: Link;
  /** Resolves with the other side's hello, undefined in the plain dialect. Rejects when it is refused. */
  readonly ready: Promise<Hello | undefined>;
  private readonly host: ConnectionHost;
  private readonly incoming: IncomingCalls;
  private readonly outgoing: OutgoingCalls;
  private readonly onClosed: ((error: SynapseError | undefined) => void)[] = []; // added by the owner of this process only
  private settleReady: { resolve: (hello: Hello | undefined) => void; reject: (error: SynapseError) => void };
  private readonly greeting: Greeting;
  private handshake: Timer | undefined;
  private idleCheck: Timer | undefined;
  /** Runs while the other side, which has been told that this one leaves, may close first. */
  private linger: Timer | undefined;
  /** The other side has said that it is leaving. */
  private peerLeaves = false;
  private lastActive: number;
  private state: "opening" | "open" | "closing" | "closed" = "opening";

  constructor(host: ConnectionHost, link: Link) {
    this.host = host;
    this.link = link;
    this.lastActive = host.runtime.now();
    this.greeting = new Greeting(link, host.introduce);
    this.incoming = new IncomingCalls(host, this, this);
    this.outgoing = new OutgoingCalls(host.runtime, this);
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

  /** Whether calls can be made over it. */
  get isOpen(): boolean {
    return (this.state === "open" || this.state === "opening") && !this.peerLeaves;
  }

  /** True while calls are under way in either direction. */
  get isBusy(): boolean {
    return this.outgoing.size > 0 || this.incoming.size > 0;
  }

  /** True while the other side waits for answers of this one, or they are still leaving. */
  get isServing(): boolean {
    return this.incoming.size > 0 || this.link.bufferedBytes > 0;
  }

  /** Where the other side says it can be dialled; see {@link Greeting.contact}. */
  get peerContact(): Contact | undefined {
    return this.greeting.contact;
  }

  /** The other side as this link proves it; see {@link Greeting.reached}. */
  get reached(): Contact | undefined {
    return this.greeting.reached;
  }

  /**
   * Calls an endpoint of the other side.
   * @throws SynapseError with the other side's code, or `timed_out`, `aborted`, `connection_lost`.
   */
  call(request: OutgoingRequest, options: CallOptions): Promise<unknown> {
    if (!this.isOpen) return Promise.reject(unsent(this.link.remoteAddress));
    this.lastActive = this.host.runtime.now();
    return this.outgoing.call(request, options);
  }

  /**
   * Calls an endpoint of the other side and reads its answer item by item. Ending the iteration ends the call.
   * @throws SynapseError as {@link call}, from `next()`.
   */
  stream(request: OutgoingRequest, options: CallOptions): AsyncIterableIterator<unknown> {
    if (!this.isOpen) throw unsent(this.link.remoteAddress);
    this.lastActive = this.host.runtime.now();
    return this.outgoing.stream(request, options);
  }

  whenClosed(callback: (error: SynapseError | undefined) => void): void {
    if (this.state === "closed") callback(undefined);
    else this.onClosed.push(callback);
  }

  /**
   * Takes no further calls, and closes once those under way have ended. The other side is told first, and closes when it has nothing more
   * to ask: a call that it has just sent is then answered `busy`, not lost in a link that closes.
   */
  closeWhenIdle(): void {
    if (this.state === "closed") return;
    const wasOpen = this.state === "open";
    this.state = "closing";
    if (wasOpen && this.link.dialect === "secure") {
      this.trySend({ type: "goaway" });
      this.linger = this.host.runtime.schedule(LINGER_MS, () => {
        this.linger = undefined;
        this.closeIfDone();
      });
    }
    this.closeIfDone();
  }

  destroy(): void {
    this.link.destroy();
  }

  /** Told by the calls when one has ended. */
  onCallEnded(): void {
    this.lastActive = this.host.runtime.now();
    this.closeIfDone();
  }

  private closeIfDone(): void {
    const isLeft = this.peerLeaves || (this.state === "closing" && this.linger === undefined);
    if (isLeft && !this.isBusy) this.link.close();
  }

  private begin(): void {
    const { runtime, limits } = this.host;
    this.watchIdle();
    if (this.link.dialect === "plain") {
      this.becomeReady(undefined);
      return;
    }
    this.handshake = runtime.schedule(limits.handshakeTimeoutMs, () =>
      this.fail(new SynapseError("timed_out", "the other side said no hello in time", { peer: this.link.remoteAddress })),
    );
    this.send(this.greeting.say());
    if (this.link.dialled) this.outgoing.release();
  }

  private becomeReady(hello: Hello | undefined): void {
    this.handshake?.cancel();
    if (this.state === "opening") this.state = "open";
    this.outgoing.release();
    this.settleReady.resolve(hello);
  }

  /** For the calls on this link. @throws SynapseError `bad_request`, `frame_too_large`. */
  send(message: Message): void {
    const { serializer } = this.host;
    const bytes = serializer.encodeShared === undefined ? serializer.encode(message) : serializer.encodeShared(message);
    const { maxFrameBytes: configured } = this.host.limits;
    const maxFrameBytes = this.link.dialect === "plain" ? Math.min(configured, MAX_PLAIN_FRAME_BYTES) : configured;
    if (bytes.length > maxFrameBytes)
      throw new SynapseError("frame_too_large", `the message takes ${bytes.length} bytes, the limit is ${maxFrameBytes}`);
    this.link.send(bytes);
  }

  /** For the calls on this link: resolves when it has room; undefined when it has. */
  room(): Promise<void> | undefined {
    return this.link.room();
  }

  private onMessage(bytes: Uint8Array): void {
    this.lastActive = this.host.runtime.now();
    try {
      const map = asMap(this.host.serializer.decode(bytes));
      if (this.link.dialect === "plain") this.receivePlain(map);
      else if (this.greeting.isDone) this.receive(map, bytes.length);
      else this.becomeReady(this.greeting.hear(map));
      this.closeIfDone();
    } catch (error) {
      this.refuse(asSynapseError(error));
    }
  }

  private receivePlain(map: Record<string, unknown>): void {
    const isResponse = map["type"] === "response";
    if (!this.link.dialled) this.serve(parseRequest(map, "plain"));
    else if (isResponse) this.outgoing.settle(parseResponse(map));
    else throw badRequest("expected response message");
  }

  private receive(map: Record<string, unknown>, bytes: number): void {
    const type = map["type"] ?? "request";
    if (type === "request") {
      this.serve(parseRequest(map, "secure"));
      return;
    }
    if (type === "response") {
      this.outgoing.settle(parseResponse(map));
      return;
    }
    if (type === "goaway") {
      this.peerLeaves = true;
      return;
    }
    const id = idText(map["id"]);
    const calls = map["input"] === true ? this.incoming : this.outgoing;
    const writers = map["input"] === true ? this.outgoing : this.incoming;
    if (type === "item") calls.onItem(id, map["value"], bytes);
    else if (type === "end") calls.onEnd(id);
    else if (type === "credit") writers.onCredit(id, creditIn(map));
    else if (type === "cancel") this.incoming.cancel(id);
    else throw badRequest("expected request message");
  }

  /** Who goes on asking while this side is leaving would keep it for ever. */
  private serve(request: RPCRequest): void {
    const isLeaving = this.state === "closing" || this.host.isStopping;
    if (isLeaving) this.trySend(responseError(request.id, { code: "busy", message: "this node is closing the link, or stopping" }));
    else this.incoming.serve(request);
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
    this.linger?.cancel();
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

const neverSent = new WeakSet<Error>(); // as many as somebody still holds

/** Whether a call failed before anything of it was sent. */
export function wasNeverSent(error: Error): boolean {
  return neverSent.has(error);
}

function unsent(peer: string): SynapseError {
  const error = lost(peer);
  neverSent.add(error);
  return error;
}

function lost(peer: string): SynapseError {
  return new SynapseError("connection_lost", `the connection to ${peer} was closed`, { peer, retryable: true });
}
