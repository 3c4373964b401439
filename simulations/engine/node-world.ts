import type { FindResult, JoinReport, LookupResult, Offer, PublishReport } from "../../dht/index.ts";
import { type Contact, makeContact, messageOf, type NodeId } from "../../routing/index.ts";
import { Identity } from "../../src/identity.ts";
import { Node } from "../../src/node.ts";
import { nextTurn } from "../../src/runtime.ts";
import type { Place } from "./latency.ts";
import { SimRuntime } from "./sim-runtime.ts";
import { type Host, SimNetwork, SimTransport } from "./sim-transport.ts";
import { type SimNode, World, type WorldOptions } from "./world.ts";

/** The node level: whole nodes with their codec, hello, connections and pools, on a simulated transport. */
export class NodeWorld extends World {
  readonly network = new SimNetwork(this);

  constructor(options: WorldOptions) {
    super(options);
  }

  /** Promises settle between two moments of virtual time, never across them. */
  async runUntil(ms: number): Promise<void> {
    do await nextTurn();
    while (this.clock.runMoment(ms));
  }

  protected override makeNode(index: number): SimNode {
    return new WholeNode(this, index);
  }
}

/** A `Node` as users run it, driven through call-backs. */
class WholeNode implements SimNode, Host {
  readonly index: number;
  readonly place: Place;
  readonly id: NodeId;
  readonly address: string;
  readonly contact: Contact;
  isAlive = true;
  private readonly world: NodeWorld;
  private readonly node: ObservedNode;
  private readonly started: Promise<unknown>;

  constructor(world: NodeWorld, index: number) {
    this.world = world;
    this.index = index;
    const stream = world.stream(`node ${index}`);
    const identity = Identity.fromSeed(stream.bytes(32));
    this.place = world.options.latency.place(stream);
    this.id = identity.nodeId;
    this.address = `tcp://n${index}.sim:9999`;
    this.contact = makeContact(this.id, [this.address]);
    const { swarm, overlay } = world.options;
    this.node = new ObservedNode({
      identity,
      swarm,
      runtime: new SimRuntime(world.clock, stream, this),
      transport: new SimTransport(world.network, this),
      ...(overlay && { overlay }),
    });
    this.started = this.node.start();
    this.watch(this.started);
  }

  knows(contact: Contact): boolean {
    return this.node.knows(contact);
  }

  get storeSize(): number {
    return this.node.recordsHeld;
  }

  join(bootstrap: readonly Contact[], done: (report: JoinReport | undefined) => void): void {
    const addresses = bootstrap.map((contact) => contact.addresses[0] as string);
    this.watch(this.started.then(() => this.node.join(addresses).then(done, () => done(undefined))));
  }

  lookup(target: NodeId, done: (result: LookupResult) => void): void {
    this.watch(this.node.lookup(target).then(done));
  }

  find(capability: string, limit: number, done: (result: FindResult) => void): void {
    this.watch(this.node.find(capability, { limit }).then(done));
  }

  publish(offer: Offer, done: (report: PublishReport) => void): void {
    this.watch(this.started.then(() => this.node.offer(offer)).then(done));
  }

  kill(): void {
    this.isAlive = false;
    this.world.network.listeners.delete(this.address);
  }

  /** What goes wrong where nobody listens is a fault of the world, not a line on a console. */
  private watch(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (this.world.faults.length < 100) this.world.faults.push(`node ${this.index}: ${messageOf(error)}`);
    });
  }
}

/** A node that lets the simulation publish without being an agent, and count what it holds. */
class ObservedNode extends Node {
  offer(offer: Offer): Promise<PublishReport> {
    return new Promise((resolve) => this.overlay.publish(offer, resolve));
  }

  knows(contact: Contact): boolean {
    return this.overlay.membership.table.has(contact);
  }

  get recordsHeld(): number {
    return this.overlay.store.size;
  }
}
