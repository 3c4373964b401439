import type { CapabilityRecord } from "./capability-record.ts";
import { MAX_READ } from "./reading.ts";
import { add } from "./room.ts";

/** Entries that one watch knows at most, as many as one search reads: about 2 KiB each. */
export const MAX_ENTRIES = MAX_READ;
/** Of these, such as one holder has told of and nobody else has given since: twice what an honest one may hold under a key. */
export const MAX_TOLD_PER_HOLDER = 512;
/** The same of one publisher, whoever told of them: as many as a node publishes. */
export const MAX_TOLD_PER_PUBLISHER = 64;

interface Charge {
  readonly holder: string;
  readonly publisher: string;
}

/**
 * How much one watch has to remember. Identities and names cost nothing, so that one holder could tell of new agents for ever, all of them
 * genuine by their signatures. What it has told is counted to it until another holder gives the same, or the record has expired: an honest
 * one is believed without end, since others hold what it holds, and one that invents agents has had its share soon.
 */
export class WatchRoom {
  /** Everything that is known, and to whom it is counted; at most {@link MAX_ENTRIES}. */
  private readonly charges = new Map<string, Charge | undefined>();
  private readonly perHolder = new Map<string | number, number>(); // at most MAX_ENTRIES: no entry is kept at 0
  private readonly perPublisher = new Map<string | number, number>(); // the same

  /** Makes room for a record that a holder tells of. False: it has had its share, or there is no more. */
  tell({ entry, publisherKey: publisher }: CapabilityRecord, holder: string): boolean {
    if (this.charges.has(entry)) return true;
    if (this.charges.size >= MAX_ENTRIES) return false;
    if ((this.perHolder.get(holder) ?? 0) >= MAX_TOLD_PER_HOLDER) return false;
    if ((this.perPublisher.get(publisher) ?? 0) >= MAX_TOLD_PER_PUBLISHER) return false;
    this.charges.set(entry, { holder, publisher });
    add(this.perHolder, holder, 1);
    add(this.perPublisher, publisher, 1);
    return true;
  }

  /** The same for one that was read. Nobody answers any more for what others have, too. */
  read({ entry }: CapabilityRecord, from: string): boolean {
    if (!this.charges.has(entry) && this.charges.size >= MAX_ENTRIES) return false;
    const charge = this.charges.get(entry);
    if (charge === undefined) this.charges.set(entry, undefined);
    else if (charge.holder !== from) this.release(entry, charge);
    return true;
  }

  leave({ entry }: CapabilityRecord): void {
    const charge = this.charges.get(entry);
    if (charge !== undefined) this.release(entry, charge);
    this.charges.delete(entry);
  }

  private release(entry: string, { holder, publisher }: Charge): void {
    this.charges.set(entry, undefined);
    add(this.perHolder, holder, -1);
    add(this.perPublisher, publisher, -1);
  }
}
