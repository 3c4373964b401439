import { type FindResult, formatQuery, type Offer, type Query } from "../../../dht/index.ts";
import type { Oracle } from "../../engine/oracle.ts";
import type { RandomStream } from "../../engine/random.ts";
import { type OperationFigures, OperationStatistics, round } from "../../engine/statistics.ts";
import type { SimNode, World } from "../../engine/world.ts";
import { drawOffers, drawQuery } from "./draw.ts";
import { isFound } from "./truth.ts";

/** Nobody is left off. */
const EVERYBODY = 100_000;
/** Queries kept of which the answer was wrong, for whoever has to find out why. */
const MAX_WRONG = 20;

export interface QueryFigures extends OperationFigures {
  /** Part of the queries whose report says that the answer is complete, 0 … 1. */
  readonly complete: number;
  /** Part of those whose answer was exactly what brute force gives over everybody. */
  readonly exact: number;
  /** Agents that such an answer left out. */
  readonly silentLosses: number;
  /** Agents found that the query does not mean. */
  readonly wronglyFound: number;
}

/** What one member offers for queries. */
interface Offers {
  readonly offers: readonly Offer[];
  /** Those of them that have not been published yet in its present life. */
  open: number;
}

/** Random queries over agents that offer random things, each answer compared with brute force over all of them. */
export class QueryLoad {
  readonly statistics = new OperationStatistics();
  /** What was asked where the answer was not right. */
  readonly wrong: string[] = []; // at most MAX_WRONG
  private readonly world: World;
  private readonly oracle: Oracle;
  private readonly perSecond: number;
  private readonly random: RandomStream;
  private readonly offers = new Map<SimNode, Offers>(); // one for each node that was ever a member
  private completed = 0;
  private exact = 0;
  private losses = 0;
  private strangers = 0;
  private isOver = false;

  constructor(world: World, oracle: Oracle, perSecond: number) {
    this.world = world;
    this.oracle = oracle;
    this.perSecond = perSecond;
    this.random = world.stream("queries");
  }

  /** A member that has joined, for the first time or again, publishes what it offers. */
  settleIn(node: SimNode): void {
    if (this.perSecond === 0) return;
    const offers = this.offers.get(node)?.offers ?? drawOffers(this.random, `node ${node.index}`);
    const entry: Offers = { offers, open: offers.length };
    this.offers.set(node, entry);
    for (const offer of offers)
      node.publish(offer, () => {
        entry.open -= 1;
      });
  }

  begin(): void {
    if (this.perSecond > 0) this.again();
  }

  end(): void {
    this.isOver = true;
  }

  figures(): QueryFigures {
    const { statistics, completed, exact, losses, strangers } = this;
    const all = statistics.figures();
    return {
      ...all,
      complete: round(all.count === 0 ? 0 : completed / all.count, 5),
      exact: round(completed === 0 ? 0 : exact / completed, 5),
      silentLosses: losses,
      wronglyFound: strangers,
    };
  }

  private again(): void {
    this.world.clock.schedule(this.random.exponential(1_000 / this.perSecond), () => {
      if (this.isOver) return;
      if (this.oracle.size > 0) this.ask(this.oracle.pick(this.random), drawQuery(this.random));
      this.again();
    });
  }

  private ask(asker: SimNode, query: Query): void {
    const before = new Map(this.oracle.live.map((node) => [node, this.settledOf(node)] as const));
    const tell = this.world.trace.listener?.onOperation("query", asker.index, formatQuery(query));
    const onDone = (result: FindResult) => {
      if (!asker.isAlive) return;
      // Of those who came, left or published meanwhile nobody can say whether they are to be found.
      const stayed = [...before].flatMap(([node, offers]) => (offers !== undefined && this.isUnchanged(node, offers) ? [node] : []));
      const outcome = this.compare(query, stayed, result);
      tell?.(outcome);
      this.statistics.add(outcome);
    };
    asker.find(query, EVERYBODY, onDone, true);
  }

  private compare(query: Query, members: readonly SimNode[], { matches, report }: FindResult) {
    const found = new Set(matches.map(({ record }) => record.publisherKey));
    const meant = members.filter((node) => isFound(query, this.offers.get(node)?.offers ?? []));
    const missing = meant.filter(({ contact }) => !found.has(contact.key)).length;
    const isMeant = new Set(meant);
    const strangers = members.filter((node) => found.has(node.contact.key) && !isMeant.has(node)).length;
    if (report.complete) {
      this.completed += 1;
      this.losses += missing;
      this.strangers += strangers;
      if (missing + strangers === 0) this.exact += 1;
      else if (this.wrong.length < MAX_WRONG) this.wrong.push(`${formatQuery(query)}: ${missing} missing, ${strangers} too many`);
    }
    return { ...report, success: missing === 0, recall: meant.length === 0 ? 1 : (meant.length - missing) / meant.length };
  }

  private settledOf(node: SimNode): Offers | undefined {
    const offers = this.offers.get(node);
    return offers?.open === 0 ? offers : undefined;
  }

  private isUnchanged(node: SimNode, offers: Offers): boolean {
    return this.oracle.isLive(node) && this.offers.get(node) === offers;
  }
}
