import { type Contact, SynapseError } from "../routing/index.ts";
import { Filtering } from "./filtering.ts";
import type { FindResult } from "./finder.ts";
import { HandOver } from "./hand-over.ts";
import { Handlers } from "./handlers.ts";
import { Join, type JoinReport } from "./join.ts";
import type { KeptRecord } from "./kept-record.ts";
import { Leases } from "./leases.ts";
import { type LookupResult, LookupRun } from "./lookup-run.ts";
import { Maintenance } from "./maintenance.ts";
import { Membership } from "./membership.ts";
import type { OverlayRequest, OverlayResponse } from "./messages.ts";
import type { SizeEstimate } from "./network-size.ts";
import type { Caller, Peers, Runtime, Signer } from "./ports.ts";
import { type Offer, Publisher, type PublishReport } from "./publisher.ts";
import type { Query } from "./query/index.ts";
import type { RecordReader } from "./record-reader.ts";
import { RecordStore } from "./record-store.ts";
import { Relays } from "./relays.ts";
import { Reunion } from "./reunion.ts";
import { Search, type SearchOptions } from "./search.ts";
import { DEFAULT_SETTINGS, type OverlaySettings } from "./settings.ts";
import { SleepWatch } from "./sleep-watch.ts";
import { type Snapshot, takeSnapshot } from "./snapshot.ts";
import { type WalkOptions, withPaths } from "./walk-options.ts";
import { type StandingOptions, Watches } from "./watches.ts";

const DEFAULT_JOIN_ATTEMPTS = 4;

export interface OverlayOptions {
  /** Who this node is and where others can dial it; no addresses when they cannot. */
  readonly self: Contact;
  /** The name of the network: nodes and records of other swarms are refused. */
  readonly swarm: string;
  readonly runtime: Runtime;
  readonly peers: Peers;
  readonly signer: Signer;
  readonly reader: RecordReader;
  readonly settings?: Partial<OverlaySettings>;
}

export interface JoinLimits {
  /** Rounds of trying before it counts as failed. Default 4. */
  readonly attempts?: number;
  /** Contacts of an earlier life, tried beside the bootstrap addresses, of which there may then be none. */
  readonly known?: readonly Contact[];
}

/** Stops what it was given with. */
export interface Stoppable {
  stop(): void;
}

/**
 * One node's part of the overlay: its routing table, the records it holds for others, its own records, and the walks that it makes.
 * Everything is call-backs and plain data, without promises, so that a simulation of many thousands runs at the speed of arithmetic;
 * `src/node.ts` wraps it in promises for people.
 */
export class Overlay {
  /** Under which addresses it publishes. They may change, its id does not. */
  self: Contact;
  readonly swarm: string;
  readonly settings: OverlaySettings;
  readonly runtime: Runtime;
  readonly peers: Peers;
  readonly membership: Membership;
  readonly store: RecordStore;
  readonly reader: RecordReader;
  readonly signer: Signer;
  readonly filtering: Filtering;
  readonly leases: Leases;
  readonly watches: Watches;
  private readonly publisher: Publisher;
  private readonly handlers: Handlers;
  private readonly relays: Relays;
  private readonly maintenance: Maintenance;
  private readonly handOver: HandOver;
  private readonly reunion: Reunion;
  private joining: Join | undefined;

  constructor(options: OverlayOptions) {
    this.self = options.self;
    this.swarm = options.swarm;
    this.runtime = options.runtime;
    this.peers = options.peers;
    this.signer = options.signer;
    this.reader = options.reader;
    this.settings = { ...DEFAULT_SETTINGS, ...options.settings };
    this.membership = new Membership(this.self.id, this.runtime, this.peers, this.settings);
    this.store = new RecordStore(this.swarm, this.self.id);
    this.filtering = new Filtering(this.runtime, this.settings);
    this.leases = new Leases(this);
    this.watches = new Watches(this);
    this.store.onStored = (key, record, before) => {
      this.leases.onStored(key, record, before);
      this.watches.onChanged(key, record);
    };
    this.publisher = new Publisher(this);
    this.handlers = new Handlers(this);
    this.relays = new Relays(this);
    this.maintenance = new Maintenance(this, this.store);
    this.reunion = new Reunion(this, () => this.publisher.republishAll());
    const sleepWatch = new SleepWatch(
      this,
      () => this.maintenance.beginAnew(),
      () => this.publisher.republishAll(),
    );
    this.maintenance.onLook = (lateMs) => sleepWatch.look(lateMs);
    this.maintenance.onLost = () => {
      this.joining?.again();
      this.reunion.seek();
    };
    this.handOver = new HandOver(this, this.store);
    this.membership.onNewcomer = (contact) => this.handOver.onNewcomer(contact);
  }

