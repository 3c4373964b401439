import { type NodeId, SynapseError, sameId } from "../../routing/index.ts";
import { PROOF_BYTES, REQUEST_BYTES } from "../../src/transport/address-proof.ts";
import type { SimNetwork, Station } from "./sim-network.ts";
import { TraceKind } from "./trace.ts";

const PROOF = "prove";
/** What TCP and IP put around what stands in one packet (RFC 9293, section 3.1; RFC 791). */
const PACKET_BYTES = 40;

interface Wish {
  readonly expectedId: NodeId;
  readonly timeoutMs: number;
}

/** One node asks another to prove that it is where it is said to be: a connection, a question, an answer, and nothing is left. */
export class SimProof {
  private readonly network: SimNetwork;
  private readonly self: Station;
  private readonly address: string;
  private readonly wish: Wish;
  private readonly resolve: () => void;
  private readonly reject: (error: SynapseError) => void;
  private readonly deadline: number;

  constructor(network: SimNetwork, self: Station, address: string, wish: Wish, resolve: () => void, reject: (error: SynapseError) => void) {
    this.network = network;
    this.self = self;
    this.address = address;
    this.wish = wish;
    this.resolve = resolve;
    this.reject = reject;
    this.deadline = network.world.clock.now + wish.timeoutMs;
  }

  begin(): void {
    const { network, self, address } = this;
    const target = network.stations.get(address);
    if (target === undefined) this.hearNothing();
    else if (!target.isAlive && target.machine.properties.refuses)
      this.at(network.world.clock.now + network.roundTripMs(self, target), () => this.fail("nobody listens there"));
    else this.send(self, target, REQUEST_BYTES, network.roundTripMs(self, target), () => this.ask(target));
  }

  private ask(target: Station): void {
    const { network, self, address, wish } = this;
    if (!target.isAlive || !network.listeners.has(address)) this.hearNothing();
    // Whoever is somebody else breaks off without a word, and whoever is meant signs.
    else if (!sameId(target.id, wish.expectedId)) this.send(target, self, 0, 0, () => this.beRebuffed());
    else this.send(target, self, PROOF_BYTES, 0, () => this.resolve());
  }

  /** @param setupMs until the connection is there over which it goes. */
  private send(from: Station, to: Station, size: number, setupMs: number, onArrival: () => void): void {
    const { world } = this.network;
    const bytes = size + PACKET_BYTES;
    const fate = world.problems.fateOf(from.index, to.index);
    const ready = Math.max(world.clock.now + setupMs, fate.heldUntilMs);
    const way = this.network.delayMs(from, to) + fate.addMs + to.machine.properties.processingMs;
    if (fate.broken || ready + way > this.deadline) this.lose(from, to);
    // In line only when it can leave: what its host sends elsewhere until then goes before it.
    else if (from.machine.isNarrow) this.at(ready, () => this.leave(from, to, bytes, way, onArrival));
    else this.arriveAt(ready + way, from, to, bytes, onArrival);
  }

  private leave(from: Station, to: Station, bytes: number, way: number, onArrival: () => void): void {
    const { now } = this.network.world.clock;
    const arrival = now + from.machine.sendingMs(bytes, now) + way;
    if (arrival > this.deadline) this.lose(from, to);
    else this.arriveAt(arrival, from, to, bytes, onArrival);
  }

  private lose(from: Station, to: Station): void {
    const { world } = this.network;
    world.traffic.lost += 1;
    world.trace.note(TraceKind.lost, world.clock.now, from.index, to.index, 0, PROOF);
    this.hearNothing();
  }

  private arriveAt(time: number, from: Station, to: Station, bytes: number, onArrival: () => void): void {
    const { world } = this.network;
    this.at(time, () => {
      world.traffic.messages += 1;
      world.traffic.bytes += bytes;
      world.trace.note(TraceKind.request, world.clock.now, from.index, to.index, bytes, PROOF);
      world.meters.request(PROOF, to.index, bytes);
      onArrival();
    });
  }

  private hearNothing(): void {
    this.at(this.deadline, () => this.fail(`it did not answer within ${this.wish.timeoutMs} ms`));
  }

  private beRebuffed(): void {
    this.reject(new SynapseError("not_synapse", `${this.address} proves nothing`, { peer: this.address }));
  }

  private fail(why: string): void {
    this.reject(new SynapseError("unreachable", `${this.address} cannot be reached: ${why}`, { peer: this.address }));
  }

  private at(time: number, task: () => void): void {
    const { clock } = this.network.world;
    clock.schedule(Math.max(0, time - clock.now), task, this.self);
  }
}
