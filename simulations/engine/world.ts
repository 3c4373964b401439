import type {
  FindResult,
  JoinReport,
  LookupResult,
  Offer,
  OnOutcome,
  OverlayRequest,
  OverlaySettings,
  PublishReport,
  Query,
  Signer,
  VerifySignature,
} from "../../dht/index.ts";
import type { Contact, NodeId } from "../../routing/index.ts";
import { Faults } from "../faults/faults.ts";
import { VirtualClock } from "./clock.ts";
import type { Conduct } from "./conduct.ts";
import type { AddressPlan } from "./hosts/address-plan.ts";
import type { HostModel } from "./hosts/host-spec.ts";
import type { LatencyModel } from "./latency/latency-model.ts";
import { Meters } from "./meters.ts";
import type { Inside, Observer } from "./observer.ts";
import { RandomStream } from "./random.ts";
import { SimHost } from "./sim-host.ts";
import { Trace, TraceKind } from "./trace.ts";

/** Told of a request; gives what is to be told whether it was answered, if anything. */
export type RequestObserver = (to: Contact, target: NodeId | undefined) => ((answered: boolean) => void) | undefined;

/** One simulated node, whichever level it is simulated at. Call-backs come at a later moment of virtual time. */
export interface SimNode {
  readonly index: number;
  readonly id: NodeId;
  readonly contact: Contact;
  readonly isAlive: boolean;
  join(bootstrap: readonly Contact[], done: (report: JoinReport | undefined) => void): void;
  lookup(target: NodeId, done: (result: LookupResult) => void): void;
  /** @param patient whether to hear out those who are late. Default false. */
  find(query: string | Query, limit: number, done: (result: FindResult) => void, patient?: boolean): void;
  publish(offer: Offer, done: (report: PublishReport) => void): void;
  /** Sends a request of the simulation's own making, honest or not. */
  send(to: Contact, request: OverlayRequest, done: OnOutcome): void;
  /** How it answers; undefined: as it should. */
  conduct: Conduct | undefined;
  /** The host vanishes: nothing is said to anybody, and nothing there runs any more. */
  kill(): void;
  /** The host will not come back: what it knew, which is kept for another life of it, is let go. */
  bury(): void;
  /** It withdraws what it offers. `done` is called when that has been heard, or is in vain. */
  sayGoodbye(done: () => void): void;
  /**
   * A host that had vanished is there again, with the same key: with the contacts and records that it had, or with none. It knows nobody.
   */
  revive(keepsState: boolean): void;
  /** Whether a contact is in its routing table. For comparing with the oracle, never for the nodes themselves. */
  knows(contact: Contact): boolean;
  /** Its routing table. */
  contacts(): Iterable<Contact>;
  /** Its machine. */
  readonly host: SimHost;
  /** The city or region where it stands; empty where the latency model has none. */
  readonly placeName: string;
  /**
   * Has requests told as they are sent, with the id that is looked for; whoever listens may want to hear how each ends. Returns what ends
   * it.
   */
  observe(onRequest: RequestObserver): () => void;
  /** Records it holds for others. */
  readonly storeSize: number;
  /** Its overlay; another one in each of its lives. */
  readonly inside: Inside;
}

/** What is special about a node that is to be born. */
export interface Birth {
  /** It can be dialled, whatever share of the hosts cannot. */
  readonly isPublic?: boolean;
  /** It works for an attacker: it can be dialled, and counts as nobody's truth. */
  readonly isAdversary?: boolean;
  /** What its key is made of, 32 bytes. Default: drawn. */
  readonly seed?: Uint8Array | undefined;
  /** Default: the next of the world's address plan. */
  readonly ip?: string | undefined;
  /** Default: the one on which everybody listens. With `ip` it tells apart those who share a machine. */
  readonly port?: number | undefined;
  /** URIs at which it says that it can be dialled, whether or not it can. Default: its own. */
  readonly claims?: readonly string[] | undefined;
}

export interface WorldOptions {
  readonly seed: number;
  readonly latency: LatencyModel;
  readonly hosts: HostModel;
  readonly swarm: string;
  /** Links a node keeps to others, and how long one stays open on which nothing passes, ms. */
  readonly links: { readonly max: number; readonly idleMs: number };
  readonly overlay?: Partial<OverlaySettings>;
}

