import type { Contact, NodeId } from "../routing/index.ts";
import { capabilityKey, MAX_SPLIT } from "./capability-key.ts";
import { type CapabilityRecord, timelinessOf } from "./capability-record.ts";
import { type LookupResult, LookupRun, type Walker } from "./lookup-run.ts";
import type { OverlayResponse } from "./messages.ts";
import type { Timer } from "./ports.ts";
import type { RecordReader } from "./record-reader.ts";
import type { Page, RecordStore } from "./record-store.ts";
import { crowdedWithin, outermostShell, RegionWalk } from "./region.ts";
import { belongsUnder } from "./shelf.ts";

/** Pages read of one holder at most. */
const MAX_PAGES = 64;
/** Records read in one search at most, from all holders together: more is a flood, and the rest of it is not looked at. */
const MAX_READ = 65_536;
/** Walks around a key at most, where ids stand nearer to it than chance puts them. */
const MAX_REGION_WALKS = 6;

/**
 * Of the holders of a key, those who must say that it is split before its children are searched. Publishers go there when half of the
 * holders are full; holders come and go in between, so fewer will do here. A lone liar sends nobody anywhere.
 */
const SPLIT_QUORUM = 1 / 3;

/** One agent that was found: its signed record, and how it was heard of. */
export interface Match {
  readonly record: CapabilityRecord;
  /** Who gave it first; undefined when it was in this node's own store. */
  readonly from: Contact | undefined;
  /** Requests on the path to whoever gave it. */
  readonly hop: number;
  /** Milliseconds after the search began. */
  readonly ms: number;
}

export interface FindReport {
  /** True when every key was read to its end at the k nodes nearest to it: nothing was cut short, nobody was missing. */
  readonly complete: boolean;
  /** True when the search ended early because it had as many as were wanted. */
  readonly truncated: boolean;
  readonly keysAsked: number;
  readonly nodesAsked: number;
  /** Requests of every kind, further pages included. */
  readonly requests: number;
  readonly failed: number;
  /** Requests one after the other until the first match, or until the end where there was none. */
  readonly hops: number;
  /** Records passed over: forged, malformed, expired, withdrawn, or replaced by a newer one. */
  readonly dropped: number;
  readonly ms: number;
}

export interface FindResult {
  /** In the order in which they were heard of: what the nearest or fastest holder knew comes first. */
  readonly matches: readonly Match[];
  readonly report: FindReport;
}

export interface FindOptions {
  readonly swarm: string;
  readonly capability: string;
  /** Matches wanted at most. */
  readonly limit: number;
  /** The search ends after this, with what it has, ms. */
  readonly timeoutMs: number;
  readonly onMatch?: (match: Match) => void;
  readonly onDone: (result: FindResult) => void;
}

/** One of the keys that a capability's records may stand under. */
interface Branch {
  readonly key: NodeId;
  /** Split bits that lead to it: none for the key itself. */
  readonly bits: string;
  /** Who says that it is split further. At most those asked on one walk. */
  readonly claimants: Set<string>;
}

/** How far one holder has been read. */
interface Bookmark {
  readonly pages: number;
  /** The last record that was acceptable, by its entry. Holders give them in that order, so each page goes on from there. */
  readonly upTo: string;
}

const UNREAD: Bookmark = { pages: 0, upTo: "" };

/** A finder's surroundings. */
export interface FinderContext extends Walker {
  readonly reader: RecordReader;
  readonly store: RecordStore;
}

/**
 * One search for a capability: walks to its key, and to the children where holders say that the key is split, verifies every record
 * itself, and keeps of each publisher only the newest.
 */
export class Finder {
  private readonly context: FinderContext;
  private readonly options: FindOptions;
  private readonly startedAt: number;
  /** By publisher and capability; withdrawals too, so that they win. At most {@link MAX_READ}. */
  private readonly best = new Map<string, Match>();
  private live = 0;
  private read = 0;
  private readonly walks = new Set<LookupRun | RegionWalk>(); // one for each key asked
  /** Keys by their split bits: the key itself, and at most 2^(MAX_SPLIT + 1) − 2 children. */
  private readonly branches = new Map<string, Branch>();
  private pagesOpen = 0;
  private totals = { requests: 0, nodes: 0, failed: 0, dropped: 0, hops: 0 };
  private complete = true;
  private timer: Timer | undefined;
  private ended = false;

