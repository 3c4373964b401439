import type { Inside } from "../engine/observer.ts";
import type { Oracle } from "../engine/oracle.ts";
import type { RandomStream } from "../engine/random.ts";
import { OperationStatistics } from "../engine/statistics.ts";
import type { SimNode, World } from "../engine/world.ts";

/** Who has not been told of somebody by then has missed it: watches read everything again within five minutes, give or take a walk, ms. */
const OVERDUE_MS = 6 * 60_000;
/** A watch counts once it has read what there was, ms. */
const READING_MS = 60_000;

/** One standing query of one member, for as long as that lives. */
interface Vigil {
  readonly watcher: SimNode;
  readonly life: Inside;
  readonly capability: string;
  readonly since: number;
  /** Keys of the publishers that it has told of; those of one name. */
  readonly shown: Set<string>;
  /** Since when those are awaited who have begun to offer the name, by key. */
  readonly awaited: Map<string, number>;
}

/**
 * Members that watch who offers a name, and whether they are told of each who begins to: what is measured is the time from the moment at
 * which somebody publishes until a watcher is told. Where a watcher leaves, another member takes over.
 */
export class Vigils {
  readonly statistics = new OperationStatistics();
  private readonly world: World;
  private readonly oracle: Oracle;
  private readonly random: RandomStream;
  private readonly vigils: Vigil[] = []; // as many as the scenario has

  constructor(world: World, oracle: Oracle) {
    this.world = world;
    this.oracle = oracle;
    this.random = world.stream("watches");
  }

  begin(count: number, drawName: (random: RandomStream) => string): void {
    for (let n = 0; n < count && this.oracle.size > 0; n++) this.vigils.push(this.keep(drawName(this.random)));
  }

  /** A member begins to offer a name. */
  onOffer(publisher: SimNode, capability: string): void {
    const { now } = this.world.clock;
    for (const [place, vigil] of this.vigils.entries()) {
      if (!isKept(vigil)) this.vigils[place] = this.keep(vigil.capability);
      else if (vigil.capability === capability && vigil.watcher !== publisher && now >= vigil.since + READING_MS)
        this.await(vigil, publisher);
    }
  }

  private keep(capability: string): Vigil {
    const watcher = this.oracle.pick(this.random);
    const life = watcher.inside;
    const vigil: Vigil = { watcher, life, capability, since: this.world.clock.now, shown: new Set(), awaited: new Map() };
    life.watch(capability, {
      onEvent: ({ kind, match }) => {
        const key = match.record.publisherKey;
        if (kind === "left") vigil.shown.delete(key);
        else this.tell(vigil, key);
      },
    });
    return vigil;
  }

  private await(vigil: Vigil, publisher: SimNode): void {
    const { key } = publisher.contact;
    if (vigil.shown.has(key)) return;
    vigil.awaited.set(key, this.world.clock.now);
    this.world.clock.schedule(OVERDUE_MS, () => {
      if (!vigil.awaited.delete(key) || !isKept(vigil) || !this.oracle.isLive(publisher)) return;
      this.statistics.add({ success: false, recall: 0, hops: 0, requests: 0, ms: OVERDUE_MS });
    });
  }

  private tell({ shown, awaited }: Vigil, key: string): void {
    shown.add(key);
    const since = awaited.get(key);
    if (since === undefined) return;
    awaited.delete(key);
    this.statistics.add({ success: true, recall: 1, hops: 0, requests: 0, ms: this.world.clock.now - since });
  }
}

function isKept({ watcher, life }: Vigil): boolean {
  return watcher.isAlive && watcher.inside === life;
}
