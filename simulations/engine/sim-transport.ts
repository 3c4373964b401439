import { makeContact, type NodeId, SynapseError, sameId, shortId } from "../../routing/index.ts";
import { DEFAULT_LIMITS } from "../../src/limits.ts";
import type { DialOptions, Link, LinkReceiver, Listener, ListenOptions, Transport } from "../../src/transport/transport.ts";
import type { Owner } from "./clock.ts";
import type { Place } from "./latency/latency-model.ts";
import { TraceKind } from "./trace.ts";
import type { World } from "./world.ts";

/** Round trips before a dialled link can carry anything: TCP, then TLS 1.3. */
const SETUP_ROUND_TRIPS = 2;
/** A link on which nothing gets through for this long is given up by both ends, ms. */
const GIVEN_UP_MS = DEFAULT_LIMITS.keepAliveMs + DEFAULT_LIMITS.keepAliveTimeoutMs;
/** A frame's header and what a TLS record adds (RFC 8446, section 5.2), bytes. */
const OVERHEAD_BYTES = 4 + 5 + 17;

/** One host of the simulated network. */
export interface Host extends Owner {
  readonly index: number;
  readonly place: Place;
  /** What TLS would prove. */
  readonly id: NodeId;
  readonly address: string;
}

/** Who listens where. Shared by all hosts of a world; one entry each. */
export class SimNetwork {
  readonly world: World;
  readonly listeners = new Map<string, { readonly host: Host; readonly onLink: (link: Link) => void }>();

  constructor(world: World) {
    this.world = world;
  }

  /** Time of one message, as it turns out. */
  delayMs(from: Host, to: Host): number {
    return this.world.options.latency.sampleMs(from.place, to.place, this.world.weather);
  }

  setupMs(from: Host, to: Host): number {
    return SETUP_ROUND_TRIPS * 2 * this.world.options.latency.oneWayMs(from.place, to.place);
  }
}

/** Everything but the socket: links that carry encoded frames, with the delays, set-up costs and silences of the simulated network. */
export class SimTransport implements Transport {
  private readonly network: SimNetwork;
  private readonly host: Host;

  constructor(network: SimNetwork, host: Host) {
    this.network = network;
    this.host = host;
  }

  dial(address: string, options: DialOptions): Promise<Link> {
    const { network, host } = this;
    const { world } = network;
    return new Promise((resolve, reject) => {
      const target = network.listeners.get(address);
      world.traffic.dials += 1;
      world.trace.note(TraceKind.dial, world.clock.now, host.index, target?.host.index ?? -1, 0);
      const silence = () =>
        reject(new SynapseError("unreachable", `${address} did not answer within ${options.timeoutMs} ms`, { peer: address }));
      if (target === undefined) {
        world.clock.schedule(options.timeoutMs, silence, host);
        return;
      }
      const { broken, heldUntilMs } = world.problems.fateOf(host.index, target.host.index);
      const setup = Math.max(0, heldUntilMs - world.clock.now) + network.setupMs(host, target.host);
      if (broken || setup > options.timeoutMs) {
        world.clock.schedule(options.timeoutMs, silence, host);
        return;
      }
      world.clock.schedule(
        setup,
        () => {
          if (!target.host.isAlive) world.clock.schedule(options.timeoutMs - setup, silence, host);
          else if (options.expectedId !== undefined && !sameId(options.expectedId, target.host.id)) {
            reject(
              new SynapseError("wrong_peer", `${address} is node ${shortId(target.host.id)}, not ${shortId(options.expectedId)}`, {
                peer: address,
              }),
            );
          } else resolve(connect(network, host, target.host, target.onLink));
        },
        host,
      );
    });
  }

  async listen(_options: ListenOptions, onLink: (link: Link) => void): Promise<Listener> {
    const { network, host } = this;
    network.listeners.set(host.address, { host, onLink });
    const stopAccepting = () => void network.listeners.delete(host.address);
    return {
      port: 9999,
      addresses: makeContact(host.id, [host.address]).addresses,
      stopAccepting,
      close: async () => stopAccepting(),
    };
  }
}

function connect(network: SimNetwork, from: Host, to: Host, onLink: (link: Link) => void): Link {
  const near = new SimLink(network, from, to, true);
  const far = new SimLink(network, to, from, false);
  near.other = far;
  far.other = near;
  // The accepting side is ready half a round trip later, when the dialler's last handshake message reaches it.
  network.world.clock.schedule(network.world.options.latency.oneWayMs(from.place, to.place), () => onLink(far), to);
  return near;
}

/** One end of a link between two hosts. */
class SimLink implements Link {
  readonly dialect = "secure";
  readonly bufferedBytes = 0;
  readonly dialled: boolean;
  other: SimLink | undefined;
  private readonly network: SimNetwork;
  private readonly host: Host;
  private readonly peer: Host;
  private receiver: LinkReceiver | undefined;
  /** When the last message under way arrives: a link keeps the order. */
  private lastArrival = 0;
  private closed = false;

  constructor(network: SimNetwork, host: Host, peer: Host, dialled: boolean) {
    this.network = network;
    this.host = host;
    this.peer = peer;
    this.dialled = dialled;
  }

  get peerId(): NodeId {
    return this.peer.id;
  }

  get remoteAddress(): string {
    return this.peer.address;
  }

  open(receiver: LinkReceiver): void {
    this.receiver = receiver;
  }

  send(message: Uint8Array): void {
    if (this.closed) return;
    const copy = message.slice();
    this.arrive(() => this.deliver(copy));
  }

  /** What is sent leaves at once: bandwidth is not simulated. */
  room(): undefined {
    return undefined;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.arrive(() => this.other?.shut());
    this.network.world.clock.schedule(0, () => this.shut(), this.host);
  }

  destroy(): void {
    this.close();
  }

  private deliver(message: Uint8Array): void {
    const { world } = this.network;
    const { other } = this;
    if (!this.peer.isAlive || other === undefined) {
      world.traffic.lost += 1;
      world.trace.note(TraceKind.lost, world.clock.now, this.host.index, this.peer.index, 0);
      return;
    }
    if (other.receiver === undefined) return; // closed in the meantime
    world.traffic.messages += 1;
    world.traffic.bytes += message.length + OVERHEAD_BYTES;
    world.trace.note(TraceKind.request, world.clock.now, this.host.index, this.peer.index, message.length);
    world.meters.request("frame", this.peer.index, message.length + OVERHEAD_BYTES);
    other.receiver.onMessage(message);
  }

  private arrive(what: () => void): void {
    const { world } = this.network;
    const { now } = world.clock;
    const way = this.network.delayMs(this.host, this.peer);
    const { broken, addMs, heldUntilMs } = world.problems.fateOf(this.host.index, this.peer.index);
    if (broken || heldUntilMs - now > GIVEN_UP_MS) {
      this.breakOff();
      return;
    }
    this.lastArrival = Math.max(this.lastArrival, Math.max(now, heldUntilMs) + way + addMs);
    world.clock.schedule(this.lastArrival - now, what);
  }

  /** Both ends find out: what was under way is lost. */
  private breakOff(): void {
    const { world } = this.network;
    world.traffic.lost += 1;
    world.trace.note(TraceKind.lost, world.clock.now, this.host.index, this.peer.index, 0);
    for (const end of [this, this.other]) world.clock.schedule(0, () => end?.shut());
  }

  private shut(): void {
    this.closed = true;
    const { receiver } = this;
    this.receiver = undefined;
    if (this.host.isAlive) receiver?.onClose(undefined);
  }
}
