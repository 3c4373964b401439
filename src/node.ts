import {
  CachedRecordReader,
  type Caller,
  type FindResult,
  type JoinLimits,
  type JoinReport,
  type LookupResult,
  type Match,
  Overlay,
  type OverlayRequest,
  type Query,
  type RecordReader,
  type SizeEstimate,
  type WalkOptions,
  type WatchEvent,
} from "../dht/index.ts";
import { type Contact, makeContact, type NodeId, toHex } from "../routing/index.ts";
import { abortable } from "./abortable.ts";
import { formatAddress, parseAddress } from "./address.ts";
import { asPartOfCurrent, callOptions, DEFAULT_CALL_TIMEOUT_MS, readArguments } from "./call-arguments.ts";
import { type Confirmed, confirm } from "./confirm.ts";
import { ContactKeeper } from "./contact-keeper.ts";
import { abortedError, SynapseError } from "./errors.ts";
import { FileLocks } from "./file-locks.ts";
import { publisherOf } from "./hearsay.ts";
import { countedHost } from "./hosts.ts";
import { verifyEd25519 } from "./identity.ts";
import { DEFAULT_SWARM, type NodeOptions } from "./node-options.ts";
import { checkedLimits } from "./option-checks.ts";
import { OverlayPeers } from "./overlay-peers.ts";
import { decodeRequest, encodeResponse, OVERLAY_ENDPOINTS, OVERLAY_KINDS } from "./overlay-wire.ts";
import { peerInfo, samplePeers } from "./python-shapes.ts";
import { type Reachability, watchReachability } from "./reachability.ts";
import type { Errand } from "./rpc/attempts.ts";
import type { CallContext } from "./rpc/call-context.ts";
import { callOver, openOver } from "./rpc/call-over.ts";
import { Deadline } from "./rpc/deadline.ts";
import { LazyStream } from "./rpc/lazy-stream.ts";
import type { CallOptions, OutgoingRequest } from "./rpc/outgoing-calls.ts";
import type { ConnectOptions } from "./rpc/pool.ts";
import { either } from "./runtime.ts";
import { type FindOptions, searchOver } from "./search-over.ts";
import { Server } from "./server.ts";
import { type Service, serviceOf } from "./service.ts";
import { WatchStream } from "./watch-stream.ts";

/** How long a node may take to accept a link, ms, all its addresses together, whatever the call may take after that. */
const DIAL_TIMEOUT_MS = 5_000;
/** How long an agent may take to say what it can do, where a search asks for that, ms. */
const CONFIRM_TIMEOUT_MS = 5_000;

/** What a node can be called by: an address, a contact, or a match of a search. */
export type Target = string | Contact | Match;

/** A server that is also a member of an overlay: it knows other nodes, answers their lookups, and finds agents by what they can do. */
export class Node extends Server {
  readonly name: string;
  readonly role: string;
  readonly description: string;
  readonly swarm: string;
  private readonly nodeOptions: NodeOptions;
  private member: Overlay | undefined;
  /** Standing queries; as many as the overlay allows. */
  private readonly streams = new Set<WatchStream>();
  /** Ends the join begun last, for whoever waits for it. */
  private joining: AbortController | undefined;
  private keeper: ContactKeeper | undefined;
  private readonly locks = new FileLocks();
  private reachability: Reachability | undefined;

  constructor(options: NodeOptions = {}) {
    const swarm = options.swarm ?? DEFAULT_SWARM;
    if (swarm === "" || swarm.length > 255) throw new SynapseError("bad_options", "swarm must be 1 to 255 characters");
    for (const address of options.bootstrap ?? []) parseAddress(address); // complain at once, not when joining
    super({ ...options, port: options.port ?? 0 }, swarm);
    this.nodeOptions = options;
    this.swarm = swarm;
    this.name = options.name ?? toHex(this.core.identity.nodeId).slice(0, 8);
    this.role = options.role ?? "";
    this.description = options.description ?? "";
    this.registerOverlayEndpoints();
  }

  get id(): NodeId {
    return this.core.identity.nodeId;
  }

  /** This node as others would reach it. */
  get contact(): Contact {
    return this.overlay.self;
  }

  /** Contacts in the routing table: nodes that have answered. */
  get peers(): Contact[] {
    return [...this.overlay.membership.table.contacts()];
  }

  /** How many nodes there are, and how far that may be wrong, by the lookups of this one. */
  get networkSize(): SizeEstimate {
    return this.overlay.size;
  }

