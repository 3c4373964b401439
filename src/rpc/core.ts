import type { Runtime, Timer } from "../../dht/index.ts";
import type { SynapseError } from "../errors.ts";
import { isOutside } from "../hearsay.ts";
import { HomeNames } from "../home-names.ts";
import { Identity } from "../identity.ts";
import { LimitCounter } from "../limit-counts.ts";
import { DEFAULT_LIMITS, type Limits } from "../limits.ts";
import { ObservedHost } from "../observed-host.ts";
import { nextTurn, systemRuntime } from "../runtime.ts";
import { TcpTransport } from "../transport/tcp.ts";
import type { PlaintextPolicy } from "../transport/tcp-accept.ts";
import type { Link, Listener, ListenOptions, Transport } from "../transport/transport.ts";
import { Budget } from "./budget.ts";
import { Connection } from "./connection.ts";
import type { ConnectionHost } from "./connection-host.ts";
import type { Hello } from "./messages.ts";
import { ConnectionPool } from "./pool.ts";
import { encodeRefusal } from "./refusal.ts";
import { EndpointRegistry } from "./registry.ts";
import { MessagePackRPCSerializer, type RPCSerializer } from "./serializer.ts";

/** This software, as hello names it. */
const SOFTWARE = "synapse-p2p/0.1.0";
/** How often it is looked whether the calls under way have ended, while closing, ms. */
const CLOSE_POLL_MS = 10;
/** Callers that have stopped sending and wait for answers, kept at once; the oldest is given up for the next. */
const MAX_HALF_CLOSED = 256;

/** Shared by all whose limits are the usual ones: it keeps nothing from one message to the next but buffers. */
const messagePack = new MessagePackRPCSerializer();

function serializerFor({ maxDepth, maxValues }: Limits): RPCSerializer {
  const isUsual = maxDepth === DEFAULT_LIMITS.maxDepth && maxValues === DEFAULT_LIMITS.maxValues;
  return isUsual ? messagePack : new MessagePackRPCSerializer({ maxDepth, maxValues });
}

export interface RpcOptions {
  /** The key pair that this process proves to its peers. One made for the occasion by default. */
  readonly identity?: Identity;
  /** Who may speak the plain dialect with this process. Default `"loopback"`. */
  readonly plaintext?: PlaintextPolicy;
  readonly serializer?: RPCSerializer;
  readonly limits?: Partial<Limits>;
  /** Time, timers and randomness. The system's by default; a simulation passes its own. */
  readonly runtime?: Runtime;
  /** Made for this identity; TCP by default. */
  readonly transport?: Transport;
  /** Told of callers that were turned away, and why. */
  readonly onRefused?: (remoteAddress: string, error: SynapseError) => void;
}

/** What every process that speaks the protocol has: an identity, endpoints, links in and out. */
export class RpcCore implements ConnectionHost {
  readonly identity: Identity;
  readonly runtime: Runtime;
  readonly registry = new EndpointRegistry();
  readonly serializer: RPCSerializer;
  readonly limits: Limits;
  readonly limitCounter: LimitCounter;
  readonly incomingBudget: Budget;
  readonly outgoingBudget: Budget;
  readonly transport: Transport;
  readonly pool: ConnectionPool;
  readonly homeNames = new HomeNames();
  readonly observedHost = new ObservedHost();
  private readonly swarm: string;
  /** Links from others; at most limits.maxConnections, which the transport enforces. */
  private readonly accepted = new Set<Connection>();
  private readonly halfClosed = new Set<Connection>(); // at most MAX_HALF_CLOSED, the oldest first
  /** Told, while this process stops, whenever a link has got on with that. */
  onProgress: (() => void) | undefined;
  private listener: Listener | undefined;
  private announce: readonly string[] = [];
  private stopping = false;

  /** @param maxDialled peers to which links are kept; fewer cost less to begin with. */
  constructor(options: RpcOptions, swarm: string, maxDialled?: number) {
    this.identity = options.identity ?? Identity.generate();
    this.runtime = options.runtime ?? systemRuntime;
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.limitCounter = new LimitCounter(this.limits);
    this.incomingBudget = new Budget(this.limits.maxBufferedBytesInAll, "maxBufferedBytesInAll");
    this.outgoingBudget = new Budget(this.limits.maxBufferedBytesInAll, "maxBufferedBytesInAll");
    this.serializer = options.serializer ?? serializerFor(this.limits);
    this.swarm = swarm;
    this.transport =
      options.transport ??
      new TcpTransport({
        identity: this.identity,
        runtime: this.runtime,
        limits: this.limits,
        incoming: this.incomingBudget,
        plaintext: options.plaintext ?? "loopback",
        maxSessions: maxDialled,
        encodeRefusal,
        describeSelf: () => this.introduce(),
        onProved: (remoteAddress) => this.onDialledIn?.(remoteAddress),
        onRefused: (remoteAddress, error) => {
          this.limitCounter.note(error);
          options.onRefused?.(remoteAddress, error);
        },
      });
    this.pool = new ConnectionPool(this, this.transport, maxDialled);
  }

