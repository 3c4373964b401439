import type { Contact } from "../routing/index.ts";
import type { CapabilityRecord } from "./capability-record.ts";
import type { Trace } from "./explanation.ts";
import { type Change, Findings, type Match } from "./findings.ts";
import { KeyReader } from "./key-reader.ts";
import type { Timer } from "./ports.ts";
import { type CompiledQuery, MAX_WHERE_PUBLISHERS, ofPublishers, type Plan, planOf, type Where, whereFor } from "./query/index.ts";
import { emptyTally, type FinderContext, type Reading, type Tally } from "./reading.ts";
import { MAX_PER_ANSWER } from "./record-store.ts";

/** Records of a name that is looked at only to see how many there are: enough to have all of it where it is rare. */
const FIRST_PAGE = 20;
/** Lets everything through, and has holders say how much they hold. */
const EVERYTHING: Where = { any: [], publishers: [] };

export interface FindReport {
  /**
   * True when every key was read to its end at the k nodes nearest to it: nothing was cut short, nobody was missing, and no publisher had
   * more records than are taken in of one.
   */
  readonly complete: boolean;
  /** True when there may be more matches than are wanted: the search ended early, or the last in rank were left off. */
  readonly truncated: boolean;
  /** True when holders spoke of more than one search may ask for: see search-budget.ts. It is then not complete. */
  readonly cutShort: boolean;
  readonly keysAsked: number;
  readonly nodesAsked: number;
  /** Requests of every kind, further pages included. */
  readonly requests: number;
  /** Of these, requests that asked to be passed on: each may have cost another node a request more. */
  readonly relays: number;
  readonly failed: number;
  /** Requests one after the other until the first match, or until the end where there was none. */
  readonly hops: number;
  /** Records passed over: forged, malformed, expired, withdrawn, or replaced by a newer one. */
  readonly staleDropped: number;
  readonly ms: number;
}

export interface FindResult {
  /** In the order in which they were heard of: what the nearest or fastest holder knew comes first. By rank where one was asked for. */
  readonly matches: readonly Match[];
  readonly report: FindReport;
  /** How the search went, where that was asked for. */
  readonly trace?: Trace;
}

export interface FindOptions {
  readonly query: CompiledQuery;
  /** Matches wanted at most. */
  readonly limit: number;
  /** The search ends after this, with what it has, ms. */
  readonly timeoutMs: number;
  /** Whether holders sort out. Default true; those who want to know what was passed over have everything sent. */
  readonly filters?: boolean;
  /** Whether to hear out those that a walk has passed over as late. Default false. */
  readonly patient?: boolean;
  readonly onMatch?: (match: Match) => void;
  readonly onDone: (result: FindResult, findings: Findings) => void;
}

/**
 * One search. It reads whole the names that alternatives of the query are found by, each at the holders of its keys; of several that would
 * do, the one with the fewest records. Then it asks about the agents that were found there, where it depends on what else they offer.
 */
export class Finder {
  private readonly context: FinderContext;
  private readonly options: FindOptions;
  private readonly plan: Plan;
  private readonly findings: Findings;
  private readonly startedAt: number;
  private readonly tally: Tally = emptyTally();
  /** Everything that is being read, or was. At most two for each name in the query. */
  private readonly readers: KeyReader[] = [];
  private open = 0;
  /** What comes when nothing is open any more. */
  private next: () => void = () => undefined;
  /**
   * Of the answer that has just come: a search that ends in the middle of it gives no more than it has told. At most as many as are read.
   */
  private readonly untold = new Set<Match>();
  private hopsToFirst: number | undefined;
  private timer: Timer | undefined;
  private ended = false;

  constructor(context: FinderContext, options: FindOptions) {
    this.context = context;
    this.options = options;
    this.plan = planOf(options.query.clauses);
    this.findings = new Findings(options.query.clauses);
    this.startedAt = context.runtime.now();
  }

  start(): this {
    const { required, choices } = this.plan;
    this.timer = this.context.runtime.schedule(this.options.timeoutMs, () => this.stop());
    const inQuestion = [...new Set(choices.flat())];
    const readings = [...required].map((name) => this.wholly(name)).concat(inQuestion.map((name) => this.firstPages(name)));
    this.readAll(readings, () => this.choose());
    return this;
  }

  /** Ends the search now with what it has. */
  stop(): void {
    this.finish(false);
  }

  private wholly(name: string): Partial<Reading> & { readonly name: string } {
    const { limit } = this.options;
    const isAlone = this.plan.choices.length === 0 && this.plan.required.size === 1;
    return { name, where: this.filterFor(name), pageSize: isAlone ? limit : MAX_PER_ANSWER };
  }

