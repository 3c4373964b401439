import { type Failed, type FindResult, type OverlayRequest, type OverlayResponse, timelinessOf } from "../../../dht/index.ts";
import type { Observer } from "../../engine/observer.ts";
import type { SimNode } from "../../engine/world.ts";
import type { Report } from "./invariant.ts";
import type { ReadTrue } from "./records.ts";
import { walkOf } from "./walks.ts";

/** What one search has heard. */
interface Search {
  readonly finder: SimNode;
  /** Highest sequence number heard, by publisher and capability; at most what its holders gave. */
  readonly newest: Map<string, number>;
  /** Only one walk, and only first pages: all that its requests are answered, it has read. */
  isSimple: boolean;
}

/** Listens to the answers that a search gets, to know what it should have made of them. */
export class Searches {
  private readonly byWalk = new WeakMap<object, Search>();
  private readonly read: ReadTrue;
  private readonly report: Report;
  /** The search that is being begun at this very moment. */
  private beginning: Search | undefined;

  constructor(read: ReadTrue, report: Report) {
    this.read = read;
    this.report = report;
  }

  /** Begins a search, and listens to it. `find` hands its first requests over before it returns. */
  begin(finder: SimNode, find: (done: (result: FindResult) => void) => void, done: (result: FindResult) => void): void {
    const search: Search = { finder, newest: new Map(), isSimple: true };
    this.beginning = search;
    find((result) => {
      this.check(search, result);
      done(result);
    });
    this.beginning = undefined;
  }

  readonly onSent: Observer["onSent"] = (asker, _, request) => {
    if (this.beginning !== undefined && request.kind === "find_records") this.byWalk.set(walkOf(asker, request), this.beginning);
  };

  onOutcome(asker: SimNode, request: OverlayRequest, outcome: OverlayResponse | Failed): void {
    const search = this.byWalk.get(walkOf(asker, request));
    if (search === undefined || outcome.kind !== "find_records") return;
    if (outcome.more !== undefined || outcome.split > 0) search.isSimple = false;
    const wallClock = search.finder.inside.runtime.wallClock();
    for (const bytes of [...outcome.records, ...(outcome.relayed?.records ?? [])]) {
      const record = this.read(bytes);
      if (typeof record === "string" || timelinessOf(record, wallClock) !== "current") continue;
      const entry = record.entry;
      search.newest.set(entry, Math.max(record.seq, search.newest.get(entry) ?? 0));
    }
  }

  private check({ finder, newest, isSimple }: Search, { matches, report }: FindResult): void {
    // A search that has enough stops in the middle of an answer.
    if (!isSimple || report.keysAsked > 1 || report.truncated) return;
    for (const { record } of matches) {
      const heard = newest.get(record.entry) ?? 0;
      if (record.seq < heard) this.report("newest", finder, `it believes sequence ${record.seq} of ${record.name}, and has heard ${heard}`);
    }
  }
}
