import { sha256 } from "@noble/hashes/sha2.js";
import {
  type Caller,
  type FindResult,
  type JoinReport,
  type LookupResult,
  type Offer,
  type OnOutcome,
  Overlay,
  type OverlayRequest,
  type OverlayResponse,
  type PublishReport,
  type Query,
  type Signer,
} from "../../dht/index.ts";
import { type Contact, makeContact, type NodeId } from "../../routing/index.ts";
import { DEFAULT_LIMITS } from "../../src/limits.ts";
import type { Owner } from "./clock.ts";
import type { Conduct } from "./conduct.ts";
import type { Place } from "./latency/latency-model.ts";
import { LinkSet } from "./link-set.ts";
import type { Inside } from "./observer.ts";
import { OverlayPort } from "./overlay-port.ts";
import type { OverlayWorld } from "./overlay-world.ts";
import type { RandomStream } from "./random.ts";
import type { SimHost } from "./sim-host.ts";
import { SimRuntime } from "./sim-runtime.ts";
import type { Birth, RequestObserver, SimNode } from "./world.ts";

const NO_ROOM: OverlayResponse = { kind: "store", outcome: "busy", split: undefined, reason: "nothing can be stored here now" };
/** How long a request that a node makes up itself may take, ms. */
const OWN_REQUEST_MS = 5_000;
/** How long a goodbye may take, ms. */
const GOODBYE_MS = 10_000;

/** One life of a node: timers of an earlier one do nothing. */
export interface Life extends Owner {
  isAlive: boolean;
}

/** A node at the overlay level: the overlay of production, and what is simulated around it. */
export class OverlayNode implements SimNode {
  readonly index: number;
  readonly host: SimHost;
  readonly contact: Contact;
  readonly place: Place;
  /** Links dialled from here: only these prove an address. */
  readonly dialled: LinkSet;
  /** Links that others dialled: good for calling them, too. */
  readonly inbound: LinkSet;
  life: Life = { isAlive: true };
  conduct: Conduct | undefined;
  private observers: RequestObserver[] = []; // those of a recorder
  /** Who it is to those it asks. */
  readonly caller: Caller;
  private readonly world: OverlayWorld;
  private readonly stream: RandomStream;
  private readonly signer: Signer;
  private readonly port: OverlayPort;
  private overlay: Overlay;

  constructor(world: OverlayWorld, index: number, host: SimHost, { seed, claims }: Birth) {
    this.world = world;
    this.index = index;
    this.host = host;
    this.stream = world.stream(`node ${index}`);
    this.signer = world.signerOf(seed ?? this.stream.bytes(32));
    this.place = world.options.latency.place(this.stream);
    this.contact = makeContact(sha256(this.signer.publicKey), host.addresses);
    const { max, idleMs } = world.options.links;
    this.dialled = new LinkSet(max, idleMs);
    this.inbound = new LinkSet(DEFAULT_LIMITS.maxConnections, idleMs);
    const claimed = claims === undefined ? this.contact : makeContact(this.contact.id, claims);
    this.caller = { id: this.contact.id, claimed: claimed.addresses.length === 0 ? undefined : claimed, host: host.ip };
    this.port = new OverlayPort(world, this);
    this.overlay = this.begin();
  }

  get isAlive(): boolean {
    return this.life.isAlive;
  }

  get id(): NodeId {
    return this.contact.id;
  }

  get storeSize(): number {
    return this.overlay.store.size;
  }

  get inside(): Inside {
    return this.overlay;
  }

  get placeName(): string {
    return this.world.options.latency.nameOf(this.place);
  }

  knows(contact: Contact): boolean {
    return this.overlay.membership.table.has(contact);
  }

  contacts(): Iterable<Contact> {
    return this.overlay.membership.table.contacts();
  }

  observe(onRequest: RequestObserver): () => void {
    this.observers.push(onRequest);
    return () => {
      this.observers = this.observers.filter((observer) => observer !== onRequest);
    };
  }

