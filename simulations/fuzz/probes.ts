import { DEFAULT_FIND_TIMEOUT_MS, DEFAULT_SETTINGS, type FindResult, type LookupResult, MAX_REQUESTS } from "../../dht/index.ts";
import type { NodeId } from "../../routing/index.ts";
import type { Oracle } from "../engine/oracle.ts";
import type { RandomStream } from "../engine/random.ts";
import type { SimNode, World } from "../engine/world.ts";
import { capabilityName } from "../scenarios/workload.ts";
import type { Watch } from "./watch.ts";

/** One search so often on average while things go wrong, ms. */
const SEARCH_EVERY_MS = 10_000;
/** Timers of a search end it a moment later. */
const MOMENT_MS = 1_000;

/** Asks the network for things, beside what its load does, and sees that each question comes to an end. Draws from a stream of its own. */
export class Probes {
  readonly random: RandomStream;
  private readonly world: World;
  private readonly oracle: Oracle;
  private readonly watch: Watch;
  /** A walk whose every request fails, one after the other. */
  private readonly longestWalkMs: number;

  constructor(world: World, oracle: Oracle, watch: Watch) {
    this.world = world;
    this.oracle = oracle;
    this.watch = watch;
    this.random = world.stream("probes");
    this.longestWalkMs = MAX_REQUESTS * (world.options.overlay?.requestTimeoutMs ?? DEFAULT_SETTINGS.requestTimeoutMs);
  }

  /** Has random members search for random names from now on. @param names how many there are. */
  begin(names: number): void {
    this.world.clock.schedule(this.random.exponential(SEARCH_EVERY_MS), () => {
      const limit = 1 + this.random.integer(100);
      if (this.oracle.size > 0) this.search(this.oracle.pick(this.random), capabilityName(this.random.integer(names)), limit);
      this.begin(names);
    });
  }

  /** @param done not called when the node is gone by then. */
  search(finder: SimNode, capability: string, limit: number, done: (result: FindResult) => void = () => undefined): void {
    const { watch, world } = this;
    const beganAt = world.clock.now;
    const ended = this.expectEnd(finder, `a search for ${capability}`, DEFAULT_FIND_TIMEOUT_MS + MOMENT_MS);
    const onDone = (result: FindResult) => {
      if (!ended()) return;
      watch.records.checkFound(finder, result, beganAt);
      done(result);
    };
    watch.searches.begin(finder, (told) => finder.find(capability, limit, told), onDone);
  }

  lookUp(asker: SimNode, target: NodeId, done: (result: LookupResult) => void): void {
    const ended = this.expectEnd(asker, "a lookup", this.longestWalkMs);
    asker.lookup(target, (result) => {
      if (ended()) done(result);
    });
  }

  /** Returns what is to be called at the end; it tells whether the node still lives the life in which this began. */
  private expectEnd(node: SimNode, what: string, withinMs: number): () => boolean {
    const { inside } = node;
    const isSameLife = () => node.isAlive && node.inside === inside;
    let isOpen = true;
    this.world.clock.schedule(withinMs, () => {
      if (isOpen && isSameLife()) this.watch.report("ended", node, `${what} has not ended after ${withinMs} ms`);
    });
    return () => {
      isOpen = false;
      return isSameLife();
    };
  }
}
