import {
  belongsUnder,
  type CapabilityRecord,
  type FindResult,
  type OverlayRequest,
  type OverlayResponse,
  timelinessOf,
} from "../../../dht/index.ts";
import { type NodeId, shortId } from "../../../routing/index.ts";
import { EPOCH_MS, type SimNode } from "../../engine/world.ts";
import type { Report } from "./invariant.ts";

/** Tells true records from others; gives why one is none. */
export type ReadTrue = (bytes: Uint8Array) => CapabilityRecord | string;

/** A store is swept every so many intervals at the latest, give or take a moment. */
const SWEPT_WITHIN = 1.6;

/** Holds the records that nodes keep, hand out and believe against what was published. */
export class Records {
  private readonly read: ReadTrue;
  private readonly report: Report;

  constructor(read: ReadTrue, report: Report) {
    this.read = read;
    this.report = report;
  }

  onServed(giver: SimNode, request: OverlayRequest, response: OverlayResponse): void {
    const wallClock = giver.inside.runtime.wallClock();
    if (request.kind === "store" && response.kind === "store" && response.outcome === "stored")
      this.check(giver, "it stored", request.record, request.key, wallClock);
    if (request.kind !== "find_records" || response.kind !== "find_records") return;
    for (const bytes of response.records) this.check(giver, "it hands out", bytes, request.key, wallClock);
  }

  /** @param beganAt virtual time at which the search began, ms. */
  checkFound(finder: SimNode, { matches }: FindResult, beganAt: number): void {
    const found = new Set<string>(); // one entry for each match
    for (const { record, ms } of matches) {
      this.check(finder, "it found", record.bytes, undefined, EPOCH_MS + finder.host.properties.clockOffsetMs + beganAt + ms);
      const entry = `${shortId(record.publisher)} ${record.capability}`;
      if (found.has(entry)) this.report("newest", finder, `it found ${entry} twice in one search`);
      found.add(entry);
    }
  }

  /** What a store holds is genuine and under its key, and what is over is not held for long. */
  checkStore(node: SimNode): void {
    const { store, settings, runtime } = node.inside;
    const oldest = runtime.wallClock() - SWEPT_WITHIN * settings.sweepIntervalMs;
    for (const { key, records, replayable } of store["byKey"].values()) {
      for (const record of records.values()) {
        const until = replayable?.get(record.entry) ?? record.expires;
        if (until < oldest)
          this.report("swept", node, `a record that ended ${Math.round(runtime.wallClock() - until)} ms ago is still held`);
        this.check(node, "it holds", record.bytes, key, undefined);
      }
    }
  }

  private check(node: SimNode, what: string, bytes: Uint8Array, key: NodeId | undefined, wallClock: number | undefined): void {
    const record = this.read(bytes);
    if (typeof record === "string") {
      this.report("genuine", node, `${what} a record that nobody published: ${record}`);
      return;
    }
    if (key !== undefined && !belongsUnder(key, record))
      this.report("genuine", node, `${what} ${nameOf(record)} under a key that is not its own`);
    const timeliness = wallClock === undefined ? "current" : timelinessOf(record, wallClock);
    if (timeliness !== "current") this.report("timely", node, `${what} ${nameOf(record)}, which is ${timeliness}`);
  }
}

function nameOf({ capability, publisher }: CapabilityRecord): string {
  return `${capability} of ${shortId(publisher)}`;
}
