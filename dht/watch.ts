import { type Contact, type NodeId, toHex } from "../routing/index.ts";
import { isCapabilityName } from "./capability-key.ts";
import { type CapabilityRecord, saysTheSame, timelinessOf } from "./capability-record.ts";
import { type Change, Findings, type Match } from "./findings.ts";
import { KeyReader } from "./key-reader.ts";
import type { OverlayResponse, WatchRequest } from "./messages.ts";
import type { Failed, Timer } from "./ports.ts";
import { type CompiledQuery, chunksOfPublishers, namesIn, ofPublishers, whereFor } from "./query/index.ts";
import { emptyTally, type FinderContext, type Reading, type Tally } from "./reading.ts";
import { MAX_PER_ANSWER } from "./record-store.ts";
import { belongsUnder } from "./shelf.ts";

/** Of the holders of a key, those nearest to it are asked to tell of changes: enough that losing all of them between two renewals is rare. */
const HOLDERS = 5;
/** How long a holder is to remember, ms, and how often it is reminded: twice may be missed, and no link falls idle in between. */
const LEASE_MS = 120_000;
const RENEW_MS = 40_000;
/** Everything is read again this often, ms, whatever was told: what got lost, and who is responsible by now. */
const RECONCILE_MS = 5 * 60_000;
/** Sooner where a holder has gone or has missed something, but not more often than this, ms. */
const RECONCILE_SOON_MS = 15_000;

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

interface Lease {
  readonly holder: Contact;
  readonly key: NodeId;
  readonly name: string;
  isBegun: boolean;
}

/**
 * A standing query. It reads all names that the query is about, has the holders of their keys tell of changes for as long as their lease runs,
 * renews it, and reads everything again now and then: leases make it quick, reading makes it right.
 */
export class Watch {
  private readonly context: FinderContext;
  private readonly options: WatchOptions;
  private readonly names: readonly string[]; // at most those of a query
  private readonly findings: Findings;
  private readonly shown = new Map<string, Match>(); // what was told, by entry; at most what one search reads
  /** By holder and key; at most {@link HOLDERS} for each key. */
  private leases = new Map<string, Lease>();
  private readers: KeyReader[] = []; // of the reading under way: at most two for each name, and one for each 64 agents
  private heard = new Set<string>(); // entries heard since it began
  private tally: Tally = emptyTally();
  private open = 0;
  private timers: Timer[] = []; // at most two
  private soon: Timer | undefined;
  private readAt = 0;
  /** Whether everything has been read since the first leases began. */
  private isUnderWatch = false;
  private ended = false;

  constructor(context: FinderContext, options: WatchOptions) {
    this.context = context;
    this.options = options;
    this.names = [...namesIn(options.query.clauses)].filter(isCapabilityName);
    this.findings = new Findings(options.query.clauses);
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
    for (const reader of this.readers) reader.stop();
  }

  /** A record that a holder tells of, or that has come into this node's own store. False: it is about nothing that is watched. */
  onChanged(key: NodeId, record: CapabilityRecord): boolean {
    if (this.ended || !this.isAbout(record) || !belongsUnder(key, record)) return false;
    this.keep(record, undefined, 0);
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
    this.readAt = this.context.runtime.now();
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
        onRecord: (record, from, hop) => this.keep(record, from, hop),
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
    this.leaseAnew();
    this.options.onRead?.(this.tally.complete);
    if (!this.tally.complete) this.readSoon(4 * RECONCILE_SOON_MS);
  }

  /** The holders may be others than last time. */
  private leaseAnew(): void {
    const before = this.leases;
    this.leases = new Map();
    for (const reader of this.readers) {
      for (const { key, holders } of reader.holders()) {
        for (const holder of holders.slice(0, HOLDERS)) {
          const id = `${holder.key} ${toHex(key)}`;
          this.leases.set(id, before.get(id) ?? { holder, key, name: reader.name, isBegun: false });
        }
      }
    }
    this.renew();
  }

  private renew(): void {
    this.dropExpired();
    const { peers, settings } = this.context;
    let unanswered = this.leases.size;
    for (const lease of this.leases.values()) {
      const where = whereFor(lease.name, this.options.query.clauses);
      const request: WatchRequest = {
        kind: "watch",
        key: lease.key,
        number: this.options.number,
        leaseMs: LEASE_MS,
        ...(where && { where }),
      };
      peers.request(lease.holder, request, settings.requestTimeoutMs, (outcome) => {
        unanswered -= 1;
        if (this.ended) return;
        this.onRenewed(lease, outcome);
        if (unanswered === 0 && !this.isUnderWatch) this.readAgain();
      });
    }
  }

  private onRenewed(lease: Lease, outcome: OverlayResponse | Failed): void {
    const isHeld =
      outcome.kind === "watch" && (outcome.outcome === "renewed" || outcome.outcome === "begun" || outcome.outcome === "missed");
    // Between reading and lease something may have changed; and whoever has lost a lease has told nothing since.
    const isGap = !isHeld || outcome.outcome !== "renewed";
    lease.isBegun = isHeld;
    if (isGap && this.isUnderWatch) this.readSoon(RECONCILE_SOON_MS);
  }

  /** What has changed between the first reading and the first leases, nobody will tell. */
  private readAgain(): void {
    this.isUnderWatch = true;
    this.readSoon(0);
  }

  private readSoon(afterMs: number): void {
    if (this.soon !== undefined) return;
    const { runtime } = this.context;
    const wait = Math.max(1, this.readAt + afterMs - runtime.now());
    this.soon = runtime.schedule(wait, () => {
      this.soon = undefined;
      this.read();
    });
  }

  private keep(record: CapabilityRecord, from: Contact | undefined, hop: number): void {
    if (timelinessOf(record, this.context.runtime.wallClock()) !== "current") return;
    this.heard.add(record.entry);
    this.tell(this.findings.keep({ record, from, hop, ms: this.context.runtime.now() - this.readAt }));
  }

  private dropExpired(): void {
    const wallClock = this.context.runtime.wallClock();
    for (const record of [...this.findings.records()]) if (wallClock >= record.expires) this.tell(this.findings.drop(record), "expired");
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
