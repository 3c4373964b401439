import type { Contact } from "../routing/index.ts";
import type { CapabilityRecord } from "./capability-record.ts";
import { chunksOfPublishers, ofPublishers, type Where } from "./query/index.ts";

/** A question to a holder of which it is not known why it did not give something. */
export interface Doubt {
  readonly holder: Contact;
  readonly where: Where;
}

/**
 * A holder that sorts out keeps silent about a newer record that no longer fits, while one that has missed it gives the older, which does.
 * Whoever did not give what others gave is therefore asked once more, for what it has of those publishers, whatever it says. It answers
 * with signed records: a holder could otherwise make anybody vanish by claiming to have something newer.
 */
export class SecondLook {
  /** Who is responsible for the key: those are to agree. At most the members of two walks. */
  readonly holders: Contact[] = [];
  private readonly isNeeded: boolean;
  /** What has come, by holder; at most what one search reads. */
  private readonly entries = new Map<string, Set<string>>();
  private readonly records = new Map<string, CapabilityRecord>();
  private begun = false;

  constructor(where: Where | undefined) {
    this.isNeeded = where !== undefined && where.any.length > 0;
  }

  /** These are responsible for the key as well. */
  add(holders: readonly Contact[]): void {
    for (const holder of holders) if (!this.holders.some(({ key }) => key === holder.key)) this.holders.push(holder);
  }

  given(record: CapabilityRecord, from: Contact | undefined): void {
    if (!this.isNeeded) return;
    this.records.set(record.entry, record);
    if (from === undefined) return;
    const given = this.entries.get(from.key) ?? new Set();
    this.entries.set(from.key, given.add(record.entry));
  }

  /** What is to be asked, once. */
  begin(isNewest: (record: CapabilityRecord) => boolean): Doubt[] {
    if (!this.isNeeded || this.begun) return [];
    this.begun = true;
    const wanted = [...this.records.values()].filter((record) => !record.withdrawn && isNewest(record));
    return this.holders.flatMap((holder) => {
      const given = this.entries.get(holder.key);
      const missing = wanted.filter(({ entry }) => !given?.has(entry)).map(({ publisher }) => publisher);
      return chunksOfPublishers(missing).map((publishers) => ({ holder, where: ofPublishers(publishers) }));
    });
  }
}