  constructor(context: FinderContext, options: FindOptions) {
    this.context = context;
    this.options = options;
    this.startedAt = context.runtime.now();
  }

  start(): this {
    const { runtime } = this.context;
    this.timer = runtime.schedule(this.options.timeoutMs, () => this.stop());
    this.visit("");
    return this;
  }

  /** Ends the search now with what it has. */
  stop(): void {
    this.finish(false);
  }

  private visit(bits: string): void {
    if (this.ended || this.branches.has(bits)) return;
    const key = capabilityKey(this.options.swarm, this.options.capability, bits);
    const branch: Branch = { key, bits, claimants: new Set() };
    this.branches.set(bits, branch);
    this.readOwnStore(branch);
    if (!this.ended) this.walkTo(branch, crowdedWithin(this.context));
  }

  private walkTo(branch: Branch, endWithin: number): void {
    const { key } = branch;
    const run: LookupRun = new LookupRun(this.context, {
      target: key,
      request: { kind: "find_records", key, limit: this.options.limit, after: undefined },
      endWithin,
      onAnswer: (from, response, hop) => this.onAnswer(branch, from, response, hop, UNREAD),
      onDone: (result) => {
        this.walks.delete(run);
        this.onWalked(branch, result);
      },
    });
    this.walks.add(run);
    run.start();
  }

  /** Ids were ground next to the key: its records are read where they should be without them, and where that are too few, nearer, too. */
  private walkAround(branch: Branch): void {
    const { k } = this.context.settings;
    let members = 0;
    const region = new RegionWalk(this.context, {
      parts: [outermostShell(this.context, branch.key)],
      mostWalks: MAX_REGION_WALKS,
      onMember: (member, hop) => {
        members += 1;
        this.readFrom(branch, member, hop, UNREAD, undefined);
        return members < k ? "go-on" : "enough";
      },
      onDone: (requests, failed) => {
        this.walks.delete(region);
        this.totals.requests += requests;
        this.totals.nodes += requests;
        this.totals.failed += failed;
        if (members < k / 4) this.walkTo(branch, 0);
        else this.finishIfIdle();
      },
    });
    this.walks.add(region);
    region.start();
  }

  /** This node may itself be among the nearest to the key. */
  private readOwnStore(branch: Branch): void {
    const { store, runtime } = this.context;
    const { key, bits } = branch;
    let page: Page = store.page(key, this.options.limit, undefined, runtime.wallClock());
    for (;;) {
      this.take(key, page.records, undefined, 0);
      if (page.split > bits.length) this.visitChildren(bits);
      if (this.ended || page.more === undefined) return;
      page = store.page(key, this.options.limit, page.more, runtime.wallClock());
    }
  }

  private onAnswer(branch: Branch, from: Contact, response: OverlayResponse, hop: number, read: Bookmark): "enough" | "go-on" {
    if (response.kind !== "find_records") return "go-on";
    const upTo = this.take(branch.key, response.records, from, hop);
    if (response.split > branch.bits.length) {
      branch.claimants.add(from.key);
      if (branch.claimants.size >= this.context.settings.k * SPLIT_QUORUM) this.visitChildren(branch.bits);
    }
    if (!this.ended && response.more !== undefined) {
      // Whoever promises more and gives nothing new would hold the search up to its end.
      if (upTo > read.upTo) this.readFrom(branch, from, hop, { pages: read.pages + 1, upTo }, response.more);
      else this.complete = false;
    }
    return this.ended ? "enough" : "go-on";
  }

  private visitChildren(bits: string): void {
    if (bits.length >= MAX_SPLIT) return;
    const first = this.context.runtime.random() < 0.5 ? "0" : "1"; // spreads the load of early-ending searches over the children
    this.visit(bits + first);
    this.visit(bits + (first === "0" ? "1" : "0"));
  }

