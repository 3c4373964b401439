import { AdversaryPlan } from "../adversaries/adversary-plan.ts";
import { Damage } from "../adversaries/damage.ts";
import type { SessionModel } from "../engine/churn/session-model.ts";
import { Oracle } from "../engine/oracle.ts";
import { OperationStatistics } from "../engine/statistics.ts";
import type { World } from "../engine/world.ts";
import { FaultPlan } from "../faults/fault-plan.ts";
import { ArrivalPlan } from "./arrivals.ts";
import { Census } from "./census.ts";
import { Population } from "./population.ts";
import { QueryLoad } from "./queries/load.ts";
import type { Scenario } from "./scenario.ts";
import { Vigils } from "./vigils.ts";
import { Workload } from "./workload.ts";

/** Virtual time between two looks at the clock of the real world. */
const STEP_MS = 10_000;
/** Newcomers between two reports of progress while the network grows. */
const GROWTH_STEP = 100;

/**
 * Told what is going on, how much of it is done (nodes, or virtual ms), and what time it is in the virtual world, ms since its beginning.
 */
export type Progress = (phase: string, done: number, of: number, virtualMs: number) => void;

type PhaseProgress = (phase: string, done: number, of: number) => void;

/** Where a run stood when its measured part began. */
export interface Beginning {
  readonly fromMs: number;
  readonly messages: number;
  readonly bytes: number;
}

/**
 * One run of a scenario: a network grows one by one, settles, and is then used at a constant rate while nodes come and go and things go
 * wrong.
 */
export class Play {
  readonly oracle = new Oracle();
  readonly joins = new OperationStatistics();
  readonly workload: Workload;
  readonly queries: QueryLoad;
  readonly vigils: Vigils;
  readonly population: Population;
  readonly faults: FaultPlan;
  readonly adversaries: AdversaryPlan;
  readonly damage: Damage;
  readonly arrivals: ArrivalPlan;
  readonly census: Census;
  private readonly world: World;
  private readonly scenario: Scenario;

  constructor(world: World, scenario: Scenario, sessions: SessionModel | undefined) {
    this.world = world;
    this.scenario = scenario;
    this.workload = new Workload(world, this.oracle, scenario.load);
    this.vigils = new Vigils(world, this.oracle);
    this.workload.onOffer = (publisher, capability) => this.vigils.onOffer(publisher, capability);
    this.queries = new QueryLoad(world, this.oracle, scenario.load.queriesPerSecond);
    this.population = new Population({
      world,
      oracle: this.oracle,
      sessions,
      bootstraps: scenario.bootstraps,
      joins: this.joins,
      onJoined: (node) => {
        this.workload.settleIn(node);
        this.queries.settleIn(node);
      },
    });
    this.faults = new FaultPlan(world, this.population);
    this.adversaries = new AdversaryPlan(world, this.population, scenario.adversaries);
    this.damage = new Damage(world, this.oracle, this.workload, scenario.adversaries);
    this.arrivals = new ArrivalPlan(world, this.population);
    this.census = new Census(world, this.oracle, this.workload);
  }

  /** Runs to the end. */
  async run(progress: PhaseProgress): Promise<Beginning> {
    const { world, scenario, population } = this;
    await this.grow(progress);
    population.beginChurn();
    await this.pass("settling", scenario.settleMs, progress);
    const beginning = { fromMs: world.clock.now, messages: world.traffic.messages, bytes: world.traffic.bytes };
    world.meters.reset();
    this.workload.begin();
    this.queries.begin();
    this.vigils.begin(scenario.load.watches, (random) => this.workload.drawName(random));
    this.faults.begin(scenario.faults, scenario.durationMs);
    this.adversaries.begin(scenario.durationMs);
    this.arrivals.begin(scenario);
    this.census.begin(scenario.durationMs);
    await this.pass("measuring", scenario.durationMs, progress);
    return beginning;
  }

  /** What a scenario does to its network is over with its measured time; then nobody leaves or asks any more either, and time passes. */
  async calm(durationMs: number, progress: PhaseProgress): Promise<void> {
    this.population.calm();
    this.workload.end();
    this.queries.end();
    await this.pass("calm", durationMs, progress);
  }

  private async grow(progress: PhaseProgress): Promise<void> {
    const { nodes, growthMs } = this.scenario;
    for (let born = 0; born < nodes; born++) {
      // The bootstrap nodes are honest: a newcomer that is told of nobody else is lost from the beginning.
      if (!this.population.hasBootstraps || !this.adversaries.takesNext()) this.population.welcome();
      await this.world.runUntil(this.world.clock.now + growthMs);
      if (born % GROWTH_STEP === 0) progress("growing", born, nodes);
    }
  }

  private async pass(phase: string, durationMs: number, progress: PhaseProgress): Promise<void> {
    const { clock } = this.world;
    const fromMs = clock.now;
    const untilMs = fromMs + durationMs;
    while (clock.now < untilMs) {
      await this.world.runUntil(Math.min(untilMs, clock.now + STEP_MS));
      progress(phase, clock.now - fromMs, durationMs);
    }
  }
}
