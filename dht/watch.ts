import type { Contact, NodeId } from "../routing/index.ts";
import { isCapabilityName } from "./capability-key.ts";
import { type CapabilityRecord, saysTheSame, timelinessOf } from "./capability-record.ts";
import { type Change, Findings, type Match } from "./findings.ts";
import { GrowingWait } from "./growing-wait.ts";
import { KeyReader } from "./key-reader.ts";
import type { Timer } from "./ports.ts";
import { type CompiledQuery, chunksOfPublishers, namesIn, ofPublishers, whereFor } from "./query/index.ts";
import { emptyTally, type FinderContext, type Reading, type Tally } from "./reading.ts";
import { MAX_PER_ANSWER } from "./record-store.ts";
import { belongsUnder } from "./shelf.ts";
import { WatchLeases } from "./watch-leases.ts";
import { WatchRoom } from "./watch-room.ts";

/** How often holders are reminded, ms: twice may be missed, and no link falls idle in between. */
const RENEW_MS = 40_000;
/** Everything is read again this often, ms, whatever was told: what got lost, and who is responsible by now. */
const RECONCILE_MS = 5 * 60_000;
/**
 * Sooner where a holder has gone or has missed something, but not more often than this, ms. Where that goes on, because holders have no
 * leases left or send too much, the wait grows to the interval above.
 */
const RECONCILE_SOON_MS = 15_000;
/** In the place of a holder: what was stored at this node. */
export const OWN_STORE = "";

/** What has changed about the answer to a query. */
export type WatchEvent =
  | { readonly kind: "appeared"; readonly match: Match }
  | { readonly kind: "changed"; readonly match: Match; readonly before: Match }
  | { readonly kind: "left"; readonly match: Match; readonly why: "withdrawn" | "expired" | "no longer matches" };

export interface WatchOptions {
  readonly query: CompiledQuery;
  /** Tells this node's watches apart at the holders. */
  readonly number: number;
  readonly onEvent: (event: WatchEvent) => void;
  /** Called each time everything has been read: whether nothing was missing. */
  readonly onRead?: ((complete: boolean) => void) | undefined;
}

/**
 * A standing query. It reads all names that the query is about, has the holders of their keys tell of changes for as long as their lease
 * runs, renews it, and reads everything again now and then: leases make it quick, reading makes it right.
 */
export class Watch {
  private readonly context: FinderContext;
  private readonly options: WatchOptions;
  private readonly names: readonly string[]; // at most those of a query
  private readonly findings: Findings; // of as many entries as there is room for, and so what follows
  private readonly room = new WatchRoom();
  private readonly shown = new Map<string, Match>(); // what was told, by entry
  private readonly leases: WatchLeases;
  private readers: KeyReader[] = []; // of the reading under way: at most two for each name, and one for each 64 agents
  private heard = new Set<string>(); // entries heard since it began, and not expired
  private tally: Tally = emptyTally();
  private open = 0;
  private timers: Timer[] = []; // at most two
  private soon: Timer | undefined;
  private soonAt = Number.POSITIVE_INFINITY;
  private readAt = 0;
  private readonly afterLoss = new GrowingWait(RECONCILE_SOON_MS, RECONCILE_MS);
  /** Where not all could be read: whoever promises more than he gives has it so each time. */
  private readonly afterGaps = new GrowingWait(4 * RECONCILE_SOON_MS, RECONCILE_MS);
  /** Whether news has been passed over since everything began to be read. */
  private hasLost = false;
  /** Whether everything has been read since the first leases began. */
  private isUnderWatch = false;
  private ended = false;

  constructor(context: FinderContext, options: WatchOptions) {
    this.context = context;
    this.options = options;
    this.names = [...namesIn(options.query.clauses)].filter(isCapabilityName);
    this.findings = new Findings(options.query.clauses);
    this.leases = new WatchLeases(context, {
      number: options.number,
      whereFor: (name) => whereFor(name, options.query.clauses),
      onGap: (withinMs) => this.isUnderWatch && this.readSoon(withinMs),
      onAsked: () => this.isUnderWatch || this.readAgain(),
      soonMs: RECONCILE_SOON_MS,
      latestMs: RECONCILE_MS,
    });
  }

  start(): this {
    this.repeat(RENEW_MS, () => this.renew());
    this.repeat(RECONCILE_MS, () => this.read());
    this.read();
    return this;
  }

  stop(): void {
    this.ended = true;
    for (const timer of this.timers) timer.cancel();
    this.soon?.cancel();
    this.leases.stop();
    for (const reader of this.readers) reader.stop();
  }

  /** Whether a node was asked to tell of changes under a key. */
  hasAsked(holder: string, key: NodeId): boolean {
    return !this.ended && this.leases.isAsked(holder, key);
  }

  /** A holder has told of something that was passed over. */
  onLost(): void {
    if (this.hasLost) return;
    this.hasLost = true;
    this.readSoon(this.afterLoss.next());
  }

  /** A record that a holder tells of, or that has come into this node's own store. False: it is about nothing that is watched. */
  onChanged(key: NodeId, record: CapabilityRecord, holder: string): boolean {
    if (this.ended || !this.isAbout(record) || !belongsUnder(key, record)) return false;
    if (!this.isCurrent(record)) return true;
    if (this.room.tell(record, holder)) this.keep([record], undefined, 0);
    else this.onLost();
    return true;
  }

  private isAbout({ capability }: CapabilityRecord): boolean {
    return this.names.some((name) => capability === name || capability.startsWith(`${name}/`));
  }

