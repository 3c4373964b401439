import {
  CachedRecordReader,
  type FindResult,
  type JoinReport,
  type LookupResult,
  type Offer,
  type OnOutcome,
  type OverlayRequest,
  type PublishReport,
  type Query,
  type Signer,
} from "../../dht/index.ts";
import { type Contact, makeContact, messageOf, type NodeId } from "../../routing/index.ts";
import { Identity, verifyEd25519 } from "../../src/identity.ts";
import { nextTurn } from "../../src/runtime.ts";
import type { Conduct } from "./conduct.ts";
import type { Place } from "./latency/latency-model.ts";
import { ObservedNode } from "./observed-node.ts";
import type { Inside } from "./observer.ts";
import type { RandomStream } from "./random.ts";
import type { SimHost } from "./sim-host.ts";
import { SimNetwork, type Station } from "./sim-network.ts";
import { SimRuntime } from "./sim-runtime.ts";
import { SimTransport } from "./sim-transport.ts";
import { type Birth, type SimNode, World, type WorldOptions } from "./world.ts";

/** Records whose verdict a world remembers: those of a few hundred nodes, over hours. */
const MAX_READ = 65_536;

/** The node level: whole nodes with their codec, hello, connections and pools, on a simulated transport. */
export class NodeWorld extends World {
  readonly network = new SimNetwork(this);
  override readonly verify = verifyEd25519;
  readonly reader = new CachedRecordReader(verifyEd25519, MAX_READ);

  constructor(options: WorldOptions) {
    super(options);
  }

  /** Promises settle between two moments of virtual time, never across them. */
  async runUntil(ms: number): Promise<void> {
    do await nextTurn();
    while (this.clock.runMoment(ms));
  }

  override signerOf(seed: Uint8Array): Signer {
    return Identity.fromSeed(seed);
  }

  protected override makeNode(index: number, host: SimHost, birth: Birth): SimNode {
    return new WholeNode(this, index, host, birth);
  }
}

/** One life of a host: timers and links of an earlier one do nothing. */
interface Life extends Station {
  isAlive: boolean;
}

/** A `Node` as users run it, driven through call-backs. */
class WholeNode implements SimNode {
  readonly index: number;
  readonly host: SimHost;
  readonly contact: Contact;
  conduct: Conduct | undefined;
  private readonly world: NodeWorld;
  private readonly stream: RandomStream;
  private readonly identity: Identity;
  private readonly place: Place;
  private readonly claims: readonly string[] | undefined;
  private life: Life;
  private node: ObservedNode;
  private started: Promise<unknown>;
  /** It will not come back, and there is nothing to be looked at. */
  private isBuried = false;

  constructor(world: NodeWorld, index: number, host: SimHost, { seed, claims }: Birth) {
    this.world = world;
    this.index = index;
    this.host = host;
    this.stream = world.stream(`node ${index}`);
    this.identity = Identity.fromSeed(seed ?? this.stream.bytes(32));
    this.place = world.options.latency.place(this.stream);
    this.contact = makeContact(this.identity.nodeId, host.addresses);
    this.claims = claims;
    this.life = this.newLife();
    this.node = this.newNode();
    this.started = this.begin();
  }

  get id(): NodeId {
    return this.contact.id;
  }

  get isAlive(): boolean {
    return this.life.isAlive;
  }

  knows(contact: Contact): boolean {
    return !this.isBuried && this.node.knows(contact);
  }

  contacts(): Iterable<Contact> {
    return this.isBuried ? [] : this.node.peers;
  }

  get placeName(): string {
    return this.world.options.latency.nameOf(this.place);
  }

  /** Frames are not looked into: nothing is told at this level. */
  observe(): () => void {
    return () => undefined;
  }

  get inside(): Inside {
    return this.node.inside;
  }

  get storeSize(): number {
    return this.isBuried ? 0 : this.node.recordsHeld;
  }

  join(bootstrap: readonly Contact[], done: (report: JoinReport | undefined) => void): void {
    const addresses = bootstrap.map((contact) => contact.addresses[0] as string);
    // Beneath the node's own promise, which is over with the first failure: those who get in later are told of, too.
    this.watch(this.started.then(() => this.node.inside.join(addresses, done, () => done(undefined))));
  }

  lookup(target: NodeId, done: (result: LookupResult) => void): void {
    this.watch(this.node.lookup(target).then(done));
  }

  find(query: string | Query, limit: number, done: (result: FindResult) => void, patient = false): void {
    this.watch(this.node.find(query, { limit, patient }).then(done));
  }

  publish(offer: Offer, done: (report: PublishReport) => void): void {
    this.watch(this.started.then(() => this.node.offer(offer)).then(done));
  }

  send(to: Contact, request: OverlayRequest, done: OnOutcome): void {
    this.watch(this.started.then(() => this.node.send(to, request, done)));
  }

  kill(): void {
    this.life.isAlive = false;
    this.world.network.listeners.delete(this.host.address);
  }

  bury(): void {
    this.isBuried = true;
    this.node = this.newNode(); // never started
  }

  sayGoodbye(done: () => void): void {
    this.watch(this.node.sayGoodbye().then(done));
  }

  revive(keepsState: boolean): void {
    const before = this.node;
    this.life = this.newLife();
    this.node = this.newNode();
    this.started = this.begin();
    if (keepsState) this.watch(this.started.then(() => this.node.takeOver(before)));
  }

  private newLife(): Life {
    const { index, place, id, host } = this;
    const life = { index, place, id, machine: host, isAlive: true };
    this.world.network.stations.set(host.address, life);
    return life;
  }

  private newNode(): ObservedNode {
    const { world, life, stream, identity, host, claims } = this;
    const { swarm, overlay, links } = world.options;
    const options = {
      identity,
      swarm,
      runtime: new SimRuntime(world.clock, stream, life, host.properties.clockOffsetMs),
      listen: !host.properties.isClient,
      transport: new SimTransport(world.network, life),
      limits: { idleTimeoutMs: 2 * links.idleMs }, // whoever dialled lets go after half of it
      ...(overlay && { overlay }),
      ...(claims && { announce: claims }),
    };
    return new ObservedNode(options, world.reader, () => this.conduct);
  }

  private begin(): Promise<unknown> {
    const started = this.node.start();
    this.watch(started);
    return started;
  }

  /** What goes wrong where nobody listens is a fault of the world, not a line on a console. */
  private watch(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      if (this.world.faults.length < 100) this.world.faults.push(`node ${this.index}: ${messageOf(error)}`);
    });
  }
}
