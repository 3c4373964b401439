import type { NodeId } from "../../routing/index.ts";
import type { Link, LinkReceiver } from "../../src/transport/transport.ts";
import { GIVEN_UP_MS } from "./link-costs.ts";
import type { SimNetwork, Station } from "./sim-network.ts";
import { TraceKind } from "./trace.ts";

/** What messages are called: nobody looks into them. */
const FRAME = "frame";
/** A frame's header and what a TLS record adds (RFC 8446, section 5.2), bytes. */
const OVERHEAD_BYTES = 4 + 5 + 17;

/** Sets a link up between two stations; gives the end of the one that dialled. */
export function connect(network: SimNetwork, from: Station, to: Station, onLink: (link: Link) => void): Link {
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
  private readonly host: Station;
  private readonly peer: Station;
  private receiver: LinkReceiver | undefined;
  /** When the last message under way arrives: a link keeps the order. */
  private lastArrival = 0;
  /** When the last message that is held up can leave, and how many are. */
  private lastReady = 0;
  private waiting = 0;
  private closed = false;

  constructor(network: SimNetwork, host: Station, peer: Station, dialled: boolean) {
    this.network = network;
    this.host = host;
    this.peer = peer;
    this.dialled = dialled;
  }

  get peerId(): NodeId {
    return this.peer.id;
  }

  get remoteAddress(): string {
    return this.peer.machine.address;
  }

  open(receiver: LinkReceiver): void {
    this.receiver = receiver;
  }

  send(message: Uint8Array): void {
    if (this.closed) return;
    const copy = message.slice();
    this.arrive(copy.length + OVERHEAD_BYTES, () => this.deliver(copy));
  }

  /** Whoever sends is never held up: what does not get out at once waits, as in the buffer of a socket. */
  room(): undefined {
    return undefined;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.arrive(0, () => this.other?.shut());
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
      world.trace.note(TraceKind.lost, world.clock.now, this.host.index, this.peer.index, 0, FRAME);
      if (this.peer.machine.properties.refuses) this.hearOfTheEnd();
      return;
    }
    if (other.receiver === undefined) return; // closed in the meantime
    world.traffic.messages += 1;
    world.traffic.bytes += message.length + OVERHEAD_BYTES;
    world.trace.note(TraceKind.request, world.clock.now, this.host.index, this.peer.index, message.length, FRAME);
    world.meters.request(FRAME, this.peer.index, message.length + OVERHEAD_BYTES);
    other.receiver.onMessage(message);
  }

  private arrive(bytes: number, what: () => void): void {
    const { world } = this.network;
    const { now } = world.clock;
    const way = this.network.delayMs(this.host, this.peer);
    const { broken, addMs, heldUntilMs } = world.problems.fateOf(this.host.index, this.peer.index);
    if (broken || heldUntilMs - now > GIVEN_UP_MS) {
      this.breakOff();
      return;
    }
    const ready = Math.max(now, heldUntilMs, this.lastReady);
    const leave = () => this.leaveAt(ready, bytes, way + addMs, what);
    if (this.host.machine.isNarrow && (ready > now || this.waiting > 0)) this.wait(ready, leave);
    else leave();
  }

  /** What is held up gets in line only when it can leave: what its host sends elsewhere until then goes before it. */
  private wait(ready: number, leave: () => void): void {
    const { clock } = this.network.world;
    this.lastReady = ready;
    this.waiting += 1;
    clock.schedule(ready - clock.now, () => {
      this.waiting -= 1;
      leave();
    });
  }

  private leaveAt(ready: number, bytes: number, wayMs: number, what: () => void): void {
    const { clock } = this.network.world;
    const arrival = ready + this.host.machine.sendingMs(bytes, ready) + wayMs + this.peer.machine.properties.processingMs;
    this.lastArrival = Math.max(this.lastArrival, arrival);
    clock.schedule(this.lastArrival - clock.now, what);
  }

  /** The other machine is there, and says that nobody has this link any more. */
  private hearOfTheEnd(): void {
    const { clock, options } = this.network.world;
    clock.schedule(options.latency.oneWayMs(this.peer.place, this.host.place), () => this.shut(), this.host);
  }

  /** Both ends find out: what was under way is lost. */
  private breakOff(): void {
    const { world } = this.network;
    world.traffic.lost += 1;
    world.trace.note(TraceKind.lost, world.clock.now, this.host.index, this.peer.index, 0, FRAME);
    for (const end of [this, this.other]) world.clock.schedule(0, () => end?.shut());
  }

  private shut(): void {
    this.closed = true;
    const { receiver } = this;
    this.receiver = undefined;
    if (this.host.isAlive) receiver?.onClose(undefined);
  }
}