  /**
   * Searches for agents by what they offer: `code-review lang=typescript price<0.02 !gpu`, or an object that says the same. The name of a
   * capability finds all below it. docs/queries.md has the language.
   * @throws SynapseError `bad_query`, `bad_options`, `aborted`.
   */
  async find(query: string | Query, options: FindOptions = {}): Promise<FindResult & Partial<Pick<Confirmed, "unconfirmed">>> {
    const result = await searchOver(this.overlay, query, options);
    if (options.confirm !== true) return result;
    const own = callOptions({ signal: options.signal, timeoutMs: CONFIRM_TIMEOUT_MS });
    return { ...result, ...(await confirm(query, result.matches, (match) => this.call(match, "_agent.capabilities", own))) };
  }

  /**
   * Watches the answer to a query: who is in it, as `appeared`, and from then on who appears, changes and leaves. Leaving the loop ends it.
   * `for await (const { kind, match } of node.watch("code-review lang=go")) …`
   * @throws SynapseError `bad_query`, `too_many` beyond 64 at once; `aborted`, from the loop.
   */
  watch(query: string | Query, options: { readonly signal?: AbortSignal | undefined } = {}): AsyncIterableIterator<WatchEvent> {
    const { signal } = checkedLimits(options);
    const stream = WatchStream.of((onEvent) => this.overlay.watch(query, { onEvent }), signal);
    this.streams.add(stream);
    stream.whenOver(() => this.streams.delete(stream));
    return stream;
  }

  /** Walks to the k nodes nearest to an id. */
  lookup(target: NodeId, signal?: AbortSignal, options: WalkOptions = {}): Promise<LookupResult> {
    return abortable(signal, (done) => this.overlay.lookup(target, done, options));
  }

  /**
   * Calls an endpoint of another node over the pooled link to it. {@link kwargs} and {@link callOptions} may stand among the arguments.
   * @throws SynapseError with the code that the other side gave, or one of this side's own.
   */
  async call(target: Target, endpoint: string, ...args: unknown[]): Promise<unknown> {
    const { request, options } = readArguments(endpoint, args);
    const own = asPartOfCurrent({ timeoutMs: DEFAULT_CALL_TIMEOUT_MS, ...options });
    const { signal } = own;
    if (signal?.aborted) throw abortedError(signal);
    const { result } = await callOver(this.errand(target, request, own, signal));
    return result;
  }

  /**
   * Calls an endpoint of another node and reads its answer item by item: `for await (const token of node.stream(match, "generate",
   * prompt))`. Ending the loop ends the call. The timeout of {@link callOptions} is for each item.
   * @throws SynapseError as {@link call}, from the loop.
   */
  stream(target: Target, endpoint: string, ...args: unknown[]): AsyncIterableIterator<unknown> {
    const { request, options } = readArguments(endpoint, args);
    const own = asPartOfCurrent({ timeoutMs: DEFAULT_CALL_TIMEOUT_MS, ...options });
    return new LazyStream(async (left) => openOver(this.errand(target, request, own, either(own.signal, left)), left));
  }

  /**
   * The endpoints of another node as typed functions, by the type of what registers them there:
   * `const { translate } = node.service<typeof translator>(match); await translate("hello")`. See {@link RemoteAnswer}.
   */
  service<S>(target: Target): Service<S> {
    return serviceOf<S>({
      call: (endpoint, ...args) => this.call(target, endpoint, ...args),
      stream: (endpoint, ...args) => this.stream(target, endpoint, ...args),
    });
  }

  /**
   * Enters the network through one of several addresses. Done by start() where `bootstrap` was given.
   * @throws SynapseError `unreachable` when none of them answers, `wrong_swarm` when they are all in another; it then keeps trying in the
   * background. `aborted`, and then it is not: by the signal, by another join, which takes the place of this one, or by stop().
   */
  join(bootstrap: readonly string[], options: { readonly signal?: AbortSignal | undefined } = {}): Promise<JoinReport> {
    return this.enter(bootstrap, {}, options);
  }

  private async enter(bootstrap: readonly string[], limits: JoinLimits, options: { readonly signal?: AbortSignal | undefined }) {
    const joining = new AbortController();
    const given = checkedLimits(options).signal;
    const signal = either(given, joining.signal);
    return abortable<JoinReport>(signal, (done, failed) => {
      const work = this.overlay.join(bootstrap, done, failed, limits);
      this.joining?.abort();
      this.joining = joining;
      return work;
    });
  }

  protected get overlay(): Overlay {
    if (this.member === undefined)
      throw new SynapseError("bad_options", "the node has not been started", { hint: "await node.start() first" });
    return this.member;
  }

