import { SynapseError } from "../routing/index.ts";
import { Explanation } from "./explanation.ts";
import { Finder, type FindResult } from "./finder.ts";
import type { Findings, Match } from "./findings.ts";
import { compileQuery, type Query } from "./query/index.ts";
import { Nearest, type Rank, ranked } from "./ranking.ts";
import { type FinderContext, withPeers } from "./reading.ts";
import { type WalkOptions, withPaths } from "./walk-options.ts";

/** Matches given when nobody says how many are wanted. */
export const DEFAULT_FIND_LIMIT = 20;
/** How long a search may take when nobody says otherwise, ms. One that nobody holds up takes a second or two. */
export const DEFAULT_FIND_TIMEOUT_MS = 15_000;
/** Matches that are put in order; a search that finds more ends there. */
const MAX_RANKED = 4_096;

export interface SearchOptions extends WalkOptions {
  /** Matches wanted at most. Default 20. */
  readonly limit?: number | undefined;
  /** The search ends after this with what it has, and says that it is not complete. Default 15,000. */
  readonly timeoutMs?: number | undefined;
  /** In what order matches are given, and which of them where there are more than `limit`: all are found first. Default: as heard of. */
  readonly rank?: Rank | undefined;
  /**
   * Whether to hear out those that take longer than they usually do, up to 5 s: without them the answer is not complete, as long as it is
   * not known that they are gone. Default false.
   */
  readonly patient?: boolean | undefined;
  /** Whether to tell how the search went, in `trace`. Holders then send all they have, so that near misses are seen. Default false. */
  readonly explain?: boolean | undefined;
  /** Called with each match as it is found. One may turn out later to be replaced or withdrawn: what counts is the result. */
  readonly onMatch?: ((match: Match) => void) | undefined;
}

/** One search from the question to matches in order. */
export class Search {
  private readonly context: FinderContext;
  private readonly options: SearchOptions;
  private readonly limit: number;
  private readonly explanation: Explanation | undefined;
  private readonly onDone: (result: FindResult) => void;
  private readonly finder: Finder;
  private readonly startedAt: number;
  private nearest: Nearest | undefined;

  /** @throws SynapseError `bad_query`, `bad_options`. */
  constructor(context: FinderContext, question: string | Query, options: SearchOptions, onDone: (result: FindResult) => void) {
    const { limit = DEFAULT_FIND_LIMIT, timeoutMs = DEFAULT_FIND_TIMEOUT_MS, onMatch, rank, explain = false, paths } = options;
    const query = compileQuery(question);
    if (!Number.isInteger(limit) || limit < 1) throw new SynapseError("bad_options", `limit must be a whole number from 1, not ${limit}`);
    if (!(timeoutMs > 0)) throw new SynapseError("bad_options", `timeoutMs must be more than 0, not ${timeoutMs}`);
    checkRank(rank);
    this.options = options;
    this.limit = limit;
    this.onDone = onDone;
    this.startedAt = context.runtime.now();
    this.explanation = explain ? new Explanation(context.runtime) : undefined;
    const walker = { ...withPeers(context, context.peers), settings: withPaths(context.settings, paths) };
    this.context = this.explanation === undefined ? walker : withPeers(walker, this.explanation.listening(context.peers), this.explanation);
    this.finder = new Finder(this.context, {
      query,
      limit: rank === undefined ? limit : MAX_RANKED,
      timeoutMs,
      filters: !explain,
      patient: options.patient ?? false,
      onDone: (result, findings) => this.order(this.explained(result, findings, query.clauses)),
      ...(onMatch && { onMatch }),
    });
  }

  start(): this {
    this.finder.start();
    return this;
  }

  /** Ends it now with what it has. */
  stop(): void {
    this.finder.stop();
    this.nearest?.stop();
  }

  private explained(result: FindResult, findings: Findings, clauses: Parameters<Explanation["trace"]>[0]): FindResult {
    return this.explanation === undefined ? result : { ...result, trace: this.explanation.trace(clauses, findings) };
  }

  private order(result: FindResult): void {
    const { rank } = this.options;
    if (rank === undefined) this.onDone(result);
    else if (rank !== "nearest")
      this.cut(
        result,
        ranked(result.matches, rank, () => this.context.runtime.random()),
      );
    else {
      this.nearest = new Nearest(this.context, result.matches, (matches) => this.cut(result, matches));
      this.nearest.start();
    }
  }

  private cut(result: FindResult, matches: readonly Match[]): void {
    const truncated = result.report.truncated || matches.length > this.limit;
    const ms = this.context.runtime.now() - this.startedAt;
    this.onDone({ ...result, matches: matches.slice(0, this.limit), report: { ...result.report, truncated, ms } });
  }
}

function checkRank(rank: unknown): void {
  const isKnown = rank === undefined || rank === "nearest" || rank === "fresh" || rank === "random" || typeof rank === "function";
  if (isKnown || isByAttribute(rank)) return;
  throw new SynapseError("bad_options", 'rank must be "nearest", "fresh", "random", { attribute, order } or a function');
}

function isByAttribute(rank: unknown): boolean {
  if (typeof rank !== "object" || rank === null || !("attribute" in rank) || typeof rank.attribute !== "string") return false;
  return !("order" in rank) || rank.order === undefined || rank.order === "asc" || rank.order === "desc";
}
