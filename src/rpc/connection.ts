import type { Timer } from "../../dht/index.ts";
import type { Contact } from "../../routing/index.ts";
import { asSynapseError, SynapseError } from "../errors.ts";
import { OverLimit } from "../limit-counts.ts";
import type { Link, LinkReceiver } from "../transport/transport.ts";
import type { Budget } from "./budget.ts";
import type { ConnectionHost } from "./connection-host.ts";
import { Farewell } from "./farewell.ts";
import { Greeting } from "./greeting.ts";
import { Inbox } from "./inbox.ts";
import { IncomingCalls } from "./incoming-calls.ts";
import { ItemBatch } from "./item-batch.ts";
import { LinkWatch } from "./link-watch.ts";
import { lost, unsent } from "./lost.ts";
import { type Parties, routeFault, routePlain, routeSecure } from "./message-router.ts";
import { type Hello, type Message, type RPCRequest, responseError } from "./messages.ts";
import { Outbox } from "./outbox.ts";
import { type CallOptions, type CallPath, OutgoingCalls, type OutgoingRequest } from "./outgoing-calls.ts";
import { Promised } from "./promised.ts";

/**
 * Calls over one link, any number at once, both ways. In the secure dialect the first message each way is a hello. Whoever dialled knows
 * by TLS whom it talks to, so its calls follow its own hello at once: waiting for the other's would cost a round trip. A process may have
 * thousands of these, most of them idle: what only some need is made when it is needed.
 */
export class Connection implements CallPath, LinkReceiver, Parties {
  readonly link: Link;
  readonly incoming: IncomingCalls;
  readonly outgoing: OutgoingCalls;
  private readonly host: ConnectionHost;
  /** In the secure dialect, as `greeting`. */
  private readonly hello: Promised<Hello> | undefined;
  private onClosed: ((error: SynapseError | undefined) => void)[] | undefined; // added by the owner of this process only
  private readonly outbox: Outbox;
  private readonly inbox: Inbox;
  private readonly greeting: Greeting | undefined;
  /** Runs while the other side has to say hello, and again when it has stopped sending. */
  private patience: Timer | undefined;
  private readonly watch: LinkWatch;
  readonly farewell = new Farewell();
  private state: "opening" | "open" | "closing" | "closed" = "opening";

  constructor(host: ConnectionHost, link: Link) {
    this.host = host;
    this.link = link;
    this.watch = new LinkWatch(this, host);
    if (link.dialect === "secure") {
      this.greeting = new Greeting(link, host.introduce);
      this.hello = new Promised();
    }
    this.outbox = new Outbox(host, this);
    this.inbox = new Inbox(host, this);
    this.incoming = new IncomingCalls(host, this);
    this.outgoing = new OutgoingCalls(host.runtime, this);
    link.open(this);
    this.begin();
  }

  /** Resolves with the other side's hello, undefined in the plain dialect. Rejects when it is refused. */
  get ready(): Promise<Hello | undefined> {
    return this.hello?.promise ?? Promise.resolve(undefined);
  }

  /** Whether calls can be made over it. */
  get isOpen(): boolean {
    return (this.state === "open" || this.state === "opening") && !this.farewell.peerLeaves;
  }

  /** True while calls are under way in either direction. */
  get isBusy(): boolean {
    return this.outgoing.size > 0 || this.incoming.size > 0 || !this.outbox.isEmpty;
  }

  /** True when the other side owes answers, and can be asked whether it lives: it has said hello. */
  get isOwed(): boolean {
    return this.outgoing.size > 0 && this.greeting?.isDone === true;
  }

  /** True while the other side waits for answers of this one, or they are still leaving. */
  get isServing(): boolean {
    return this.incoming.size > 0 || !this.outbox.isEmpty || this.link.bufferedBytes > 0;
  }

  /** Where the other side says it can be dialled; see {@link Greeting.contact}. */
  get peerContact(): Contact | undefined {
    return this.greeting?.contact;
  }

  /** The other side as this link proves it; see {@link Greeting.reached}. */
  get reached(): Contact | undefined {
    return this.greeting?.reached;
  }

  /**
   * Calls an endpoint of the other side.
   * @throws SynapseError with the other side's code, or `timed_out`, `aborted`, `connection_lost`.
   */
  call(request: OutgoingRequest, options: CallOptions): Promise<unknown> {
    if (!this.isOpen) return Promise.reject(unsent(this.link.remoteAddress));
    this.watch.touch();
    return this.outgoing.call(request, options);
  }

  /**
   * Calls an endpoint of the other side and reads its answer item by item. Ending the iteration ends the call.
   * @throws SynapseError as {@link call}, from `next()`.
   */
  stream(request: OutgoingRequest, options: CallOptions): AsyncIterableIterator<unknown> {
    if (!this.isOpen) throw unsent(this.link.remoteAddress);
    this.watch.touch();
    return this.outgoing.stream(request, options);
  }

