import { sha256 } from "@noble/hashes/sha2.js";
import {
  type Caller,
  type CapabilityRecord,
  type Failed,
  type FindResult,
  failed,
  type JoinReport,
  type LookupResult,
  type Offer,
  type OnOutcome,
  Overlay,
  type OverlayRequest,
  type OverlayResponse,
  type Peers,
  type PublishReport,
  type RecordReader,
  readRecord,
  type Signer,
} from "../../dht/index.ts";
import { type Contact, makeContact, type NodeId, toHex } from "../../routing/index.ts";
import { DEFAULT_LIMITS } from "../../src/limits.ts";
import { nextTurn } from "../../src/runtime.ts";
import type { Owner } from "./clock.ts";
import type { Place } from "./latency/latency-model.ts";
import { LinkSet, SharedLink } from "./link-set.ts";
import { requestBytes, responseBytes } from "./message-size.ts";
import type { RandomStream } from "./random.ts";
import { SimRuntime } from "./sim-runtime.ts";
import { TraceKind } from "./trace.ts";
import { type RequestObserver, type SimNode, World, type WorldOptions } from "./world.ts";

/** Round trips to set up a link: TCP one, TLS 1.3 another. */
const LINK_SETUP_ROUND_TRIPS = 2;
/** A link on which nothing gets through for this long is given up by both ends, ms. */
const GIVEN_UP_MS = DEFAULT_LIMITS.keepAliveMs + DEFAULT_LIMITS.keepAliveTimeoutMs;
const NO_ROOM: OverlayResponse = { kind: "store", outcome: "busy", split: undefined, reason: "nothing can be stored here now" };
/** How long a goodbye may take, ms. */
const GOODBYE_MS = 10_000;

/**
 * The overlay level: `dht/` and `routing/` as in production, requests handed over as objects at the time a network would deliver them.
 * For very large networks.
 */
export class OverlayWorld extends World {
  readonly byKey = new Map<string, OverlayNode>(); // one for each node ever born
  readonly reader: RecordReader = new SharedReader();

  constructor(options: WorldOptions) {
    super(options);
  }

  async runUntil(ms: number): Promise<void> {
    this.clock.runUntil(ms);
    await nextTurn(); // lets the real world in: a Ctrl-C, a progress bar
  }

  protected override makeNode(index: number): SimNode {
    const node = new OverlayNode(this, index);
    this.byKey.set(node.contact.key, node);
    return node;
  }
}

/** One request on its way, and what becomes of it. */
interface Exchange {
  readonly target: OverlayNode;
  readonly request: OverlayRequest;
  readonly link: SharedLink;
  /** Until the link is there, ms; 0 when it was. */
  readonly setup: number;
  readonly deadline: number;
  readonly done: (outcome: OverlayResponse | Failed) => void;
}

/** A node and its port to the simulated network. */
class OverlayNode implements SimNode, Peers {
  readonly index: number;
  readonly contact: Contact;
  readonly place: Place;
  /** The life it leads now: timers of an earlier one do nothing. */
  private life: Owner & { isAlive: boolean } = { isAlive: true };
  /** Who it is to those it asks. */
  private readonly caller: Caller;
  private readonly world: OverlayWorld;
  private readonly stream: RandomStream;
  private readonly signer: Signer;
  private overlay: Overlay;
  private observers: RequestObserver[] = []; // those of a recorder
  /** Links dialled from here: only these prove an address. */
  private readonly dialled: LinkSet;
  /** Links that others dialled: good for calling them, too. */
  private readonly inbound = new LinkSet(DEFAULT_LIMITS.maxConnections);

  constructor(world: OverlayWorld, index: number) {
    this.world = world;
    this.index = index;
    this.stream = world.stream(`node ${index}`);
    this.signer = new StandInSigner(this.stream);
    this.place = world.options.latency.place(this.stream);
    this.contact = makeContact(sha256(this.signer.publicKey), [`tcp://n${index}.sim:9999`]);
    this.dialled = new LinkSet(world.options.links.max);
    this.caller = { id: this.contact.id, claimed: this.contact, host: `n${index}.sim` };
    this.overlay = this.begin();
  }

  get isAlive(): boolean {
    return this.life.isAlive;
  }

  get id(): NodeId {
    return this.contact.id;
  }

  knows(contact: Contact): boolean {
    return this.overlay.membership.table.has(contact);
  }

  contacts(): Iterable<Contact> {
    return this.overlay.membership.table.contacts();
  }

  readonly kind = "node";

  get placeName(): string {
    return this.world.options.latency.nameOf(this.place);
  }

  observe(onRequest: RequestObserver): () => void {
    this.observers.push(onRequest);
    return () => {
      this.observers = this.observers.filter((observer) => observer !== onRequest);
    };
  }

  get storeSize(): number {
    return this.overlay.store.size;
  }

