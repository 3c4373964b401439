import type { Contact, NodeId } from "../routing/index.ts";
import { type CapabilityRecord, timelinessOf } from "./capability-record.ts";
import type { OverlayResponse } from "./messages.ts";
import { type FinderContext, MAX_READ, type Reading } from "./reading.ts";
import type { SecondLook } from "./second-look.ts";
import { belongsUnder } from "./shelf.ts";
import type { SplitClaims } from "./split-claims.ts";
import type { Stragglers } from "./stragglers.ts";

/** One of the keys that a name's records may stand under. */
export interface Branch {
  readonly key: NodeId;
  /** Split bits that lead to it: none for the key itself. */
  readonly bits: string;
  /** Who says that it is split further. */
  readonly claims: SplitClaims;
  /** Where ids crowd around it, who was asked in its region besides: by key; at most k. */
  readonly members: Set<string>;
  /** Who gave what. */
  readonly look: SecondLook;
  readonly stragglers: Stragglers;
}

/** What comes in while a name is read: passes on records that are genuine, in force, and under the right key. */
export class Intake {
  /** Nothing is taken any more. */
  isOver = false;
  private readonly context: FinderContext;
  private readonly reading: Reading;

  constructor(context: FinderContext, reading: Reading) {
    this.context = context;
    this.reading = reading;
  }

  /** Gives the last of those that could be used, in the order in which holders give them. */
  take(branch: Branch, records: readonly Uint8Array[], from: Contact | undefined, hop: number): string {
    if (this.isOver) return "";
    const { tally } = this.reading;
    const usable: CapabilityRecord[] = []; // at most those of one answer
    let last = "";
    for (const bytes of records) {
      if (tally.read >= MAX_READ) {
        tally.complete = false;
        break;
      }
      tally.read += 1;
      const record = this.context.reader.read(bytes);
      if (typeof record === "string" || !this.isAcceptable(branch.key, record)) {
        tally.stale += 1;
        continue;
      }
      if (record.entry > last) last = record.entry;
      branch.claims.hasRecords = true;
      branch.look.given(record, from);
      usable.push(record);
    }
    if (usable.length > 0) this.reading.onRecords(usable, from, hop);
    return last;
  }

  /** Nobody has waited for it, but what is newer than what others gave must not be passed over. */
  takeLate(branch: Branch, from: Contact, response: OverlayResponse): void {
    if (response.kind !== "find_records") return;
    this.take(branch, response.records, from, 0);
    if (response.relayed !== undefined) this.take(branch, response.relayed.records, from, 0);
  }

  private isAcceptable(key: NodeId, record: CapabilityRecord): boolean {
    if (record.swarm !== this.context.swarm || !belongsUnder(key, record)) return false;
    return timelinessOf(record, this.context.runtime.wallClock()) === "current";
  }
}