  /** Addresses at which this process takes calls, once it listens. */
  get addresses(): readonly string[] {
    return this.announce;
  }

  get port(): number {
    return this.listener?.port ?? 0;
  }

  /** Links from others that are open. */
  get acceptedCount(): number {
    return this.accepted.size;
  }

  get isStopping(): boolean {
    return this.stopping;
  }

  readonly introduce = () => ({ swarm: this.swarm, listen: this.namesAddresses ? this.announce : [], software: SOFTWARE });

  /** Ready to make and take calls: again, where it was closed before. */
  open(): void {
    this.stopping = false;
    this.onProgress = undefined;
    this.pool.open();
  }

  /** Told of each link that another has dialled to this process and said hello on, and of each that has had its address proved. */
  onDialledIn: ((remoteAddress: string) => void) | undefined;
  /** Whether others are told where this process takes calls. Told or not, it takes them. */
  namesAddresses = true;

  /** @param announce addresses to name to others in place of those listened on. */
  async listen(options: ListenOptions, announce?: readonly string[]): Promise<void> {
    this.listener = await this.transport.listen(options, (link) => this.accept(link));
    this.announce = announce ?? this.listener.addresses;
  }

  /** From now on nobody is let in and no call is taken. Links stay, and calls under way go on. */
  stopTaking(): void {
    this.stopping = true;
    this.listener?.stopAccepting();
  }

  /** Ends all links, giving calls under way up to `graceMs` to be answered. */
  async close(graceMs: number): Promise<void> {
    this.stopTaking();
    for (const connection of this.accepted) connection.closeWhenIdle();
    if (graceMs > 0) {
      await nextTurn(); // what was said in this one leaves at its end
      await this.untilQuiet(graceMs);
    }
    this.pool.close();
    for (const connection of this.accepted) connection.destroy();
    const { listener } = this;
    this.listener = undefined;
    this.announce = [];
    await listener?.close();
  }

  /** Resolves when nobody waits for an answer and nobody is on the way out, or when it has waited long enough. */
  private untilQuiet(mostMs: number): Promise<void> {
    const until = this.runtime.now() + mostMs;
    return new Promise((resolve) => {
      let timer: Timer | undefined;
      const look = () => {
        timer?.cancel();
        const isQuiet = !this.isServing() && !this.isLingering();
        if (isQuiet || this.runtime.now() >= until) {
          this.onProgress = undefined;
          resolve();
        } else timer = this.runtime.schedule(CLOSE_POLL_MS, look); // that the last bytes have left, nobody tells
      };
      this.onProgress = look;
      look();
    });
  }

  /** Whether anybody waits for an answer, over a link of theirs or of ours. */
  private isServing(): boolean {
    for (const connection of this.accepted) if (connection.isServing) return true;
    return this.pool.isServing;
  }

  /** Whether callers that were told that this side leaves have not closed yet: what they have just sent is refused, not lost. */
  private isLingering(): boolean {
    for (const connection of this.accepted) if (connection.farewell.isLingering) return true;
    return false;
  }

  onReady(connection: Connection, hello: Hello | undefined): void {
    const { link, reached, peerContact } = connection;
    if (!isOutside(link)) this.homeNames.note((reached ?? peerContact)?.addresses ?? []);
    if (link.dialled && hello !== undefined) this.observedHost.note(link.remoteHost, hello.observed);
    if (link.dialled) return;
    this.pool.adopt(connection);
    this.onDialledIn?.(link.remoteAddress);
  }

  /** Most of those who send no more are gone. They are kept, in case they are not, as long as there are few of them. */
  onHalfClosed(connection: Connection): void {
    this.halfClosed.add(connection);
    if (this.halfClosed.size <= MAX_HALF_CLOSED) return;
    const [oldest] = this.halfClosed;
    this.halfClosed.delete(oldest as Connection);
    oldest?.destroy();
  }

  onClosed(connection: Connection): void {
    this.accepted.delete(connection);
    this.onProgress?.();
    this.halfClosed.delete(connection);
  }

  private accept(link: Link): void {
    this.accepted.add(new Connection(this, link));
  }
}