  /** Asks a holder for a page of what it has. */
  private readFrom(branch: Branch, from: Contact, hop: number, read: Bookmark, after: string | undefined): void {
    if (read.pages >= MAX_PAGES) {
      this.complete = false;
      return;
    }
    const { peers, settings } = this.context;
    this.pagesOpen += 1;
    this.totals.requests += 1;
    const request = { kind: "find_records", key: branch.key, limit: this.options.limit, after } as const;
    peers.request(from, request, settings.requestTimeoutMs, (outcome) => {
      this.pagesOpen -= 1;
      if (this.ended) return;
      if (outcome.kind === "failed") this.onPageLost();
      else this.onAnswer(branch, from, outcome, hop, read);
      this.finishIfIdle();
    });
  }

  private onPageLost(): void {
    this.totals.failed += 1;
    this.complete = false;
  }

  /** Gives the last of those that could be used, in the order in which holders give them. */
  private take(key: NodeId, records: readonly Uint8Array[], from: Contact | undefined, hop: number): string {
    let last = "";
    for (const bytes of records) {
      if (this.ended) break;
      if (this.read >= MAX_READ) {
        this.complete = false;
        break;
      }
      this.read += 1;
      const record = this.context.reader.read(bytes);
      if (typeof record === "string" || !this.acceptable(key, record)) {
        this.totals.dropped += 1;
        continue;
      }
      if (record.entry > last) last = record.entry;
      this.keep(record, from, hop);
    }
    return last;
  }

  private acceptable(key: NodeId, record: CapabilityRecord): boolean {
    if (record.swarm !== this.options.swarm || !belongsUnder(key, record)) return false;
    return timelinessOf(record, this.context.runtime.wallClock()) === "current";
  }

  /** A publisher may offer several capabilities below the one searched for: each is a match of its own. */
  private keep(record: CapabilityRecord, from: Contact | undefined, hop: number): void {
    const known = this.best.get(record.entry);
    if (known !== undefined && known.record.seq >= record.seq) return;
    const match: Match = { record, from, hop, ms: this.context.runtime.now() - this.startedAt };
    if (known !== undefined) this.totals.dropped += 1;
    if (known !== undefined && !known.record.withdrawn) this.live -= 1;
    this.best.set(record.entry, match);
    if (record.withdrawn) return;
    if (this.live === 0 && this.totals.hops === 0) this.totals.hops = hop;
    this.live += 1;
    this.options.onMatch?.(match);
    if (this.live >= this.options.limit) this.finish(true);
  }

  private onWalked(branch: Branch, result: LookupResult): void {
    const { bits, claimants } = branch;
    const claims = result.closest.filter((contact) => claimants.has(contact.key)).length;
    if (claims > 0 && claims >= result.closest.length * SPLIT_QUORUM) this.visitChildren(bits);
    this.totals.requests += result.requests;
    this.totals.nodes += result.requests;
    this.totals.failed += result.failed;
    if (this.live === 0) this.totals.hops = Math.max(this.totals.hops, result.hops);
    if (result.crowded && !this.ended) {
      this.walkAround(branch);
      return;
    }
    if (!result.complete) this.complete = false;
    this.finishIfIdle();
  }

  private finishIfIdle(): void {
    if (this.walks.size === 0 && this.pagesOpen === 0) this.finish(false);
  }

  private finish(enough: boolean): void {
    if (this.ended) return;
    this.ended = true;
    this.timer?.cancel();
    const idle = this.walks.size === 0 && this.pagesOpen === 0;
    for (const run of this.walks) run.stop(); // adds their cost; `ended` keeps them from finishing a second time
    const { requests, nodes, failed, dropped, hops } = this.totals;
    const matches = [...this.best.values()].filter((match) => !match.record.withdrawn);
    this.options.onDone({
      matches,
      report: {
        complete: this.complete && idle && !enough,
        truncated: enough,
        keysAsked: this.branches.size,
        nodesAsked: nodes,
        requests,
        failed,
        hops,
        dropped,
        ms: this.context.runtime.now() - this.startedAt,
      },
    });
  }
}
