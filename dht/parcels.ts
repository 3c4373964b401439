import type { Contact, NodeId } from "../routing/index.ts";
import type { CapabilityRecord } from "./capability-record.ts";

/** Parcels of all recipients together. Where they are met, whoever has most gives way to whoever has fewer. */
export const MAX_PARCELS = 4_096;

export interface Parcel {
  readonly key: NodeId;
  readonly record: CapabilityRecord;
}

/** Somebody who is to be given records. */
export interface Recipient {
  readonly to: Contact;
  readonly waiting: Parcel[]; // those of all recipients are at most MAX_PARCELS, and what is under way
  /** When it was offered the first of these. */
  readonly since: number;
  underWay: number;
  /** How many may be under way: whoever answers at leisure gets one after the other. */
  window: number;
  /** How often in a row it was busy, how often it was therefore left alone, and what it has taken. */
  busy: number;
  pauses: number;
  taken: number;
  isResting: boolean;
}

/** What is to be handed over, recipient by recipient, each in its turn: nobody waits for what another takes. */
export class Parcels {
  /** By key, whoever was served last at the end; at most MAX_PARCELS, since none is kept that has nothing waiting or under way. */
  private readonly recipients = new Map<string, Recipient>();
  private count = 0;

  add(to: Contact, parcel: Parcel, now: number): void {
    const recipient = this.recipients.get(to.key) ?? newRecipient(to, now);
    if (this.count >= MAX_PARCELS && !this.makeRoom(recipient.waiting.length)) return;
    this.recipients.set(to.key, recipient);
    recipient.waiting.push(parcel);
    this.count += 1;
  }

  /** Whose turn it is, and with what. */
  next(): { readonly recipient: Recipient; readonly parcel: Parcel } | undefined {
    for (const recipient of this.recipients.values()) {
      if (recipient.isResting || recipient.underWay >= recipient.window) continue;
      const parcel = recipient.waiting.shift();
      if (parcel === undefined) continue;
      this.count -= 1;
      recipient.underWay += 1;
      this.recipients.delete(recipient.to.key); // set again: a Map keeps the order of insertion
      this.recipients.set(recipient.to.key, recipient);
      return { recipient, parcel };
    }
    return undefined;
  }

  /** What was under way is so no more. Forgets whoever has all. */
  settled(recipient: Recipient): void {
    recipient.underWay -= 1;
    if (recipient.underWay === 0 && recipient.waiting.length === 0) this.forget(recipient);
  }

  /** Whether it is still to be given anything. */
  has(recipient: Recipient): boolean {
    return this.recipients.get(recipient.to.key) === recipient;
  }

  forget(recipient: Recipient): void {
    if (!this.has(recipient)) return;
    this.count -= recipient.waiting.length;
    this.recipients.delete(recipient.to.key);
  }

  clear(): void {
    this.recipients.clear();
    this.count = 0;
  }

  private makeRoom(own: number): boolean {
    let most: Recipient | undefined;
    for (const recipient of this.recipients.values()) if (recipient.waiting.length > (most?.waiting.length ?? own + 1)) most = recipient;
    if (most === undefined) return false;
    most.waiting.pop();
    this.count -= 1;
    return true;
  }
}

function newRecipient(to: Contact, since: number): Recipient {
  return { to, waiting: [], since, underWay: 0, window: 1, busy: 0, pauses: 0, taken: 0, isResting: false };
}
