import { setMaxListeners } from "node:events";
import pLimit from "p-limit";
import { type Contact, type NodeId, toHex } from "../../routing/index.ts";
import { SynapseError } from "../errors.ts";
import { RecentMap } from "../recent-map.ts";
import { orAborted } from "../runtime.ts";
import type { Link, Provenance, Transport } from "../transport/transport.ts";
import { Connection } from "./connection.ts";
import type { ConnectionHost } from "./connection-host.ts";
import { Deadline } from "./deadline.ts";
import { DialRace } from "./dial-race.ts";

/** Links dialled and kept unless told otherwise; the one used longest ago is closed first, once its calls have ended. */
const MAX_DIALLED = 512;
/**
 * Handshakes under way at once: each costs both sides a signature. Those beyond wait, in a queue bounded by what this process asks; one
 * whose time is over by its turn is not begun.
 */
const MAX_DIALS = 64;

export interface ConnectOptions {
  /** How long this caller waits, ms, whoever began the dial that it waits for. */
  readonly timeoutMs: number;
  /** In place of it: of the whole of which this is the first step, and whose time is to be named where it is over. */
  readonly deadline?: Deadline | undefined;
  /** How long the other side may take to be reached, ms, all its addresses together. Default: as long as the caller waits. */
  readonly dialTimeoutMs?: number;
  /** Only a link that this side dialled will do: proof that the peer's address leads to it. */
  readonly dialledOnly?: boolean;
  /** Ends the waiting. A dial under way goes on: others may wait for it too. */
  readonly signal?: AbortSignal | undefined;
}

interface Attempt {
  readonly connection: Promise<Connection>;
  /** Of the caller who began it. */
  readonly deadline: Deadline;
}

type Dial = (limit: Deadline) => Promise<Connection>;

/** Open links by peer: one to each, dialled once however many ask for it at the same time. Links that peers dialled serve as well. */
export class ConnectionPool {
  private readonly host: ConnectionHost;
  private readonly transport: Transport;
  private readonly dialled: RecentMap<Connection>;
  /** Those of them that were dialled by address alone, by that address. Closed ones stay until dialled anew or displaced. */
  private readonly byAddress: RecentMap<Connection>;
  /** The link of each peer that has dialled this side, the newest; open ones only, so no more than limits.maxConnections. */
  private readonly inbound = new Map<string, Connection>();
  /** Dials under way by peer or address; as many as callers have begun, each gone when its turn and its time are over. */
  private readonly dialling = new Map<string, Attempt>();
  private readonly limitDials = pLimit(MAX_DIALS);
  /** Aborted when the pool is closed: dials under way are given up. */
  private end = newEnd();

  /** @param max links dialled and kept. */
  constructor(host: ConnectionHost, transport: Transport, max = MAX_DIALLED) {
    this.host = host;
    this.transport = transport;
    this.dialled = new RecentMap(max, (connection) => connection.closeWhenIdle());
    this.byAddress = new RecentMap(max);
  }

  /** Links that are open and were dialled from here. */
  get size(): number {
    return this.dialled.size;
  }

  /** Whether anybody waits for an answer over a link that was dialled from here. */
  get isServing(): boolean {
    for (const connection of this.dialled.values()) if (connection.isServing) return true;
    return false;
  }

  /**
   * The open link to a contact, or a new one to the first of its addresses that leads to it.
   * @throws SynapseError `unreachable`, `timed_out`, `wrong_peer`, `wrong_swarm`, `not_synapse`, `aborted`.
   */
  connect(contact: Contact, options: ConnectOptions): Promise<Connection> {
    const open = this.openTo(contact.key, options.dialledOnly ?? false);
    if (open !== undefined) return Promise.resolve(open);
    // Callers that mean the same addresses share a dial: what others have named wrongly must not hold up who knows better.
    return this.wait(`${contact.key} ${contact.addresses.join(" ")}`, `node ${contact.key.slice(0, 8)}`, options, (limit) =>
      this.dialContact(contact, limit),
    );
  }

  /**
   * The link to whoever listens at an address: the one dialled last, if it is still open.
   * @throws SynapseError as {@link connect}.
   */
  connectAddress(address: string, options: ConnectOptions): Promise<Connection> {
    const known = this.byAddress.get(address);
    if (known?.isOpen) return Promise.resolve(known);
    return this.wait(address, address, options, async (limit) => {
      const connection = await this.dial(address, undefined, limit.leftMs, "user");
      await limit.within(connection.ready, `${address} said no hello`); // only that tells how else it can be reached
      this.byAddress.set(address, connection);
      return connection;
    });
  }

  /** Remembers a link that a peer dialled, so that calls to it need no other. */
  adopt(connection: Connection): void {
    const { peerId } = connection.link;
    if (peerId === undefined) return;
    const key = toHex(peerId);
    const { inbound } = this;
    inbound.set(key, connection);
    connection.whenClosed(() => {
      if (inbound.get(key) === connection) inbound.delete(key);
    });
  }

  /** The open link to a peer, whoever dialled it. Looking is not use. @param key its id in hex. */
  peek(key: string): Connection | undefined {
    const links = [this.dialled.peek(key), this.inbound.get(key)];
    return links.find((link) => link?.isOpen);
  }

