import type { JoinReport } from "../../dht/index.ts";
import { K } from "../../routing/index.ts";
import type { SessionModel } from "../engine/churn/session-model.ts";
import type { Oracle } from "../engine/oracle.ts";
import type { RandomStream } from "../engine/random.ts";
import type { OperationStatistics, Outcome } from "../engine/statistics.ts";
import type { Birth, SimNode, World } from "../engine/world.ts";

/** Bootstrap addresses that a newcomer knows. */
const KNOWN_BOOTSTRAPS = 2;

export interface PopulationOptions {
  readonly world: World;
  readonly oracle: Oracle;
  /** The first nodes, through which the others join. They stay when others come and go, as bootstrap nodes do. */
  readonly bootstraps: number;
  /** How long nodes stay; undefined: for ever. */
  readonly sessions: SessionModel | undefined;
  /** Told of each member once it has joined. */
  readonly onJoined: (node: SimNode) => void;
  readonly joins: OperationStatistics;
}

/** Who is in the network: newcomers join through bootstrap nodes, and with churn members leave and newcomers take their places. */
export class Population {
  deaths = 0;
  private readonly options: PopulationOptions;
  private readonly churn: RandomStream;
  private readonly bootstraps: SimNode[] = []; // at most as many as the options say
  private isChurning = false;
  private isCalm = false;

  constructor(options: PopulationOptions) {
    this.options = options;
    this.churn = options.world.stream("churn");
  }

  get oracle(): Oracle {
    return this.options.oracle;
  }

  /** Whether those that stay are there. */
  get hasBootstraps(): boolean {
    return this.bootstraps.length >= this.options.bootstraps;
  }

  /** Addresses through which others join. */
  get bootstrapAddresses(): readonly string[] {
    return this.bootstraps.map(({ host }) => host.address);
  }

  /** Whether a node is one of those that stay. */
  isBootstrap(node: SimNode): boolean {
    return this.bootstraps.includes(node);
  }

  /** From now on nodes leave: those that are there after what is left of their session, newcomers after a whole one. */
  beginChurn(): void {
    const { sessions, oracle } = this.options;
    if (sessions === undefined) return;
    this.isChurning = true;
    for (const node of oracle.live) this.scheduleEnd(node, sessions.remainingMs(this.churn, node.index));
  }

  /** From now on nobody leaves, and who is away stays away. */
  calm(): void {
    this.isCalm = true;
  }

  /** A newcomer joins through bootstraps that it knows. */
  welcome(): void {
    const { world, sessions } = this.options;
    const isBootstrap = !this.hasBootstraps;
    const node = world.birth({ isPublic: isBootstrap });
    if (isBootstrap) this.bootstraps.push(node);
    if (node.index === 0) this.settle(node);
    else {
      if (this.isChurning && sessions !== undefined) this.scheduleEnd(node, sessions.sessionMs(this.churn, node.index));
      this.enter(node);
    }
  }

  /** A host of an attacker joins by the same way. It is there until it is lost, and nothing about it is measured. */
  admit(birth: Birth): SimNode {
    const node = this.admitSilently(birth);
    this.enter(node);
    return node;
  }

  /** A host of an attacker is there, and does not join. */
  admitSilently(birth: Birth): SimNode {
    return this.options.world.birth({ ...birth, isAdversary: true });
  }

  /** A node that was away joins again, by the same way. */
  welcomeBack(node: SimNode, keepsState: boolean): void {
    node.revive(keepsState);
    this.options.world.trace.listener?.onReturn(node.index);
    this.enter(node);
  }

  /** A node vanishes without a word. */
  lose(node: SimNode): void {
    this.options.oracle.died(node);
    this.options.world.death(node);
  }

  private enter(node: SimNode): void {
    const { world } = this.options;
    const beganAt = world.clock.now;
    const others = this.bootstraps.filter((bootstrap) => bootstrap !== node);
    const told = node.host.isAdversary ? undefined : world.trace.listener?.onOperation("join", node.index, "");
    const known = Array.from({ length: Math.min(KNOWN_BOOTSTRAPS, others.length) }, () => this.churn.pick(others).contact);
    node.join(known, (report) => {
      if (!node.isAlive) return;
      if (!node.host.isAdversary) {
        const outcome = this.outcomeOf(node, report, world.clock.now - beganAt);
        told?.(outcome);
        this.options.joins.add(outcome);
      }
      if (report !== undefined) this.settle(node);
    });
  }

  private outcomeOf(node: SimNode, report: JoinReport | undefined, ms: number): Outcome {
    return {
      success: report !== undefined,
      recall: this.knowsNeighbours(node),
      hops: report?.hops ?? 0,
      requests: report?.requests ?? 0,
      ms,
    };
  }

  private settle(node: SimNode): void {
    this.options.oracle.joined(node);
    if (!node.host.isAdversary) this.options.onJoined(node);
  }

  /** Part of the members nearest to a newcomer that it knows once it has joined: joining is for that. */
  private knowsNeighbours(node: SimNode): number {
    const neighbours = this.options.oracle.closest(node.id, K, node);
    return neighbours.length === 0 ? 1 : neighbours.filter(({ contact }) => node.knows(contact)).length / neighbours.length;
  }

  private scheduleEnd(node: SimNode, afterMs: number): void {
    if (this.isBootstrap(node)) return;
    this.options.world.clock.schedule(afterMs, () => {
      if (!node.isAlive || this.isCalm) return; // a fault was first
      this.deaths += 1;
      this.depart(node);
      this.welcome();
    });
  }

  /** Some say goodbye; some come back later with the same key. */
  private depart(node: SimNode): void {
    const { sessions, oracle, world } = this.options;
    const farewell = sessions?.farewell(this.churn) ?? { graceful: false, returnsAfterMs: undefined };
    const isForGood = farewell.returnsAfterMs === undefined;
    oracle.died(node);
    if (farewell.graceful) world.leave(node, isForGood);
    else world.death(node, isForGood);
    if (farewell.returnsAfterMs !== undefined)
      world.clock.schedule(farewell.returnsAfterMs, () => {
        if (!node.isAlive && !this.isCalm) this.welcomeBack(node, true);
      });
  }
}
