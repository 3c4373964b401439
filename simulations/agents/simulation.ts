import { SynapseError } from "../../routing/index.ts";
import { AgentNode, type AgentOptions } from "../../src/agent-node.ts";
import { orAborted } from "../../src/runtime.ts";
import { Oracle } from "../engine/oracle.ts";
import type { RandomStream } from "../engine/random.ts";
import { OperationStatistics } from "../engine/statistics.ts";
import { type Models, modelsOf } from "../models.ts";
import { Population } from "../scenarios/population.ts";
import { readScenario, readTime } from "../scenarios/read-scenario.ts";
import type { Scenario, ScenarioInput, TimeText } from "../scenarios/scenario.ts";
import { Workload } from "../scenarios/workload.ts";
import { fromDisk } from "../simulate.ts";
import { AgentWorld } from "./agent-world.ts";
import { Life } from "./life.ts";
import { Passage } from "./passage.ts";
import { type MakeAgent, SimulatedAgent } from "./simulated-agent.ts";

/** Nodes with which a world begins, and which stay: others join through them. */
const BOOTSTRAPS = 3;
/** What work may take unless told otherwise, and joining, of virtual time. */
const WORK_MS = 3_600_000;
const JOINING_MS = 300_000;
/** How often it is looked whether the nodes that were grown have joined, ms. */
const LOOK_MS = 1_000;

/** The world that agents are to live in: fields of a scenario, and as there unless given. */
export type SimulationOptions = Pick<ScenarioInput, "seed" | "latency" | "hosts" | "links" | "overlay" | "growthMs" | "churn"> & {
  /** The network that they are in. Default "simulation". */
  readonly swarm?: string;
};

/** An agent as its options, and what else is done to it before it starts. */
export interface AgentPlan extends Omit<AgentOptions, "identity" | "runtime" | "transport" | "swarm" | "bootstrap" | "listen"> {
  /** Gives it its work: `(agent) => agent.onTask(…)`. Called again for each of its lives. */
  readonly setup?: (agent: AgentNode) => unknown;
}

export interface WorkOptions {
  /** Virtual time that it may take, ms or text. Default one hour. */
  readonly withinMs?: number | TimeText | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * A virtual world for agents of your own, at the node level: three bootstrap nodes, and whoever is brought in. Time passes while anybody
 * waits for something here, and stands still otherwise.
 * @throws SynapseError `bad_options` naming the field.
 */
export function simulation(options: SimulationOptions = {}): Simulation {
  const { swarm = "simulation", ...fields } = options;
  const scenario = readScenario({ ...fields, level: "node" });
  return new Simulation(scenario, modelsOf(scenario, fromDisk), swarm);
}

/** See {@link simulation}. */
export class Simulation {
  private readonly world: AgentWorld;
  private readonly passage: Passage;
  private readonly population: Population;
  private readonly oracle = new Oracle();
  private readonly growthMs: number;
  private readonly agents: SimulatedAgent<AgentNode>[] = []; // as many as the program brings in
  private isChurning = false;

  constructor({ seed, links, overlay, growthMs, load }: Scenario, { latency, hosts, sessions }: Models, swarm: string) {
    const world = new AgentWorld({ seed, latency, hosts, links, overlay, swarm });
    const workload = new Workload(world, this.oracle, load); // never begun: nodes offer what it gives them, and do nothing else
    this.world = world;
    this.passage = new Passage(world.clock);
    this.growthMs = growthMs;
    this.population = new Population({
      bootstraps: BOOTSTRAPS,
      world,
      oracle: this.oracle,
      sessions,
      joins: new OperationStatistics(),
      onJoined: (node) => workload.settleIn(node),
    });
    for (let n = 0; n < BOOTSTRAPS; n++) this.population.welcome();
  }

  /** Virtual milliseconds since the beginning. */
  get now(): number {
    return this.world.clock.now;
  }

  /** SHA-256 over everything that has happened so far. The same program and seed give the same one, if nothing but the world moves it. */
  get traceHash(): string {
    return this.world.trace.soFar();
  }

  /** What was thrown in a node where nobody could catch it. At most 100. */
  get faults(): readonly string[] {
    return this.world.faults;
  }

  /** Random numbers for one concern of the program: the same for the same seed and label. */
  stream(label: string): RandomStream {
    return this.world.stream(label);
  }

