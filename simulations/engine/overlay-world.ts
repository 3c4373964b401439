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
import { nextTurn } from "../../src/runtime.ts";
import type { Place } from "./latency.ts";
import { LinkSet } from "./link-set.ts";
import { requestBytes, responseBytes } from "./message-size.ts";
import type { RandomStream } from "./random.ts";
import { SimRuntime } from "./sim-runtime.ts";
import { TraceKind } from "./trace.ts";
import { type SimNode, World, type WorldOptions } from "./world.ts";

/** Round trips to set up a link: TCP one, TLS 1.3 another. */
const LINK_SETUP_ROUND_TRIPS = 2;

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
  /** To whom a link is open, either side having dialled. */
  private readonly links = new LinkSet();
  /** Of those the ones dialled from here: only these prove an address. */
  private readonly dialled = new LinkSet();

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
    this.links.clear();
    this.dialled.clear();
  }

  // Peers

  request(to: Contact, request: OverlayRequest, timeoutMs: number, done: OnOutcome): void {
    const target = this.world.byKey.get(to.key);
    if (target === undefined) this.later(timeoutMs, () => done(failed("unreachable", "no such host")));
    else this.exchange(target, request, this.links, timeoutMs, done);
  }

  verify(contact: Contact, timeoutMs: number, done: (outcome: Contact | Failed) => void): void {
    const target = this.world.byKey.get(contact.key);
    if (target === undefined) this.later(timeoutMs, () => done(failed("unreachable", "no such host")));
    else this.ping(target, timeoutMs, done);
  }

  contactAt(address: string, timeoutMs: number, done: (outcome: Contact | Failed) => void): void {
    const index = Number(/^tcp:\/\/n(\d+)\.sim/.exec(address)?.[1] ?? -1);
    const target = this.world.nodes[index] as OverlayNode | undefined;
    if (target === undefined) {
      this.later(timeoutMs, () => done(failed("unreachable", "no such host")));
      return;
    }
    this.ping(target, timeoutMs, done);
  }

  private ping(target: OverlayNode, timeoutMs: number, done: (outcome: Contact | Failed) => void): void {
    this.exchange(target, { kind: "ping" }, this.dialled, timeoutMs, (outcome) =>
      done(outcome.kind === "failed" ? outcome : target.contact),
    );
  }

  /** One request and its answer, over an open link or a new one. */
  private exchange(target: OverlayNode, request: OverlayRequest, usable: LinkSet, timeoutMs: number, done: OnOutcome): void {
    const { world, place } = this;
    const { latency } = world.options;
    const setup = usable.use(target.index) ? 0 : this.dial(target);
    const deadline = world.clock.now + timeoutMs;
    const there = setup + latency.sampleMs(place, target.place, world.weather);
    world.clock.schedule(there, () => {
      if (!target.isAlive) {
        this.lose(target, deadline, done);
        return;
      }
      if (setup > 0) this.linked(target);
      world.traffic.messages += 1;
      const size = requestBytes(request);
      world.traffic.bytes += size;
      world.trace.note(TraceKind.request, world.clock.now, this.index, target.index, size);
      const response = target.overlay.handle(this.caller, request);
      const back = latency.sampleMs(target.place, place, world.weather);
      world.clock.schedule(back, () => this.deliver(target, response, deadline, done));
    });
  }

  private deliver(target: OverlayNode, response: OverlayResponse, deadline: number, done: OnOutcome): void {
    if (!this.isAlive) return;
    const { world } = this;
    const size = responseBytes(response);
    world.traffic.messages += 1;
    world.traffic.bytes += size;
    world.trace.note(TraceKind.response, world.clock.now, target.index, this.index, size);
    if (world.clock.now > deadline) done(failed("timeout", "too late"));
    else done(response, this.dialled.use(target.index) ? target.contact : undefined);
  }

  /** The host is gone: nothing comes back, and at the deadline that is noticed. */
  private lose(target: OverlayNode, deadline: number, done: (outcome: Failed) => void): void {
    const { world } = this;
    world.traffic.lost += 1;
    world.trace.note(TraceKind.lost, world.clock.now, this.index, target.index, 0);
    this.links.delete(target.index);
    this.dialled.delete(target.index);
    this.later(deadline - world.clock.now, () => done(failed("timeout", "no answer")));
  }

  /** Time until a new link can carry a request, ms. */
  private dial(target: OverlayNode): number {
    const { world, place } = this;
    world.traffic.dials += 1;
    world.trace.note(TraceKind.dial, world.clock.now, this.index, target.index, 0);
    return LINK_SETUP_ROUND_TRIPS * 2 * world.options.latency.oneWayMs(place, target.place);
  }

  private linked(target: OverlayNode): void {
    this.links.add(target.index);
    this.dialled.add(target.index);
    target.links.add(this.index);
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
