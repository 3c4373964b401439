import type { FindResult, Query } from "../../dht/index.ts";
import { makeContact, type NodeId, SynapseError, sameId } from "../../routing/index.ts";
import type { AgentNode, AgentOptions, Answer, AskOptions } from "../../src/agent-node.ts";
import { Identity } from "../../src/identity.ts";
import type { Limits } from "../../src/limits.ts";
import type { Target } from "../../src/node.ts";
import type { FindOptions } from "../../src/search-over.ts";
import type { Place } from "../engine/latency/latency-model.ts";
import type { NodeWorld } from "../engine/node-world.ts";
import type { RandomStream } from "../engine/random.ts";
import type { SimHost } from "../engine/sim-host.ts";
import { TraceKind } from "../engine/trace.ts";
import { Life, LifeRuntime } from "./life.ts";
import { LifeTransport } from "./life-transport.ts";

/** What makes an agent live in the simulated world: handed to whoever makes one, to be passed on to its constructor as it is. */
export interface Surroundings
  extends Required<Pick<AgentOptions, "identity" | "runtime" | "transport" | "swarm" | "bootstrap" | "listen">> {
  readonly limits: Partial<Limits>;
  readonly overlay: NonNullable<AgentOptions["overlay"]>;
}

/** Makes an agent as its program does, at its start and again after a crash: `(world) => new AgentNode({ name: "ada", ...world })`. */
export type MakeAgent<A extends AgentNode> = (surroundings: Surroundings) => A;

export interface SimulatedAgentOptions<A extends AgentNode> {
  readonly world: NodeWorld;
  /** Its number in the trace. */
  readonly index: number;
  readonly make: MakeAgent<A>;
  /** Addresses of nodes that are in the network now. */
  readonly bootstrap: () => readonly string[];
}

/** An agent of the user's own on a host of the simulated world. It crashes and starts again; key and address stay the same. */
export class SimulatedAgent<A extends AgentNode = AgentNode> {
  private readonly options: SimulatedAgentOptions<A>;
  private readonly identity: Identity;
  private readonly stream: RandomStream;
  private readonly place: Place;
  private readonly host: SimHost;
  private life: Life;
  private present: A;
  private started: Promise<void>;

  /** @throws SynapseError `bad_options` when it is not made with what the world gives, and what the maker throws. */
  constructor(options: SimulatedAgentOptions<A>) {
    const { world, index } = options;
    this.options = options;
    this.stream = world.stream(`agent ${index}`);
    this.identity = Identity.fromSeed(this.stream.bytes(32));
    this.place = world.options.latency.place(this.stream);
    this.host = world.newHost();
    world.trace.note(TraceKind.birth, world.clock.now, index, 0, 0);
    this.life = this.newLife();
    this.present = this.newNode();
    this.started = this.start();
  }

  /** The agent itself; after a crash and a restart another one. */
  get node(): A {
    return this.present;
  }

  get name(): string {
    return this.present.name;
  }

  get id(): NodeId {
    return this.identity.nodeId;
  }

  /** Where it can be dialled; undefined for one that cannot be. */
  get address(): string | undefined {
    return makeContact(this.id, this.host.addresses).addresses[0];
  }

  get isAlive(): boolean {
    return this.life.isAlive;
  }

  /** Resolves when it has joined and published what it offers, or has crashed. @throws SynapseError as `start()` of an agent. */
  get joined(): Promise<void> {
    return Promise.race([this.started, this.life.over]);
  }

  /** See {@link AgentNode.ask}. */
  ask(target: Target, task: string, options?: AskOptions): Promise<Answer> {
    return this.life.within(() => this.present.ask(target, task, options));
  }

  /** See {@link AgentNode.find}. */
  find(query: string | Query, options?: FindOptions): Promise<FindResult> {
    return this.life.within(() => this.present.find(query, options));
  }

  /** See {@link AgentNode.call}. */
  call(target: Target, endpoint: string, ...args: unknown[]): Promise<unknown> {
    return this.life.within(() => this.present.call(target, endpoint, ...args));
  }

  /** Its host vanishes: nothing is said to anybody, and nothing there runs any more. */
  crash(): void {
    if (!this.isAlive) return;
    const { world, index } = this.options;
    world.trace.note(TraceKind.death, world.clock.now, index, 0, 0);
    world.network.listeners.delete(this.host.address);
    this.life.finish();
  }

  /** Its program starts again, with the key it had and nothing else. @throws SynapseError `bad_options` when it is running. */
  restart(): void {
    const { world, index } = this.options;
    if (this.isAlive) throw new SynapseError("bad_options", `${this.name} is running`, { hint: "crash it first" });
    world.trace.note(TraceKind.birth, world.clock.now, index, 0, 0);
    this.life = this.newLife();
    this.present = this.newNode();
    this.started = this.start();
  }

  private newLife(): Life {
    const { host, place, id, options } = this;
    const life = new Life({ index: options.index, place, machine: host, id });
    options.world.network.stations.set(host.address, life);
    return life;
  }

  private newNode(): A {
    const { life, options, id } = this;
    const node = life.within(() => options.make(this.surroundings()));
    if (!sameId(node.id, id))
      throw new SynapseError("bad_options", `${node.name} was not made with what the world gives, and would use real sockets`, {
        hint: 'pass it on: world.agent((world) => new AgentNode({ name: "ada", ...world }))',
      });
    return node;
  }

  private surroundings(): Surroundings {
    const { world, bootstrap } = this.options;
    const { swarm, links, overlay = {} } = world.options;
    return {
      identity: this.identity,
      runtime: new LifeRuntime(world.clock, this.stream, this.life),
      transport: new LifeTransport(world.network, this.life),
      swarm,
      bootstrap: bootstrap(),
      listen: !this.host.properties.isClient,
      limits: { idleTimeoutMs: 2 * links.idleMs }, // whoever dialled lets go after half of it
      overlay,
    };
  }

  private start(): Promise<void> {
    const { present, life } = this;
    const started = life.within(() => present.start()).then(() => undefined);
    started.catch(() => undefined); // whoever waits for it is told
    return started;
  }
}
