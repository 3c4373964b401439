import { type Contact, makeContact, toHex } from "../routing/index.ts";
import { type CapabilityRecord, saysTheSame } from "./capability-record.ts";
import type { Filtering } from "./filtering.ts";
import type { Membership } from "./membership.ts";
import type { ChangedRequest, WatchOutcome, WatchRequest, WatchResponse } from "./messages.ts";
import type { Caller, Peers, Runtime } from "./ports.ts";
import { admits, type Where } from "./query/index.ts";
import { firstOfTooMany, type Owner, subnetOfHost } from "./room.ts";
import type { OverlaySettings } from "./settings.ts";
import { Shares } from "./shares.ts";
import { SweepTimes } from "./sweep-times.ts";

/**
 * Leases in all, and of one key. Where these are met, whoever has more than its share gives way, or the newcomer is told `full`. See
 * room.ts.
 */
export const MAX_LEASES = 4_096;
export const MAX_LEASES_PER_KEY = 256;
/** Of one watcher, whoever else has how many: beyond it that one is told `full`. */
export const MAX_LEASES_PER_WATCHER = 256;
/** Of one watcher under one key: it has that many queries about it at most. */
export const MAX_LEASES_OF_ONE = 8;
/** The longest lease, ms; whoever asks for more gets this. */
export const MAX_LEASE_MS = 10 * 60_000;
/** Changes waiting to be sent, and under way. What finds no room is noted with its lease, and told at the next renewal. */
const MAX_OUTBOX = 1_024;
const MAX_IN_FLIGHT = 16;

interface Lease {
  /** Its watcher and number. */
  readonly id: string;
  watcher: Contact;
  /**
   * To whose share it counts: the subnet that it was last renewed from, or where that is this machine or its private network, the watcher.
   */
  owner: Owner;
  readonly key: Uint8Array;
  where: Where | undefined;
  until: number;
  /** Whether there was a change that could not be told. */
  missed: boolean;
}

interface Parcel {
  readonly lease: Lease;
  readonly record: Uint8Array;
}

export interface LeaseContext {
  readonly runtime: Runtime;
  readonly peers: Peers;
  readonly settings: OverlaySettings;
  readonly membership: Membership;
  readonly filtering: Filtering;
}

/** Those who want to be told when something changes under a key that this node holds. */
export class Leases {
  private readonly context: LeaseContext;
  private readonly byKey = new Map<string, Map<string, Lease>>(); // at most MAX_LEASES; by key, then by watcher and its number
  private readonly perWatcher = new Map<string, number>(); // at most MAX_LEASES: no entry is kept at 0
  private readonly shares = new Shares(); // at most MAX_LEASES owners
  private outbox: Parcel[] = []; // at most MAX_OUTBOX
  private readonly sweepTimes = new SweepTimes();
  private count = 0;
  /** Keys of the watchers who are being told something; at most MAX_IN_FLIGHT. Whoever does not answer holds up itself alone. */
  private readonly busy = new Set<string>();

  constructor(context: LeaseContext) {
    this.context = context;
  }

  get size(): number {
    return this.count;
  }

  /** Begins a lease, or renews it. Only who has proved its id is told anything: else anybody could have others called. */
  lease({ id, claimed, host }: Caller, { key, number, where, leaseMs }: WatchRequest): WatchResponse {
    if (id === undefined) return answer("anonymous", 0);
    const watcher = claimed ?? makeContact(id, []);
    const granted = Math.min(leaseMs, MAX_LEASE_MS);
    const keyHex = toHex(key);
    const leaseId = `${watcher.key} ${number}`;
    const now = this.context.runtime.now();
    const owner = subnetOfHost(host) || watcher.key;
    const terms = { watcher, owner, where, until: now + granted, missed: false };
    this.sweepTimes.keeps(terms.until);
    const known = this.byKey.get(keyHex)?.get(leaseId);
    if (known !== undefined && known.until > now) {
      const { missed } = known;
      if (known.owner !== owner) {
        this.shares.add(known.owner, -1);
        this.shares.add(owner, 1);
      }
      Object.assign(known, terms);
      return answer(missed ? "missed" : "renewed", granted);
    }
    if (known !== undefined) this.drop(keyHex, known);
    if (!this.hasRoom(keyHex, watcher.key, owner)) return answer("full", 0);
    this.add(keyHex, { id: leaseId, key, ...terms });
    return answer("begun", granted);
  }

  /** A record is new under a key, or in place of another. One that was only signed anew is no change. */
  onStored(key: Uint8Array, record: CapabilityRecord, before: CapabilityRecord | undefined): void {
    if (this.count === 0 || (before !== undefined && saysTheSame(before, record))) return;
    const leases = this.byKey.get(toHex(key));
    if (leases === undefined) return;
    for (const lease of leases.values()) {
      // Who watches those that fit wants to know as well that one no longer does.
      const where = this.context.filtering.of(lease.where, before === undefined ? 1 : 2);
      const isWanted = where === undefined || admits(where, record) || (before !== undefined && admits(where, before));
      if (isWanted && lease.until > this.context.runtime.now()) this.post({ lease, record: record.bytes });
    }
    this.pump();
  }

  /** Forgets leases that have run out. */
  sweep(): void {
    const now = this.context.runtime.now();
    this.sweepTimes.begin(now);
    for (const [keyHex, leases] of this.byKey) {
      for (const lease of leases.values()) {
        if (lease.until <= now) this.drop(keyHex, lease);
        else this.sweepTimes.keeps(lease.until);
      }
    }
  }