  private repeat(everyMs: number, task: () => void): void {
    const { runtime } = this.context;
    const slot = this.timers.length;
    const again = () => {
      this.timers[slot] = runtime.schedule(everyMs * (0.9 + 0.2 * runtime.random()), () => {
        task();
        if (!this.ended) again();
      });
    };
    again();
  }

  /** Reads everything, unless that is being done. */
  private read(): void {
    if (this.ended || this.open > 0) return;
    this.soon?.cancel(); // what was to be read soon is read now
    this.soonAt = Number.POSITIVE_INFINITY;
    this.readAt = this.context.runtime.now();
    if (!this.hasLost) this.afterLoss.reset();
    this.hasLost = false;
    this.tally = emptyTally();
    this.heard = new Set();
    this.readers = [];
    const { clauses } = this.options.query;
    this.readAll(
      this.names.map((name) => ({ name, where: whereFor(name, clauses) })),
      () => this.askAboutSilent(),
    );
  }

  private readAll(readings: readonly Pick<Reading, "name" | "where" | "only">[], then: () => void): void {
    const done = () => {
      this.open -= 1;
      if (this.open === 0 && !this.ended) then();
    };
    this.open += 1; // the first may be done before the last is begun
    for (const reading of readings) {
      this.open += 1;
      const reader = new KeyReader(this.context, {
        ...reading,
        pageSize: MAX_PER_ANSWER,
        extent: "whole",
        patient: true,
        tally: this.tally,
        onRecords: (records, from, hop) => this.onRecords(records, from, hop),
        isNewest: (record) => this.findings.isNewest(record),
        onDone: done,
      });
      this.readers.push(reader);
      reader.start();
    }
    done();
  }

  /** Of whom nobody has given anything this time: a newer record of theirs may have been sorted out. */
  private askAboutSilent(): void {
    const silent = [...this.shown.values()].filter(({ record }) => !this.heard.has(record.entry)).map(({ record }) => record);
    const readings = this.names.flatMap((name) => {
      const ids = silent
        .filter(({ capability }) => capability === name || capability.startsWith(`${name}/`))
        .map(({ publisher }) => publisher);
      return chunksOfPublishers(ids).map((only) => ({ name, only, where: ofPublishers(only) }));
    });
    this.readAll(readings, () => this.onRead());
  }

  private onRead(): void {
    this.tell(this.findings.settle(this.names));
    this.dropExpired();
    this.leases.takeAnew(this.readers);
    const complete = this.tally.complete && !this.tally.budget.isCut;
    this.options.onRead?.(complete);
    if (complete) this.afterGaps.reset();
    else this.readSoon(this.afterGaps.next());
  }

  private renew(): void {
    this.dropExpired();
    this.leases.renew();
  }

  /** What has changed between the first reading and the first leases, nobody will tell. */
  private readAgain(): void {
    this.isUnderWatch = true;
    this.readSoon(0);
  }

  private readSoon(afterMs: number): void {
    const { runtime } = this.context;
    const at = Math.max(runtime.now() + 1, this.readAt + afterMs);
    if (at >= this.soonAt) return;
    this.soon?.cancel();
    this.soonAt = at;
    this.soon = runtime.schedule(at - runtime.now(), () => {
      // What is being read may have been passed by before the change.
      this.soonAt = Number.POSITIVE_INFINITY;
      if (this.open > 0) this.readSoon(runtime.now() - this.readAt + RECONCILE_SOON_MS);
      else this.read();
    });
  }

  private onRecords(records: readonly CapabilityRecord[], from: Contact | undefined, hop: number): void {
    const current = records.filter((record) => this.isCurrent(record));
    const kept = current.filter((record) => this.room.read(record, from?.key ?? OWN_STORE));
    if (kept.length < current.length) this.tally.complete = false;
    this.keep(kept, from, hop);
  }

  private isCurrent(record: CapabilityRecord): boolean {
    return timelinessOf(record, this.context.runtime.wallClock()) === "current";
  }

  private keep(records: readonly CapabilityRecord[], from: Contact | undefined, hop: number): void {
    const ms = this.context.runtime.now() - this.readAt;
    for (const { entry } of records) this.heard.add(entry);
    const kept = this.findings.keep(records.map((record) => ({ record, from, hop, ms })));
    if (kept.leftOut.length > 0) this.tally.complete = false;
    for (const record of kept.leftOut) this.forget(record);
    this.tell(kept);
  }

  private dropExpired(): void {
    const wallClock = this.context.runtime.wallClock();
    for (const record of [...this.findings.records()]) if (wallClock >= record.expires) this.drop(record);
  }

  private drop(record: CapabilityRecord): void {
    this.forget(record);
    this.tell(this.findings.drop(record), "expired");
  }

  private forget(record: CapabilityRecord): void {
    this.room.leave(record);
    this.heard.delete(record.entry);
  }

  private tell({ told, gone }: Change, why?: "expired"): void {
    for (const match of told) this.show(match);
    for (const { record } of gone) {
      const match = this.shown.get(record.entry);
      if (match === undefined) continue;
      this.shown.delete(record.entry);
      const isWithdrawn = this.findings.newest(record)?.withdrawn === true;
      this.options.onEvent({ kind: "left", match, why: why ?? (isWithdrawn ? "withdrawn" : "no longer matches") });
    }
  }

  private show(match: Match): void {
    const { entry } = match.record;
    const before = this.shown.get(entry);
    this.shown.set(entry, match);
    if (before === undefined) this.options.onEvent({ kind: "appeared", match });
    else if (!saysTheSame(before.record, match.record)) this.options.onEvent({ kind: "changed", match, before });
  }
}
