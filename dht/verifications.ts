import type { Contact } from "../routing/index.ts";
import type { Heard, Peers, Runtime } from "./ports.ts";
import type { OverlaySettings } from "./settings.ts";

/** Callers being dialled back at once. More are ignored: they will call again. */
export const MAX_VERIFYING = 64;
/** Of these, callers from one host: whoever has one address must not hold all places with claims that lead nowhere. */
export const MAX_VERIFYING_PER_HOST = 4;
/** Time for a caller to be reached, ms: three round trips around the world, and slack. */
const VERIFY_TIMEOUT_MS = 2_500;
/** A claim that led nowhere is not tried again for this long, ms. */
export const FAILED_FOR_MS = 60_000;
/** Claims remembered to have led nowhere; the oldest is forgotten first. */
const MAX_FAILED = 1_024;

/** Dials back those who say where they can be reached, a bounded number at a time, and tells which of them could be. */
export class Verifications {
  private readonly runtime: Runtime;
  private readonly peers: Peers;
  private readonly settings: OverlaySettings;
  private readonly onProved: (contact: Contact, ms: number, heard: Heard) => void;
  /** Keys of contacts, with the host each called from; at most {@link MAX_VERIFYING}. */
  private readonly underWay = new Map<string, string | undefined>();
  /** When a claim was found to lead nowhere, oldest first; at most {@link MAX_FAILED}. */
  private readonly failedAt = new Map<string, number>();

  constructor(runtime: Runtime, peers: Peers, settings: OverlaySettings, onProved: (contact: Contact, ms: number, heard: Heard) => void) {
    this.runtime = runtime;
    this.peers = peers;
    this.settings = settings;
    this.onProved = onProved;
  }

  /** False where it is not begun. */
  begin(contact: Contact, host: string | undefined): boolean {
    if (this.underWay.size >= MAX_VERIFYING || this.underWay.has(contact.key)) return false;
    if (this.hasFailedLately(contact) || this.countFrom(host) >= MAX_VERIFYING_PER_HOST) return false;
    this.underWay.set(contact.key, host);
    const begun = this.runtime.now();
    this.peers.verify(contact, Math.min(VERIFY_TIMEOUT_MS, this.settings.requestTimeoutMs), (outcome, heard) => {
      this.underWay.delete(contact.key);
      if ("kind" in outcome) this.rememberFailed(contact);
      else this.onProved(outcome, this.runtime.now() - begun, heard);
    });
    return true;
  }

  private countFrom(host: string | undefined): number {
    if (host === undefined) return 0;
    let count = 0;
    for (const other of this.underWay.values()) if (other === host) count += 1;
    return count;
  }

  private hasFailedLately(contact: Contact): boolean {
    const at = this.failedAt.get(claimOf(contact));
    return at !== undefined && this.runtime.now() - at < FAILED_FOR_MS;
  }

  private rememberFailed(contact: Contact): void {
    const claim = claimOf(contact);
    this.failedAt.delete(claim); // set again: a Map keeps the order of insertion
    this.failedAt.set(claim, this.runtime.now());
    if (this.failedAt.size > MAX_FAILED) this.failedAt.delete(this.failedAt.keys().next().value as string);
  }
}

/** What is not to be tried again: this node at these addresses. Elsewhere it may well be reached. */
function claimOf({ key, addresses }: Contact): string {
  return `${key} ${addresses.join(" ")}`;
}