  stop(): void {
    this.byKey.clear();
    this.perWatcher.clear();
    this.shares.clear();
    this.outbox = [];
    this.count = 0;
  }

  /** Whether a newcomer may come in; one that has taken more than its share has then made room for it. */
  private hasRoom(keyHex: string, watcher: string, owner: Owner): boolean {
    if (this.sweepTimes.isDue(this.context.runtime.now()) && this.isAtABound(keyHex, watcher)) this.sweep();
    if (this.isGreedy(keyHex, watcher)) return false;
    // Room under the key is room among all: no more than one ever goes.
    if (this.isKeyFull(keyHex)) return this.makeRoom(this.byKey.get(keyHex)?.values() ?? [], owner);
    return this.count < MAX_LEASES || (this.shares.isAnyGreedier(owner) && this.makeRoom(this.all(), owner));
  }

  private isAtABound(keyHex: string, watcher: string): boolean {
    return this.count >= MAX_LEASES || this.isKeyFull(keyHex) || this.isGreedy(keyHex, watcher);
  }

  private isKeyFull(keyHex: string): boolean {
    return (this.byKey.get(keyHex)?.size ?? 0) >= MAX_LEASES_PER_KEY;
  }

  private isGreedy(keyHex: string, watcher: string): boolean {
    return (this.perWatcher.get(watcher) ?? 0) >= MAX_LEASES_PER_WATCHER || this.countOf(keyHex, watcher) >= MAX_LEASES_OF_ONE;
  }

  /** Whoever gives way is not told: at its next renewal it is not known any more, and reads again what it has missed. */
  private makeRoom(leases: Iterable<Lease>, newcomer: Owner): boolean {
    const leaves = firstOfTooMany(leases, ({ owner }) => owner, newcomer);
    if (leaves !== undefined) this.drop(toHex(leaves.key), leaves);
    return leaves !== undefined;
  }

  private *all(): Generator<Lease> {
    for (const leases of this.byKey.values()) yield* leases.values();
  }

  private countOf(keyHex: string, watcher: string): number {
    let count = 0;
    for (const lease of this.byKey.get(keyHex)?.values() ?? []) if (lease.watcher.key === watcher) count += 1;
    return count;
  }

  private add(keyHex: string, lease: Lease): void {
    const { key } = lease.watcher;
    this.count += 1;
    this.perWatcher.set(key, (this.perWatcher.get(key) ?? 0) + 1);
    this.shares.add(lease.owner, 1);
    const leases = this.byKey.get(keyHex) ?? new Map<string, Lease>();
    this.byKey.set(keyHex, leases.set(lease.id, lease));
  }

  private post(parcel: Parcel): void {
    if (this.outbox.length < MAX_OUTBOX) this.outbox.push(parcel);
    else parcel.lease.missed = true;
  }

  private pump(): void {
    while (this.busy.size < MAX_IN_FLIGHT) {
      const place = this.outbox.findIndex(({ lease }) => !this.busy.has(lease.watcher.key));
      const [parcel] = place < 0 ? [] : this.outbox.splice(place, 1);
      if (parcel === undefined) return;
      if (this.isHeld(parcel.lease)) this.tell(parcel);
    }
  }

  /** Over the link that its renewals keep open, or at addresses that it has proved: nobody is dialled who is merely named. */
  private tell({ lease, record }: Parcel): void {
    const { peers, settings, membership } = this.context;
    const { watcher } = lease;
    const known = peers.isLinked(watcher) ? watcher : membership.table.known(watcher);
    if (known === undefined) {
      lease.missed = true;
      return;
    }
    const request: ChangedRequest = { kind: "changed", key: lease.key, record };
    this.busy.add(watcher.key);
    peers.request(known, request, settings.requestTimeoutMs, (outcome) => {
      this.busy.delete(watcher.key);
      if (outcome.kind === "failed" && outcome.reason !== "refused") this.dropAllOf(watcher.key);
      else if (outcome.kind !== "changed") lease.missed = true;
      else if (!outcome.wanted) this.drop(toHex(lease.key), lease);
      this.pump();
    });
  }

  /** It does not answer: when it is there again, it begins anew, and reads what it has missed. */
  private dropAllOf(watcher: string): void {
    this.outbox = this.outbox.filter(({ lease }) => lease.watcher.key !== watcher);
    for (const [keyHex, leases] of this.byKey)
      for (const lease of leases.values()) if (lease.watcher.key === watcher) this.drop(keyHex, lease);
  }

  private isHeld(lease: Lease): boolean {
    return this.byKey.get(toHex(lease.key))?.get(lease.id) === lease;
  }

  private drop(keyHex: string, lease: Lease): void {
    const leases = this.byKey.get(keyHex);
    if (leases === undefined || !this.isHeld(lease)) return; // it ran out, and another was begun
    leases.delete(lease.id);
    this.shares.add(lease.owner, -1);
    if (leases.size === 0) this.byKey.delete(keyHex);
    this.count -= 1;
    const left = (this.perWatcher.get(lease.watcher.key) ?? 1) - 1;
    if (left === 0) this.perWatcher.delete(lease.watcher.key);
    else this.perWatcher.set(lease.watcher.key, left);
  }
}

function answer(outcome: WatchOutcome, leaseMs: number): WatchResponse {
  return { kind: "watch", outcome, leaseMs };
}
