import { type Contact, ContactRow } from "../routing/index.ts";
import type { Runtime } from "./ports.ts";

/** Contacts remembered after they have lost their seats. */
export const MAX_LOST = 32;

/**
 * Contacts that lost their seats because they were silent, at the addresses that were proved: not to be asked or named, but to be tried
 * again now and then, since it may have been the network between that failed. At the bound a random one makes room, so that some of
 * those lost long ago are left however many go after them.
 */
export class LostContacts {
  private readonly runtime: Runtime;
  private readonly row = new ContactRow(); // at most MAX_LOST

  constructor(runtime: Runtime) {
    this.runtime = runtime;
  }

  get size(): number {
    return this.row.length;
  }

  add(contact: Contact): void {
    if (this.row.indexOf(contact) >= 0) return;
    if (this.size >= MAX_LOST) this.row.removeAt(this.randomIndex());
    this.row.add(contact, this.runtime.now());
  }

  remove(contact: Contact): void {
    const index = this.row.indexOf(contact);
    if (index >= 0) this.row.removeAt(index);
  }

  /** Anybody of them; undefined where there is nobody. */
  pick(): Contact | undefined {
    return this.size === 0 ? undefined : this.row.contacts[this.randomIndex()];
  }

  private randomIndex(): number {
    return Math.floor(this.runtime.random() * this.size);
  }
}
