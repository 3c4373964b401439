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
import { type Contact, makeContact, type NodeId } from "../../routing/index.ts";
import { DEFAULT_LIMITS } from "../../src/limits.ts";
import { nextTurn } from "../../src/runtime.ts";
import type { Place } from "./latency.ts";
import { LinkSet, SharedLink } from "./link-set.ts";
import { requestBytes, responseBytes } from "./message-size.ts";
import type { RandomStream } from "./random.ts";
import { SimRuntime } from "./sim-runtime.ts";
import { TraceKind } from "./trace.ts";
import { type SimNode, World, type WorldOptions } from "./world.ts";

/** Round trips to set up a link: TCP one, TLS 1.3 another. */
const LINK_SETUP_ROUND_TRIPS = 2;
/** Links dialled and kept: the bound of the real pool. */
const MAX_DIALLED = 512;

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

/** A node and its port to the simulated network. */
class OverlayNode implements SimNode, Peers {
  readonly index: number;
  readonly contact: Contact;
  readonly place: Place;
  isAlive = true;
  /** Who it is to those it asks. */
  private readonly caller: Caller;
  private readonly world: OverlayWorld;
  private readonly overlay: Overlay;
  /** Links dialled from here: only these prove an address. */
  private readonly dialled = new LinkSet(MAX_DIALLED);
  /** Links that others dialled: good for calling them, too. */
  private readonly inbound = new LinkSet(DEFAULT_LIMITS.maxConnections);

  constructor(world: OverlayWorld, index: number) {
    this.world = world;
    this.index = index;
    const stream = world.stream(`node ${index}`);
    const signer = new StandInSigner(stream);
    this.place = world.options.latency.place(stream);
    this.contact = makeContact(sha256(signer.publicKey), [`tcp://n${index}.sim:9999`]);
    this.caller = { id: this.contact.id, claimed: this.contact, host: `n${index}.sim` };
    this.overlay = new Overlay({
      self: this.contact,
      swarm: world.options.swarm,
      runtime: new SimRuntime(world.clock, stream, this),
      peers: this,
      signer,
      reader: world.reader,
      ...(world.options.overlay && { settings: world.options.overlay }),
    });
    this.overlay.start();
  }

  get id(): NodeId {
    return this.contact.id;
  }

  knows(contact: Contact): boolean {
    return this.overlay.membership.table.has(contact);
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
    this.isAlive = false;
    this.overlay.stop();
    this.dialled.clear();
    this.inbound.clear();
  }

  // Peers

  request(to: Contact, request: OverlayRequest, timeoutMs: number, done: OnOutcome): void {
    const target = this.world.byKey.get(to.key);
    if (target === undefined) this.later(timeoutMs, () => done(failed("unreachable", "no such host")));
    else this.exchange(target, request, this.linkTo(target) ?? this.dial(target), timeoutMs, done);
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
    const { world, place } = this;
    const { clock } = world;
    const { latency } = world.options;
    const setup = Math.max(0, link.readyAt - clock.now);
    const deadline = clock.now + timeoutMs;
    const reached = this.dialled.get(target.index, clock.now) === link ? target.contact : undefined;
    link.use(clock.now);
    clock.schedule(setup + latency.sampleMs(place, target.place, world.weather), () => {
      if (!target.isAlive) {
        if (setup > 0) link.close(); // it was never set up
        this.lose(target, deadline, done);
        return;
      }
      if (setup > 0) target.inbound.set(this.index, link, clock.now);
      link.use(clock.now);
      const response = this.serve(target, request);
      const back = latency.sampleMs(target.place, place, world.weather);
      clock.schedule(back, () => {
        link.use(clock.now);
        this.deliver(target, response, deadline, (outcome) => done(outcome, reached));
      });
    });
  }

  /** A request has arrived. */
  private serve(target: OverlayNode, request: OverlayRequest): OverlayResponse {
    const { world } = this;
    const size = requestBytes(request);
    world.traffic.messages += 1;
    world.traffic.bytes += size;
    world.trace.note(TraceKind.request, world.clock.now, this.index, target.index, size);
    return target.overlay.handle(this.caller, request);
  }

  private deliver(
    target: OverlayNode,
    response: OverlayResponse,
    deadline: number,
    done: (outcome: OverlayResponse | Failed) => void,
  ): void {
    if (!this.isAlive) return;
    const { world } = this;
    const size = responseBytes(response);
    world.traffic.messages += 1;
    world.traffic.bytes += size;
    world.trace.note(TraceKind.response, world.clock.now, target.index, this.index, size);
    if (world.clock.now > deadline) done(failed("timeout", "too late"));
    else done(response);
  }

  /** The host is gone: nothing comes back, and at the deadline that is noticed. */
  private lose(target: OverlayNode, deadline: number, done: (outcome: Failed) => void): void {
    const { world } = this;
    world.traffic.lost += 1;
    world.trace.note(TraceKind.lost, world.clock.now, this.index, target.index, 0);
    this.later(deadline - world.clock.now, () => done(failed("timeout", "no answer")));
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
    const link = new SharedLink(now, LINK_SETUP_ROUND_TRIPS * 2 * world.options.latency.oneWayMs(place, target.place));
    this.dialled.set(target.index, link, now);
    return link;
  }

  private later(ms: number, task: () => void): void {
    this.world.clock.schedule(ms, task, this);
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