/** What has passed through a simulated network. */
export interface Traffic {
  /** Messages that arrived: requests, and the answers to them. */
  messages: number;
  /** Their bytes: encoded frames at the node level, computed sizes at the overlay level. */
  bytes: number;
  /** Links that were set up. */
  dials: number;
  /** Messages to hosts that are gone. */
  lost: number;
  /** Links that led to another than was meant. */
  astray: number;
}

/** A virtual world: time, a network, and the nodes in it. The two levels differ in how much of a node is real. */
export abstract class World {
  readonly options: WorldOptions;
  readonly clock = new VirtualClock();
  readonly trace = new Trace();
  readonly meters = new Meters();
  readonly traffic: Traffic = { messages: 0, bytes: 0, dials: 0, lost: 0, astray: 0 };
  /** Every node ever born, by index; a scenario decides how many. */
  readonly nodes: SimNode[] = [];
  /** What was thrown where nobody could catch it. Must stay empty. */
  readonly faults: string[] = [];
  /** Told of what passes between nodes, if anybody wants to know. */
  observer: Observer | undefined;
  /** What is wrong with the network now. */
  readonly problems: Faults;
  private readonly hostDraws: RandomStream;
  private readonly addresses: AddressPlan;
  /** Jitter of messages. Of its own, so that nothing else changes it. */
  readonly weather: RandomStream;

  constructor(options: WorldOptions) {
    this.options = options;
    this.weather = this.stream("weather");
    this.problems = new Faults(this.stream("faults"));
    this.hostDraws = this.stream("hosts");
    this.addresses = options.hosts.addresses(this.stream("addresses"));
  }

  /** A stream of random numbers for one concern. */
  stream(label: string): RandomStream {
    return new RandomStream(this.options.seed, label);
  }

  /** Brings a node into the world; it knows nobody yet. */
  birth(birth: Birth = {}): SimNode {
    const node = this.makeNode(this.nodes.length, this.newHost(birth), birth);
    this.nodes.push(node);
    this.trace.note(TraceKind.birth, this.clock.now, node.index, 0, 0);
    return node;
  }

  /** A machine for somebody who is to be born. */
  newHost({ isPublic = false, isAdversary = false, ip = this.addresses.next(), port }: Birth = {}): SimHost {
    const properties = this.options.hosts.draw(this.hostDraws);
    const canBeDialled = isPublic || isAdversary;
    return new SimHost(canBeDialled ? { ...properties, isClient: false } : properties, ip, isAdversary, port);
  }

  /** Addresses that one attacker has rented, side by side. @throws SynapseError `bad_options` beyond the 254 of a /24. */
  rent(count: number): string[] {
    return this.addresses.inOneSubnet(count);
  }

  /** @param isForGood whether it will never be revived: a world in which members come and go for days must not keep all who ever were. */
  death(node: SimNode, isForGood = false): void {
    if (!node.isAlive) return;
    this.trace.note(TraceKind.death, this.clock.now, node.index, 0, 0);
    node.kill();
    if (isForGood) node.bury();
  }

  /** A member takes its leave, and is gone when that is done. */
  leave(node: SimNode, isForGood = false): void {
    node.sayGoodbye(() => this.death(node, isForGood));
  }

  /** Lets virtual time pass up to a moment. */
  abstract runUntil(ms: number): Promise<void>;

  /** The key pair that a seed of 32 bytes makes. */
  abstract signerOf(seed: Uint8Array): Signer;

  /** Checks a signature as the nodes of this world do. */
  abstract readonly verify: VerifySignature;

  protected abstract makeNode(index: number, host: SimHost, birth: Birth): SimNode;
}

/** Wall-clock time at which every simulation begins, ms: 2026-01-01 UTC. */
export const EPOCH_MS = Date.UTC(2026, 0, 1);

/** What a clock that is right shows now, ms since 1970. */
export function wallClockOf({ clock }: World): number {
  return EPOCH_MS + clock.now;
}
