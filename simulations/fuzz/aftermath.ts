import { type CapabilityRecord, DEFAULT_SETTINGS, type FindResult, type LookupResult, levelsOf } from "../../dht/index.ts";
import { K, type NodeId, toHex } from "../../routing/index.ts";
import type { SimNode, World } from "../engine/world.ts";
import type { Play } from "../scenarios/play.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { lookupBudget } from "./invariants/walks.ts";
import type { Probes } from "./probes.ts";
import type { Watch } from "./watch.ts";

/** Intervals of refreshing, or of republishing where that takes longer, after which all must be well again. */
const INTERVALS = 2;
/** Random ids that are looked up. */
const LOOKUPS = 60;
/** Part of the true k nearest that lookups must find, all of them together. */
const RECALL = 0.99;
/** Members that search for each name. */
const SEARCHERS = 2;
/** More than there can be. */
const EVERYBODY = 100_000;
/** Time between two questions, ms: they are not to disturb each other. */
const PAUSE_MS = 200;
/** What was signed a moment ago may still be on its way, ms. */
const SPREAD_WITHIN_MS = 150_000;

/** How long a network is left in peace before {@link Aftermath} looks at it, ms. */
export function peaceMs({ overlay }: Scenario): number {
  const { refreshIntervalMs, republishIntervalMs } = { ...DEFAULT_SETTINGS, ...overlay };
  return INTERVALS * Math.max(refreshIntervalMs, republishIntervalMs);
}

/** Holds a network that was left in peace against the truth: who is a member, who is found, and what is found. */
export class Aftermath {
  private readonly world: World;
  private readonly play: Play;
  private readonly watch: Watch;
  private readonly probes: Probes;
  private found = 0;
  private wanted = 0;

  constructor(world: World, play: Play, watch: Watch, probes: Probes) {
    this.world = world;
    this.play = play;
    this.watch = watch;
    this.probes = probes;
  }

  /** Begins all of it. Returns how long it may take, ms; then {@link end} says what is left to be said. */
  begin(): number {
    this.checkMembers();
    if (!this.isWhole()) return 0;
    const { oracle } = this.play;
    const { random } = this.probes;
    const questions: (() => void)[] = []; // LOOKUPS, and SEARCHERS for each name
    if (oracle.size === 0) return 0;
    for (let n = 0; n < LOOKUPS; n++) questions.push(() => this.lookUp(oracle.pick(random), random.bytes(32)));
    for (const name of this.names()) for (let n = 0; n < SEARCHERS; n++) questions.push(() => this.search(oracle.pick(random), name));
    for (const [place, ask] of questions.entries()) this.world.clock.schedule(place * PAUSE_MS, ask);
    return questions.length * PAUSE_MS + 2 * 60_000;
  }

  end(): void {
    const { found, wanted } = this;
    if (found < RECALL * wanted)
      this.watch.report("recall", undefined, `lookups found ${found} of the ${wanted} true nearest, ${percentOf(found, wanted)}`);
  }

  private checkMembers(): void {
    for (const node of this.world.nodes) {
      if (!node.isAlive || node.host.isAdversary || this.play.oracle.isLive(node)) continue;
      const contacts = [...node.contacts()].length;
      this.watch.report("joined", node, `it is up and has not joined; its table has ${contacts} contacts`);
    }
  }

  /** Halves of a network that have forgotten each other are well, each by itself: nothing else would say what is wrong as plainly. */
  private isWhole(): boolean {
    const parts = partsOf(this.world.nodes.filter(({ isAlive }) => isAlive));
    if (parts.length > 1)
      this.watch.report("joined", undefined, `the network is in parts that do not know each other, of ${parts.join(", ")} nodes`);
    return parts.length <= 1;
  }

  private names(): Set<string> {
    return new Set(this.play.oracle.live.flatMap(({ inside }) => inside.published.flatMap(({ capability }) => levelsOf(capability))));
  }

  private lookUp(asker: SimNode, target: NodeId): void {
    this.probes.lookUp(asker, target, ({ closest, requests, failed, late }: LookupResult) => {
      const found = new Set(closest.map(({ key }) => key));
      const truth = this.play.oracle.closest(target, K, asker);
      this.wanted += truth.length;
      this.found += truth.filter(({ contact }) => found.has(contact.key)).length;
      const { k, alpha } = asker.inside.settings;
      const budget = lookupBudget(this.play.oracle.size + this.play.oracle.adversaries.size, k, alpha);
      const answered = requests - failed - late;
      if (answered > budget)
        this.watch.report("budget", asker, `a lookup took ${answered} requests that were answered, ${budget} would do`);
    });
  }

  private search(finder: SimNode, capability: string): void {
    const before = this.offering(capability);
    this.probes.search(finder, capability, EVERYBODY, ({ matches, report }: FindResult) => {
      const newest = new Map(matches.map(({ record }) => [entryOf(record), record.seq])); // one for each match
      for (const { node, record } of before) {
        const seq = newest.get(entryOf(record));
        const age = node.inside.runtime.wallClock() - record.issued;
        const isOut = age > SPREAD_WITHIN_MS;
        if (seq !== undefined && (seq >= record.seq || !isOut)) continue;
        const what = seq === undefined ? "misses" : `finds an older record (${record.seq - seq} ms) of`;
        const how = report.complete ? "" : "; the search was not complete";
        this.watch.report("found", finder, `for ${capability} it ${what} node ${node.index}, signed ${Math.round(age)} ms ago${how}`);
      }
    });
  }

  /** What members offer under a name or below it. */
  private offering(capability: string): { readonly node: SimNode; readonly record: CapabilityRecord }[] {
    return this.play.oracle.live.flatMap((node) =>
      node.inside.published.filter((record) => levelsOf(record.capability).includes(capability)).map((record) => ({ node, record })),
    );
  }
}

/** Sizes of the parts of a network in which nobody has anybody of another part in the table, the largest first. */
function partsOf(nodes: readonly SimNode[]): number[] {
  const partOf = new Map(nodes.map(({ contact }, place) => [contact.key, place])); // one entry for each node
  const rename = (from: number, to: number) => {
    for (const [key, part] of partOf) if (part === from) partOf.set(key, to);
  };
  for (const node of nodes)
    for (const { key } of node.contacts()) {
      const [own, other] = [partOf.get(node.contact.key), partOf.get(key)];
      if (own !== undefined && other !== undefined && own !== other) rename(other, own);
    }
  const sizes = new Map<number, number>();
  for (const part of partOf.values()) sizes.set(part, (sizes.get(part) ?? 0) + 1);
  return [...sizes.values()].sort((a, b) => b - a);
}

function entryOf({ publisher, capability }: CapabilityRecord): string {
  return `${toHex(publisher)} ${capability}`;
}

function percentOf(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(2)} %`;
}