  join(bootstrap: readonly Contact[], done: (report: JoinReport | undefined) => void): void {
    const addresses = bootstrap.map((contact) => contact.addresses[0] as string);
    this.overlay.join(addresses, done, () => done(undefined));
  }

  lookup(target: NodeId, done: (result: LookupResult) => void): void {
    this.overlay.lookup(target, done);
  }

  find(capability: string, limit: number, done: (result: FindResult) => void): void {
    this.overlay.find(capability, { limit }, done);
  }

  publish(offer: Offer, done: (report: PublishReport) => void): void {
    this.overlay.publish(offer, done);
  }

  kill(): void {
    this.life.isAlive = false;
    this.overlay.stop();
    this.dialled.clear();
    this.inbound.clear();
  }

  sayGoodbye(done: () => void): void {
    const { life } = this;
    let left = this.overlay.published.length;
    const gone = () => {
      left -= 1;
      if (left <= 0 && life.isAlive) done();
    };
    for (const { capability } of this.overlay.published) this.overlay.withdraw(capability, gone);
    this.later(left === 0 ? 0 : GOODBYE_MS, () => {
      left = 0;
      gone();
    });
  }

  revive(keepsState: boolean): void {
    const { membership, store } = this.overlay;
    this.life = { isAlive: true };
    this.overlay = this.begin();
    if (!keepsState) return;
    const wallClock = this.overlay.runtime.wallClock();
    for (const contact of membership.table.contacts()) this.overlay.membership.addCandidate(contact);
    for (const key of store.keys()) for (const record of store.under(key, wallClock)) this.overlay.store.put(key, record, wallClock);
  }

  private begin(): Overlay {
    const { world, stream, signer, life } = this;
    const { swarm, overlay: settings } = world.options;
    const overlay = new Overlay({
      self: this.contact,
      swarm,
      runtime: new SimRuntime(world.clock, stream, life),
      peers: this,
      signer,
      reader: world.reader,
      ...(settings && { settings }),
    });
    overlay.start();
    return overlay;
  }

  // Peers

  request(to: Contact, request: OverlayRequest, timeoutMs: number, done: OnOutcome): void {
    const target = this.world.byKey.get(to.key);
    const heard = this.observers.length === 0 ? done : this.observed(to, request, done);
    if (target === undefined) this.later(timeoutMs, () => heard(failed("unreachable", "no such host")));
    else this.exchange(target, request, this.linkTo(target) ?? this.dial(target), timeoutMs, heard);
  }

  private observed(to: Contact, request: OverlayRequest, done: OnOutcome): OnOutcome {
    const told = this.observers.map((observer) => observer(to, request.kind === "find_node" ? request.target : undefined));
    return (outcome, reached) => {
      for (const tell of told) tell?.(outcome.kind !== "failed");
      done(outcome, reached);
    };
  }

  verify(contact: Contact, timeoutMs: number, done: (outcome: Contact | Failed) => void): void {
    const target = this.world.byKey.get(contact.key);
    if (target === undefined) this.later(timeoutMs, () => done(failed("unreachable", "no such host")));
    else this.proveAddress(target, timeoutMs, done);
  }

  contactAt(address: string, timeoutMs: number, done: (outcome: Contact | Failed) => void): void {
    const index = Number(/^tcp:\/\/n(\d+)\.sim/.exec(address)?.[1] ?? -1);
    const target = this.world.nodes[index] as OverlayNode | undefined;
    if (target === undefined) this.later(timeoutMs, () => done(failed("unreachable", "no such host")));
    else this.proveAddress(target, timeoutMs, done);
  }

  private proveAddress(target: OverlayNode, timeoutMs: number, done: (outcome: Contact | Failed) => void): void {
    const link = this.dialled.get(target.index, this.world.clock.now) ?? this.dial(target);
    this.exchange(target, { kind: "ping" }, link, timeoutMs, (outcome) => done(outcome.kind === "failed" ? outcome : target.contact));
  }

  /** One request and its answer. Every message either way counts as use of the link. */
  private exchange(target: OverlayNode, request: OverlayRequest, link: SharedLink, timeoutMs: number, done: OnOutcome): void {
    const { now } = this.world.clock;
    const setup = Math.max(0, link.readyAt - now);
    const reached = this.dialled.get(target.index, now) === link ? target.contact : undefined;
    const { life } = this;
    const finish: OnOutcome = (outcome) => {
      if (life.isAlive) done(outcome, reached);
    };
    const ask: Exchange = { target, request, link, setup, deadline: now + timeoutMs, done: finish };
    const arrival = this.arrivalOf(this, target, link, setup);
    if (arrival === undefined || arrival > ask.deadline) this.lose(ask);
    // What comes too late for an answer does what it does all the same.
    if (arrival !== undefined) this.world.clock.schedule(arrival - now, () => this.arrive(ask, arrival <= ask.deadline));
  }