  /** Whether a link to a peer is open that was dialled from here. */
  hasDialled(key: string): boolean {
    return this.dialled.peek(key)?.isOpen ?? false;
  }

  /**
   * Closes a link dialled from here where the peer has dialled one as well: one serves both, and an idle one takes memory on both sides.
   */
  closeSurplus(connection: Connection): void {
    const { peerId } = connection.link;
    if (peerId !== undefined && this.inbound.get(toHex(peerId))?.isOpen) connection.closeWhenIdle();
  }

  /** Keeps links again after {@link close}; a new pool needs no opening. */
  open(): void {
    this.end = newEnd();
  }

  close(): void {
    this.end.abort();
    for (const connection of [...this.dialled.values()]) connection.destroy();
  }

  /** Aborted while it is closed. */
  get closed(): AbortSignal {
    return this.end.signal;
  }

  private openTo(key: string, dialledOnly: boolean): Connection | undefined {
    const dialled = this.dialled.get(key);
    if (dialled?.isOpen) return dialled;
    const inbound = dialledOnly ? undefined : this.inbound.get(key);
    return inbound?.isOpen ? inbound : undefined;
  }

  /** Waits for a dial, this caller's own or another's that is under way, until the caller's time is over. */
  private wait(key: string, whom: string, options: ConnectOptions, dial: Dial): Promise<Connection> {
    const deadline = options.deadline ?? new Deadline(this.host.runtime, options.timeoutMs);
    return orAborted(options.signal, () => deadline.within(this.join(key, deadline, options, dial), `${whom} did not answer`));
  }

  private async join(key: string, deadline: Deadline, options: ConnectOptions, dial: Dial): Promise<Connection> {
    for (;;) {
      const attempt = this.once(key, deadline, options, dial);
      try {
        return await attempt.connection;
      } catch (error) {
        // A dial that another caller began may have ended for want of time which this one has.
        if (!attempt.deadline.isOver || deadline.isOver || options.signal?.aborted) throw error;
      }
    }
  }

  private once(key: string, deadline: Deadline, { dialTimeoutMs }: ConnectOptions, dial: Dial): Attempt {
    const underWay = this.dialling.get(key);
    if (underWay !== undefined && !underWay.deadline.isOver) return underWay;
    const begin = () => {
      if (deadline.isOver) throw deadline.timedOut(`${MAX_DIALS} other dials were under way; this one was not begun`);
      return dial(new Deadline(this.host.runtime, Math.min(deadline.leftMs, dialTimeoutMs ?? deadline.leftMs)));
    };
    const forget = () => {
      if (this.dialling.get(key) === attempt) this.dialling.delete(key);
    };
    const attempt = { connection: this.limitDials(begin).finally(forget), deadline };
    this.dialling.set(key, attempt);
    return attempt;
  }

  private async dialContact({ id, key, addresses }: Contact, limit: Deadline): Promise<Connection> {
    if (addresses.length === 0) throw new SynapseError("unreachable", `node ${key.slice(0, 8)} names no address`);
    const [only, ...others] = addresses as [string, ...string[]];
    if (others.length === 0) return this.dial(only, id, limit.leftMs, this.namedBy(only));
    const dial = (address: string, signal: AbortSignal) => this.link(address, id, limit.leftMs, this.namedBy(address), signal);
    const race = new DialRace(this.host.runtime, dial, (late: Link) => late.destroy());
    return this.keep(await race.run(addresses));
  }

  private async dial(address: string, expectedId: NodeId | undefined, timeoutMs: number, namedBy: Provenance): Promise<Connection> {
    return this.keep(await this.link(address, expectedId, timeoutMs, namedBy));
  }

  private async link(
    address: string,
    expectedId: NodeId | undefined,
    timeoutMs: number,
    namedBy: Provenance,
    lost?: AbortSignal,
  ): Promise<Link> {
    const closed = this.end.signal;
    const signal = lost === undefined ? closed : AbortSignal.any([closed, lost]);
    try {
      return await this.transport.dial(address, { dialect: "secure", expectedId, namedBy, timeoutMs, signal });
    } catch (error) {
      // The caller has aborted nothing: what ended its call is the end of this side.
      throw closed.aborted ? new SynapseError("connection_lost", `this side was closed before ${address} had answered`) : error;
    }
  }

  /** Contacts are known from peers, whatever else knows of them. */
  private namedBy(address: string): Provenance {
    return this.host.homeNames?.has(address) ? "home" : "outside";
  }

  private keep(link: Link): Connection {
    const connection = new Connection(this.host, link);
    if (this.end.signal.aborted) connection.destroy();
    const key = toHex(link.peerId as NodeId);
    this.dialled.peek(key)?.closeWhenIdle(); // it was dialled elsewhere meanwhile: one is enough
    this.dialled.set(key, connection);
    connection.whenClosed(() => {
      if (this.dialled.peek(key) === connection) this.dialled.delete(key);
    });
    return connection;
  }
}

/** Every dial under way listens to it: more than ten are no leak. */
function newEnd(): AbortController {
  const end = new AbortController();
  setMaxListeners(MAX_DIALS, end.signal);
  return end;
}