  /** A call-back that tells the observers, too; the same one where there are none. */
  observed(to: Contact, request: OverlayRequest, done: OnOutcome): OnOutcome {
    const { observer } = this.world;
    if (this.observers.length === 0 && observer === undefined) return done;
    observer?.onSent(this, to, request);
    const told = this.observers.map((observer) => observer(to, request.kind === "find_node" ? request.target : undefined));
    return (outcome, reached) => {
      for (const tell of told) tell?.(outcome.kind !== "failed");
      observer?.onOutcome(this, to, request, outcome, reached);
      done(outcome, reached);
    };
  }

  /** Answers a request that has arrived from another, now or later; false where it never does. */
  answer(from: OverlayNode, request: OverlayRequest, respond: (response: OverlayResponse) => void, caller: Caller): boolean {
    const { conduct } = this;
    if (conduct === undefined) {
      this.serve(from, caller, request, respond);
      return true;
    }
    const answer = conduct.answer(caller, request, () => this.serveNow(from, caller, request));
    if (answer !== undefined) respond(answer);
    return answer !== undefined;
  }

  private serve(from: OverlayNode, caller: Caller, request: OverlayRequest, respond: (response: OverlayResponse) => void): void {
    if (this.refuses(request)) respond(NO_ROOM);
    else
      this.overlay.serve(caller, request, (response) => {
        this.world.observer?.onServed(this, from, request, response);
        respond(response);
      });
  }

  private serveNow(from: OverlayNode, caller: Caller, request: OverlayRequest): OverlayResponse {
    if (this.refuses(request)) return NO_ROOM;
    const response = this.overlay.handle(caller, request);
    this.world.observer?.onServed(this, from, request, response);
    return response;
  }

  private refuses(request: OverlayRequest): boolean {
    return request.kind === "store" && this.world.problems.refusesStores(this.index);
  }

  join(bootstrap: readonly Contact[], done: (report: JoinReport | undefined) => void): void {
    const addresses = bootstrap.map((contact) => contact.addresses[0] as string);
    this.overlay.join(addresses, done, () => done(undefined));
  }

  lookup(target: NodeId, done: (result: LookupResult) => void): void {
    this.overlay.lookup(target, done);
  }

  find(query: string | Query, limit: number, done: (result: FindResult) => void, patient = false): void {
    this.overlay.find(query, { limit, patient }, done);
  }

  publish(offer: Offer, done: (report: PublishReport) => void): void {
    this.overlay.publish(offer, done);
  }

  send(to: Contact, request: OverlayRequest, done: OnOutcome): void {
    this.port.request(to, request, OWN_REQUEST_MS, done);
  }

  kill(): void {
    this.life.isAlive = false;
    this.overlay.stop();
    this.dialled.clear();
    this.inbound.clear();
  }

  bury(): void {
    this.world.nobody ??= this.makeOverlay();
    this.overlay = this.world.nobody;
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

  /** Something that happens only if this life of the node lasts until then. */
  later(ms: number, task: () => void): void {
    this.world.clock.schedule(ms, task, this.life);
  }

  private witnessed(signer: Signer): Signer {
    const { publicKey } = signer;
    const sign = (message: Uint8Array) => {
      this.world.observer?.onSigned(this, message);
      return signer.sign(message);
    };
    return { publicKey, sign };
  }

  private begin(): Overlay {
    const overlay = this.makeOverlay();
    overlay.start();
    return overlay;
  }

  private makeOverlay(): Overlay {
    const { world, stream, signer, life, host } = this;
    const { swarm, overlay: settings } = world.options;
    return new Overlay({
      self: this.contact,
      swarm,
      runtime: new SimRuntime(world.clock, stream, life, host.properties.clockOffsetMs),
      peers: this.port,
      signer: this.witnessed(signer),
      reader: world.reader,
      ...(settings && { settings }),
    });
  }
}