  /** Begins the upkeep of table and store. The first node of a network, which has nobody to join through, needs no more. */
  start(): void {
    this.maintenance.start();
    this.reunion.start();
  }

  /** Ends everything that would happen by itself. */
  stop(): void {
    this.joining?.stop();
    this.publisher.stop();
    this.maintenance.stop();
    this.reunion.stop();
    this.handOver.stop();
    this.leases.stop();
    this.watches.stop();
  }

  /** Enters the network through any of several addresses; when none answers it keeps trying in the background, until it is stopped. */
  join(
    bootstrap: readonly string[],
    onJoined: (report: JoinReport) => void,
    onFailed: (error: SynapseError) => void,
    { attempts = DEFAULT_JOIN_ATTEMPTS, known = [] }: JoinLimits = {},
  ): Stoppable {
    if (bootstrap.length + known.length === 0) throw new SynapseError("bad_options", "no bootstrap address was given to join through");
    this.joining?.stop();
    this.reunion.bootstrap = bootstrap;
    let isTold = false;
    const joining = new Join(this, {
      bootstrap,
      known,
      attempts,
      onFailed,
      onJoined: (report) => {
        this.publisher.republishAll(); // what was published while alone is in no other node's store
        if (!isTold) onJoined(report);
        isTold = true;
      },
    });
    this.joining = joining;
    return joining.start();
  }

  /**
   * What to take along into another life: {@link readSnapshot} gives the contacts that `known` takes, and the records to {@link resume}.
   */
  snapshot(): Snapshot {
    return takeSnapshot(this.membership.table, this.swarm, this.publisher.kept);
  }

  /** Answers another node. */
  handle(caller: Caller, request: OverlayRequest): OverlayResponse {
    return this.handlers.handle(caller, request);
  }

  /** The same for a caller that can wait: where this node has nothing and another may, that one is asked first. See {@link Relays}. */
  serve(caller: Caller, request: OverlayRequest, respond: (response: OverlayResponse) => void): void {
    const response = this.handlers.handle(caller, request);
    if (request.kind === "find_records" && response.kind === "find_records") this.relays.extend(request, response, respond);
    else respond(response);
  }

  /**
   * Walks to the k nodes nearest to an id.
   * @throws SynapseError `bad_options` where `paths` is not 1 to 8.
   */
  lookup(target: Uint8Array, onDone: (result: LookupResult) => void, { paths }: WalkOptions = {}): Stoppable {
    const { runtime, peers, membership } = this;
    const walker = { runtime, peers, membership, settings: withPaths(this.settings, paths) };
    return new LookupRun(walker, { target, request: { kind: "find_node", target }, onDone }).start();
  }

  /**
   * Searches for agents by what they offer, in the language of docs/queries.md. The name of a capability finds all below it as well.
   * @throws SynapseError `bad_query`, `bad_options`.
   */
  find(query: string | Query, options: SearchOptions, onDone: (result: FindResult) => void): Stoppable {
    return new Search(this, query, options, onDone).start();
  }

  /**
   * Watches the answer to a query: tells who is in it, and from then on who appears, changes and leaves, until it is stopped.
   * @throws SynapseError `bad_query`, `too_many` beyond 64 at once.
   */
  watch(query: string | Query, options: StandingOptions): Stoppable {
    return this.watches.begin(query, options);
  }

  /** Publishes an offer and keeps it published. See {@link Publisher.publish}. */
  publish(offer: Offer, done: (report: PublishReport) => void, settled?: (report: PublishReport) => void): void {
    this.publisher.publish(offer, done, settled);
  }

  /** Takes up again what this node published before it was started again: what {@link readSnapshot} gives. */
  resume(records: readonly KeptRecord[]): void {
    this.publisher.resume(records);
  }

  /** What was published in a former life and is offered no more must not be kept alive. */
  withdrawAllBut(offered: readonly string[]): void {
    for (const { capability } of this.published) if (!offered.includes(capability)) this.withdraw(capability, () => undefined);
  }

  withdraw(capability: string, done: (report: PublishReport) => void): void {
    this.publisher.withdraw(capability, done);
  }

  /** How many nodes there are, as far as this one can tell. */
  get size(): SizeEstimate {
    return this.membership.size.estimate;
  }

  /** The records this node publishes. */
  get published() {
    return this.publisher.records;
  }
}