  /**
   * Brings an agent into the world, by its options or by a function that makes it. It begins to join; {@link settle} waits for that.
   * @throws SynapseError `bad_options`, and what the agent's constructor or its maker throws.
   */
  async agent<A extends AgentNode = AgentNode>(plan: AgentPlan | MakeAgent<A>): Promise<SimulatedAgent<A>> {
    const { world, population } = this;
    const make = typeof plan === "function" ? plan : (makerOf(plan) as MakeAgent<A>); // an A that nobody names is an AgentNode
    const agent = new SimulatedAgent<A>({
      world,
      index: world.nextAgent(),
      make,
      bootstrap: () => population.bootstrapAddresses,
    });
    this.agents.push(agent);
    return agent;
  }

  /**
   * Adds nodes that are nobody's, one every `growthMs`, and waits until they have joined. Each offers one of the names `skill-0` to
   * `skill-49`. With `churn` they then come and go for ever.
   * @throws SynapseError `never_settled`.
   */
  async grow(nodes: number): Promise<void> {
    if (!Number.isSafeInteger(nodes) || nodes < 0) throw new SynapseError("bad_options", "grow takes a whole number of nodes");
    for (let n = 0; n < nodes; n++) {
      this.population.welcome();
      await this.passage.pass(this.growthMs);
    }
    await this.untilNodesJoined();
    if (!this.isChurning) this.population.beginChurn();
    this.isChurning = true;
  }

  /**
   * Time passes until all agents that are alive have joined and published, and all nodes have joined.
   * @throws SynapseError `never_settled` after five minutes, and the error of an agent that could not start.
   */
  async settle(): Promise<void> {
    const joined = Promise.all(this.agents.map((agent) => agent.joined));
    await this.run(() => joined, { withinMs: JOINING_MS });
    await this.untilNodesJoined();
  }

  /**
   * Time passes until work is done; gives what it gives.
   * @throws SynapseError `never_settled`, `aborted`, `bad_options`, and what the work throws.
   */
  async run<T>(work: () => T | Promise<T>, { withinMs = WORK_MS, signal }: WorkOptions = {}): Promise<T> {
    const ms = timeOf(withinMs, "withinMs");
    return this.passage.until(
      orAborted(signal, async () => work()),
      ms,
      () => neverSettled("the work", ms),
    );
  }

  /** Time passes. In an agent's code, it is that agent's own waiting: when its host crashes, what comes after never runs. */
  async sleep(time: number | TimeText): Promise<void> {
    const ms = timeOf(time, "time");
    const life = Life.current;
    if (life === undefined) return this.passage.pass(ms);
    return new Promise((resolve) => this.world.clock.schedule(ms, resolve, life));
  }

  /**
   * Waits for something of the real world, such as a model or a file, while virtual time stands still. What it gives is not the seed's
   * doing.
   */
  outside<T>(work: () => Promise<T>): Promise<T> {
    return this.passage.holdFor(work());
  }

  /** An agent's host vanishes without a word. What its code waits for never comes. */
  async crash(agent: SimulatedAgent<AgentNode>): Promise<void> {
    agent.crash();
  }

  /** An agent that has crashed starts again: same key, same address, made anew. {@link settle} waits until it has joined. */
  async restart(agent: SimulatedAgent<AgentNode>): Promise<void> {
    agent.restart();
  }

  private async untilNodesJoined(): Promise<void> {
    const { world, oracle, passage } = this;
    const newcomers = world.nodes.filter((node) => !oracle.isLive(node));
    const deadline = world.clock.now + JOINING_MS;
    while (newcomers.some((node) => node.isAlive && !oracle.isLive(node))) {
      if (world.clock.now >= deadline) throw neverSettled("joining", JOINING_MS);
      await passage.pass(LOOK_MS);
    }
  }
}

function makerOf({ setup, limits, overlay, ...options }: AgentPlan): MakeAgent<AgentNode> {
  return (surroundings) => {
    const own = { limits: { ...surroundings.limits, ...limits }, overlay: { ...surroundings.overlay, ...overlay } };
    const agent = new AgentNode({ ...options, ...surroundings, ...own });
    setup?.(agent);
    return agent;
  };
}

function timeOf(time: number | string, name: string): number {
  const ms = typeof time === "string" ? readTime(time, name) : time;
  if (!(ms >= 0 && ms < Number.POSITIVE_INFINITY))
    throw new SynapseError("bad_options", `${name} must be a number of milliseconds, not ${ms}`);
  return ms;
}

function neverSettled(what: string, ms: number): SynapseError {
  return new SynapseError("never_settled", `${what} had not ended after ${ms / 1_000} s of virtual time`, {
    hint: "it waits for a host that has crashed, or for real time or sockets: use world.sleep and world.outside; or allow more: withinMs",
  });
}