  private firstPages(name: string): Partial<Reading> & { readonly name: string } {
    return { name, where: this.filterFor(name) ?? EVERYTHING, pageSize: FIRST_PAGE, extent: "first-pages" };
  }

  private filterFor(name: string): Where | undefined {
    return this.options.filters === false ? undefined : whereFor(name, this.options.query.clauses);
  }

  /** Begins several readings; `then` is called once all are done. */
  private readAll(readings: readonly (Partial<Reading> & { readonly name: string })[], then: () => void): void {
    this.next = then;
    this.open += 1; // the first may be done before the last is begun
    for (const reading of readings) {
      if (this.ended) return;
      this.open += 1;
      const reader = new KeyReader(this.context, {
        where: undefined,
        pageSize: MAX_PER_ANSWER,
        extent: "whole",
        patient: this.options.patient ?? false,
        tally: this.tally,
        onRecords: (records, from, hop) => this.onRecords(records, from, hop),
        isNewest: (record) => this.findings.isNewest(record),
        ...reading,
        onDone: () => this.oneDone(),
      });
      this.readers.push(reader);
      reader.start();
    }
    this.oneDone();
  }

  private oneDone(): void {
    this.open -= 1;
    if (this.open === 0 && !this.ended) this.next();
  }

  /** Of names of which one must be read whole, that of which there are fewest. */
  private choose(): void {
    const chosen = new Set(this.readers.filter((reader) => reader.isWhole)); // at most one for each name
    for (const names of this.plan.choices) {
      const candidates = this.readers.filter(({ name }) => names.includes(name));
      if (candidates.some((reader) => chosen.has(reader))) continue;
      chosen.add(candidates.reduce((least, reader) => (reader.estimate < least.estimate ? reader : least)));
    }
    const names = [...chosen].map(({ name }) => name);
    const postponed = [...chosen].filter((reader) => reader.isPostponed);
    this.next = () => this.settle(names);
    this.open = postponed.length + 1;
    for (const reader of postponed) reader.goOn();
    this.oneDone();
  }

  /** What was read is known. Where it still depends on what agents offer besides, they are looked for under those names. */
  private settle(names: readonly string[]): void {
    this.onChange(this.findings.settle(names));
    if (this.ended) return;
    const open = this.findings.open();
    if (open.size === 0) this.finish(false);
    else
      this.readAll(
        [...open].map(([name, ids]) => this.about(name, ids)),
        () => this.settle([...open.keys()]),
      );
  }

  private about(name: string, ids: readonly Uint8Array[]): Partial<Reading> & { readonly name: string } {
    const areFew = ids.length <= MAX_WHERE_PUBLISHERS && this.options.filters !== false;
    return areFew ? { name, where: ofPublishers(ids), only: ids } : { name };
  }

  private onRecords(records: readonly CapabilityRecord[], from: Contact | undefined, hop: number): void {
    const ms = this.context.runtime.now() - this.startedAt;
    const kept = this.findings.keep(records.map((record) => ({ record, from, hop, ms })));
    this.tally.stale += kept.replaced;
    if (kept.leftOut.length > 0) this.tally.complete = false;
    this.onChange(kept);
  }

  private onChange({ told }: Change): void {
    for (const match of told) this.untold.add(match);
    for (const match of told) {
      if (this.ended) return;
      this.untold.delete(match);
      this.hopsToFirst ??= match.hop;
      this.options.onMatch?.(match);
      if (this.findings.size - this.untold.size >= this.options.limit) this.finish(true);
    }
  }

  private finish(enough: boolean): void {
    if (this.ended) return;
    this.ended = true;
    this.timer?.cancel();
    const idle = this.readers.every((reader) => reader.isIdle);
    for (const reader of this.readers) reader.stop();
    const { keys, nodes, requests, relays, failed, stale, complete, hops, budget } = this.tally;
    const report: FindReport = {
      complete: complete && idle && !enough && !budget.isCut,
      truncated: enough,
      cutShort: budget.isCut,
      keysAsked: keys,
      nodesAsked: nodes,
      requests,
      relays,
      failed,
      hops: this.hopsToFirst ?? hops,
      staleDropped: stale,
      ms: this.context.runtime.now() - this.startedAt,
    };
    const matches = this.findings.matches.filter((match) => !this.untold.has(match));
    this.options.onDone({ matches: matches.slice(0, this.options.limit), report }, this.findings);
  }
}