  /** What checks the records that come in. */
  protected makeReader(): RecordReader {
    return new CachedRecordReader(verifyEd25519);
  }

  protected override async onStarted(signal?: AbortSignal): Promise<void> {
    const { runtime, identity } = this.core;
    await this.locks.take([identity.file, this.nodeOptions.state]);
    this.member = new Overlay({
      self: makeContact(identity.nodeId, this.core.addresses),
      swarm: this.swarm,
      runtime,
      peers: new OverlayPeers(this.core),
      signer: identity,
      reader: this.makeReader(),
      ...(this.nodeOptions.overlay && { settings: this.nodeOptions.overlay }),
    });
    this.member.start();
    this.reachability = watchReachability(this.core, this.member, (line) => this.log(line));
    await this.enterAtFirst(signal);
    this.member.withdrawAllBut(this.capabilityNames);
  }

  private async enterAtFirst(signal: AbortSignal | undefined): Promise<void> {
    const { bootstrap: given = [], join = "required" } = this.nodeOptions;
    // A list that all nodes of a network share names this one, too.
    const bootstrap = given.filter((address) => !this.addresses.includes(formatAddress(parseAddress(address))));
    const known = await this.contactsKept();
    if (bootstrap.length + known.length === 0) return;
    try {
      await this.enter(bootstrap, bootstrap.length === 0 ? { known, attempts: 1 } : { known }, { signal });
    } catch (error) {
      // One that has no bootstrap address may well be the first to come back.
      if ((join === "required" && bootstrap.length > 0) || signal?.aborted) throw error;
      this.log(`not in the network yet: ${(error as SynapseError).message}; still trying`);
    }
  }

  protected override async onStopping(): Promise<void> {
    this.joining?.abort();
    for (const stream of this.streams) void stream.return();
    this.member?.stop();
    this.reachability?.stop();
    await this.keeper?.stop();
    this.keeper = undefined;
    await this.locks.release();
  }

  /** Those of an earlier life; from here on they are kept for the next one. */
  private async contactsKept(): Promise<readonly Contact[]> {
    const { state } = this.nodeOptions;
    if (state === undefined) return [];
    this.keeper = new ContactKeeper(state, this.overlay, (line) => this.log(line));
    const known = await this.keeper.start();
    for (const { addresses } of known) this.core.homeNames.note(addresses); // they have been reached there
    return known;
  }

  private errand(target: Target, request: OutgoingRequest, options: CallOptions, signal: AbortSignal | undefined): Errand {
    const { runtime, pool } = this.core;
    const { timeoutMs } = options;
    const deadline = new Deadline(runtime, timeoutMs);
    const connect = () => this.connect(target, { timeoutMs, deadline, dialTimeoutMs: DIAL_TIMEOUT_MS, signal });
    return { runtime, connect, request, options, deadline, ended: pool.closed };
  }

  private connect(target: Target, options: ConnectOptions) {
    const { pool, homeNames } = this.core;
    if (typeof target === "string") return pool.connectAddress(formatAddress(parseAddress(target)), options);
    if ("record" in target) return pool.connect(publisherOf(target, this.core.addresses, homeNames), options);
    homeNames.note(target.addresses);
    return pool.connect(target, options);
  }

  private registerOverlayEndpoints(): void {
    for (const kind of OVERLAY_KINDS) {
      const { name, params } = OVERLAY_ENDPOINTS[kind];
      this.builtin(name, params, (args, call) => this.serve(callerOf(call), decodeRequest(kind, args)));
    }
    this.builtin("_synapse.info", [], () => {
      const { name, role, description, swarm, capabilityNames } = this;
      const [first = formatAddress({ host: "127.0.0.1", port: this.port })] = this.addresses;
      return peerInfo({ id: toHex(this.id), name, role, description, swarm, capabilities: capabilityNames }, first);
    });
    this.builtin("_synapse.peers", [], () => samplePeers(this.overlay));
  }

  /** At once, unless the caller wants its request passed on. */
  private serve(caller: Caller, request: OverlayRequest): unknown {
    if (request.kind !== "find_records" || !request.relay) return encodeResponse(this.overlay.handle(caller, request));
    return new Promise((resolve) => this.overlay.serve(caller, request, (response) => resolve(encodeResponse(response))));
  }

  /** Names of what this node offers; an agent has some. */
  protected get capabilityNames(): string[] {
    return [];
  }
}

function callerOf(call: CallContext): Caller {
  return { id: call.peerId, claimed: call.peerContact, host: countedHost(parseAddress(call.remoteAddress).host) };
}