  /** When a message gets through; undefined when it never does. A link that it breaks is closed. */
  private arrivalOf(from: OverlayNode, to: OverlayNode, link: SharedLink, setup: number): number | undefined {
    const { clock, options, weather, problems } = this.world;
    link.use(clock.now);
    const way = options.latency.sampleMs(from.place, to.place, weather);
    const { broken, addMs, heldUntilMs } = problems.fateOf(from.index, to.index);
    if (broken || heldUntilMs - clock.now > GIVEN_UP_MS) {
      link.close();
      return undefined;
    }
    return Math.max(clock.now + setup, heldUntilMs) + way + addMs;
  }

  /** A request has arrived where it was sent to. */
  private arrive(ask: Exchange, isInTime: boolean): void {
    const { target, link, request, setup, deadline } = ask;
    const { clock } = this.world;
    if (!target.isAlive) {
      if (setup > 0) link.close(); // it was never set up
      if (isInTime) this.lose(ask);
      return;
    }
    if (setup > 0) target.inbound.set(this.index, link, clock.now);
    link.use(clock.now);
    const response = this.serve(target, request);
    if (!isInTime) return;
    const arrival = this.arrivalOf(target, this, link, 0);
    if (arrival === undefined || arrival > deadline) this.lose(ask);
    else clock.schedule(arrival - clock.now, () => this.deliver(ask, response));
  }

  private serve(target: OverlayNode, request: OverlayRequest): OverlayResponse {
    const { world } = this;
    const size = requestBytes(request);
    world.traffic.messages += 1;
    world.traffic.bytes += size;
    world.trace.note(TraceKind.request, world.clock.now, this.index, target.index, size);
    world.meters.request(request.kind, target.index, size, request.kind === "find_records" ? () => toHex(request.key) : undefined);
    if (request.kind === "store" && world.problems.refusesStores(target.index)) return NO_ROOM;
    return target.overlay.handle(this.caller, request);
  }

  private deliver({ target, link, done }: Exchange, response: OverlayResponse): void {
    const { world } = this;
    link.use(world.clock.now);
    if (!this.isAlive) return;
    const size = responseBytes(response);
    world.traffic.messages += 1;
    world.traffic.bytes += size;
    world.trace.note(TraceKind.response, world.clock.now, target.index, this.index, size);
    world.meters.message(response.kind, size);
    done(response);
  }

  /** Nothing comes back, and at the deadline that is noticed. */
  private lose({ target, deadline, done }: Exchange): void {
    const { world } = this;
    world.traffic.lost += 1;
    world.trace.note(TraceKind.lost, world.clock.now, this.index, target.index, 0);
    this.later(Math.max(0, deadline - world.clock.now), () => done(failed("timeout", "no answer")));
  }

  /** An open link, whoever dialled it; its own first, as the real pool takes them. */
  private linkTo(target: OverlayNode): SharedLink | undefined {
    const { now } = this.world.clock;
    return this.dialled.get(target.index, now) ?? this.inbound.get(target.index, now);
  }

  private dial(target: OverlayNode): SharedLink {
    const { world, place } = this;
    const { now } = world.clock;
    world.traffic.dials += 1;
    world.trace.note(TraceKind.dial, now, this.index, target.index, 0);
    const { latency, links } = world.options;
    const link = new SharedLink(now, LINK_SETUP_ROUND_TRIPS * 2 * latency.oneWayMs(place, target.place), links.idleMs);
    this.dialled.set(target.index, link, now);
    return link;
  }

  private later(ms: number, task: () => void): void {
    this.world.clock.schedule(ms, task, this.life);
  }
}

/**
 * Signatures that anybody could forge and nobody here does: a hash with the public key. They take a hundredth of the time, and an
 * adversary in a simulation forges by writing a wrong one. Real Ed25519 is used at the node level.
 */
class StandInSigner implements Signer {
  readonly publicKey: Uint8Array;

  constructor(stream: RandomStream) {
    this.publicKey = stream.bytes(32);
  }

  sign(message: Uint8Array): Uint8Array {
    return standInSignature(this.publicKey, message);
  }
}

function standInSignature(publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  const half = sha256(Buffer.concat([publicKey, message]));
  return new Uint8Array(Buffer.concat([half, half]));
}

/** All nodes read through one memory: a record is verified once, however many hold it, since the bytes are handed on and never copied. */
class SharedReader implements RecordReader {
  private readonly known = new WeakMap<Uint8Array, CapabilityRecord | string>();

  read(bytes: Uint8Array): CapabilityRecord | string {
    let record = this.known.get(bytes);
    if (record === undefined) {
      record = readRecord(bytes, (publicKey, message, signature) => Buffer.compare(standInSignature(publicKey, message), signature) === 0);
      this.known.set(bytes, record);
    }
    return record;
  }
}