  whenClosed(callback: (error: SynapseError | undefined) => void): void {
    if (this.state === "closed") callback(undefined);
    else {
      this.onClosed ??= [];
      this.onClosed.push(callback);
    }
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
      this.farewell.begin(this.host.runtime, () => this.closeIfDone());
    }
    this.closeIfDone();
  }

  destroy(): void {
    this.link.destroy();
  }

  /** Told by the calls when one has ended, and by the outbox when everything that waited there has left. */
  onDone(): void {
    this.watch.touch();
    this.closeIfDone();
  }

  private closeIfDone(): void {
    const isLeft = this.farewell.peerLeaves || (this.state === "closing" && !this.farewell.isLingering);
    if (isLeft && !this.isBusy) this.link.close();
    this.host.onProgress?.();
  }

  private begin(): void {
    const { runtime, limits } = this.host;
    this.watch.start();
    if (this.greeting === undefined) {
      this.becomeReady(undefined);
      return;
    }
    this.patience = runtime.schedule(limits.handshakeTimeoutMs, () =>
      this.fail(
        new OverLimit("handshakeTimeoutMs", "timed_out", "the other side said no hello in time", { peer: this.link.remoteAddress }),
      ),
    );
    this.send(this.greeting.say());
    if (this.link.dialled) this.outgoing.release();
  }

  private becomeReady(hello: Hello | undefined): void {
    this.patience?.cancel();
    this.outbox.agree(hello?.features ?? []);
    if (this.state === "opening") this.state = "open";
    this.outgoing.release();
    if (hello !== undefined) this.hello?.resolve(hello);
    this.host.onReady?.(this, hello);
  }

  /** For the calls on this link. @throws SynapseError `bad_request`, `frame_too_large`. */
  send(message: Message): void {
    this.outbox.send(message);
  }

  /** For the calls on this link: for what they make this process hold. */
  get budget(): Budget {
    return this.inbox.budget;
  }

  /** For the items of a stream over this link. */
  itemsOf(id: string, input: boolean): ItemBatch {
    return new ItemBatch(this.outbox, id, input);
  }

  /** For the calls on this link: resolves when it has room; undefined when it has. */
  room(): Promise<void> | undefined {
    return this.link.room();
  }

  /** For the link, as all of {@link LinkReceiver}. */
  onMessage(bytes: Uint8Array): void {
    this.watch.heard();
    try {
      const arrival = this.inbox.read(bytes, this.greeting?.isDone === true);
      if (arrival === undefined) return;
      if (this.greeting === undefined) routePlain(arrival, this.link.dialled, this);
      else if (!this.greeting.isDone) this.becomeReady(this.greeting.hear(arrival.map));
      else routeSecure(arrival, this);
      this.closeIfDone();
    } catch (error) {
      this.refuse(asSynapseError(error));
    } finally {
      this.inbox.forget();
    }
  }

  /** For the router. Who goes on asking while this side is leaving would keep it for ever. */
  serve(request: RPCRequest, cost: number): void {
    const isLeaving = this.state === "closing" || this.host.isStopping;
    if (isLeaving) this.incoming.refuse(request.id, new SynapseError("busy", "this node is closing the link, or stopping"));
    else this.incoming.serve(request, cost);
  }

  /** For the router. */
  onGoaway(): void {
    this.farewell.peerLeaves = true;
  }

  /** Something arrived that is not understood. A caller is told, as the seed does; one that was called, or says no hello, is left. */
  private refuse(error: SynapseError): void {
    const isOpening = this.state === "opening";
    const isLeft = this.link.dialled && (isOpening || this.greeting === undefined);
    const isTold = !isOpening && this.greeting !== undefined && routeFault(this.inbox.subject, error, this);
    if (!isLeft && !isTold) this.tell(error);
    if (isLeft || isOpening) this.fail(error);
  }

  onFault(error: SynapseError): void {
    if (this.link.dialled) {
      this.fail(error);
      return;
    }
    this.state = "closing";
    // In the seed's words every fault of a caller is a bad request, in the plain dialect.
    this.tell(error, this.greeting === undefined ? "bad_request" : error.code);
    this.link.close();
  }

  /**
   * The other side sends no more. A plain caller may still wait for what it has asked, or be gone, which looks the same: it is waited for
   * as long as an idle link. Anyone else has left its calls, and ours, behind.
   */
  onEnd(): void {
    this.closeWhenIdle();
    if (this.link.dialect === "secure" || this.link.dialled) this.link.close();
    else {
      this.patience = this.host.runtime.schedule(this.host.limits.idleTimeoutMs, () => this.link.destroy());
      this.host.onHalfClosed?.(this);
    }
  }

  /** Answers what belongs to no call that is known. */
  private tell(error: SynapseError, code = error.code): void {
    this.host.limitCounter.note(error);
    this.trySend(responseError("", { code, message: error.message }));
  }

  private fail(error: SynapseError): void {
    this.host.limitCounter.note(error);
    this.state = "closing";
    this.abandon(error);
    this.link.close();
  }

  private abandon(error: SynapseError): void {
    this.hello?.reject(error);
    this.outgoing.failAll(error);
  }

  private trySend(message: Message): void {
    try {
      this.send(message);
    } catch {
      this.link.destroy(); // not even the error could be sent
    }
  }

  onClose(error: SynapseError | undefined): void {
    this.host.limitCounter.note(error);
    this.state = "closed";
    this.patience?.cancel();
    this.watch.stop();
    this.inbox.drop();
    this.farewell.end();
    if (this.outgoing.size > 0 || this.greeting?.isDone === false) this.abandon(error ?? lost(this.link.remoteAddress));
    this.incoming.abortAll();
    this.host.onClosed?.(this);
    for (const callback of this.onClosed ?? []) callback(error);
  }
}
