import { type Contact, headOf, K, type NodeId, partBetween, sameId, toHex } from "../routing/index.ts";
import type { Filtering } from "./filtering.ts";
import type { Leases } from "./leases.ts";
import { LoadGate } from "./load-gate.ts";
import type { Membership } from "./membership.ts";
import type {
  ChangedRequest,
  FindNodeRequest,
  FindNodeResponse,
  FindRecordsRequest,
  FindRecordsResponse,
  OverlayRequest,
  OverlayResponse,
  StoreRequest,
  StoreResponse,
  WatchRequest,
  WatchResponse,
} from "./messages.ts";
import type { Caller, Runtime } from "./ports.ts";
import type { RecordReader } from "./record-reader.ts";
import type { RecordStore } from "./record-store.ts";
import { subnetOfHost } from "./room.ts";
import type { OverlaySettings } from "./settings.ts";
import type { Watches } from "./watches.ts";

/**
 * Nodes nearer to a key than this one before it declines to hold a record: twice k that are known here, since some of them may be gone;
 * and three times k that are there by the size of the network, since ids ground next to a key must crowd nobody out of its region.
 */
const TOO_MANY_KNOWN = 2 * K;
const TOO_MANY_NEARER = 3 * K;
/** By the size of the network alone so many: a node knows few of those far away, and is not to be filled with what belongs there. */
const FAR_TOO_MANY_NEARER = 8 * K;
/** Records given in one answer when the caller names no limit. */
export const DEFAULT_RECORDS = 20;

/**
 * Known records to be stored for each that is to be checked: a signature costs more than ten times as much as a look at what is there.
 * Without a bound, whoever sends one record again and again would be served before all others.
 */
const KNOWN_PER_CHECK = 10;

/** Contacts given by a node that has too much to do: enough to go on with, a fifth of the bytes. */
const BUSY_CONTACTS = 4;

export interface HandlerContext {
  readonly settings: OverlaySettings;
  readonly runtime: Runtime;
  readonly membership: Membership;
  readonly store: RecordStore;
  readonly reader: RecordReader;
  readonly filtering: Filtering;
  readonly leases: Leases;
  readonly watches: Watches;
}

/** Answers what other nodes ask. Every answer is computed at once from what is in memory: nothing is asked on behalf of a caller. */
export class Handlers {
  private readonly context: HandlerContext;
  private readonly gate: LoadGate;
  private readonly checks: LoadGate;
  private readonly repeats: LoadGate;
  /** Its own: anybody may store, and whoever stores a lot must not keep a watcher from what it has asked for. */
  private readonly newsChecks: LoadGate;

  constructor(context: HandlerContext) {
    this.context = context;
    const { runtime, settings } = context;
    this.gate = new LoadGate(runtime, settings.fullAnswersPerSecond);
    this.checks = new LoadGate(runtime, settings.checksPerSecond);
    this.repeats = new LoadGate(runtime, KNOWN_PER_CHECK * settings.checksPerSecond);
    this.newsChecks = new LoadGate(runtime, settings.checksPerSecond);
  }

  handle(caller: Caller, request: OverlayRequest): OverlayResponse {
    const response = this.answer(caller, request);
    const isBusy = response.kind === "find_node" && response.busy === true;
    if (caller.claimed !== undefined && !isBusy) this.context.membership.addCandidate(caller.claimed, caller.host);
    return response;
  }

  private answer(caller: Caller, request: OverlayRequest): OverlayResponse {
    switch (request.kind) {
      case "ping":
        return { kind: "ping" };
      case "find_node":
        return this.findNode(caller, request);
      case "find_records":
        return this.findRecords(caller, request);
      case "store":
        return this.store(caller, request);
      case "watch":
        return this.watch(caller, request);
      case "changed":
        return { kind: "changed", wanted: this.isWanted(caller, request) };
      case "hint":
        return { kind: "hint", checks: caller.id !== undefined && this.context.membership.hinted(request.node) };
    }
  }

  /** When all the world joins through this node at once, each gets a way in, not a full answer and a dial back. */
  private findNode(caller: Caller, { target }: FindNodeRequest): FindNodeResponse {
    const contacts = this.closestFor(caller, target);
    if (this.gate.admit()) return { kind: "find_node", contacts };
    return { kind: "find_node", contacts: contacts.slice(0, BUSY_CONTACTS), busy: true };
  }

  private closestFor(caller: Caller, target: NodeId): readonly Contact[] {
    const { table } = this.context.membership;
    const { id } = caller;
    if (id === undefined) return table.closest(target, K);
    // A caller has no use for itself: one more is looked up, so that it still gets K.
    const contacts = table.closest(target, K + 1);
    const head = headOf(id);
    const itself = contacts.findIndex((contact) => contact.head === head && sameId(contact.id, id));
    if (itself >= 0) contacts.splice(itself, 1);
    else if (contacts.length > K) contacts.pop();
    return contacts;
  }

  private findRecords(caller: Caller, { key, limit, after, where: wanted }: FindRecordsRequest): FindRecordsResponse {
    const { store, runtime, filtering } = this.context;
    const wallClock = runtime.wallClock();
    const held = wanted === undefined ? 0 : store.under(key, wallClock).length;
    const where = filtering.of(wanted, held);
    const page = store.page(key, Math.max(1, limit), after, wallClock, where);
    // Later pages come from one who has had the contacts with the first.
    const contacts = after === undefined ? this.closestFor(caller, key) : [];
    return { kind: "find_records", ...page, contacts, ...(where && { held }) };
  }

  private store({ host }: Caller, { key, record: bytes }: StoreRequest): StoreResponse {
    const { store, reader, runtime } = this.context;
    if (this.isFarFrom(key)) return stored("not-close", `${TOO_MANY_KNOWN} nodes and more are nearer to the key`);
    const gate = reader.remembers?.(bytes) === true ? this.repeats : this.checks;
    if (!gate.admit()) return stored("busy", "too many records are to be checked; store it again later");
    const record = reader.read(bytes);
    if (typeof record === "string") return stored("invalid", `record ${record}`);
    const { outcome, split, reason } = store.put(key, record, runtime.wallClock(), subnetOfHost(host));
    return { kind: "store", outcome, split, reason };
  }

  private watch(caller: Caller, request: WatchRequest): WatchResponse {
    if (this.isFarFrom(request.key)) return { kind: "watch", outcome: "not-close", leaseMs: 0 };
    return this.context.leases.lease(caller, request);
  }

  /**
   * News is taken from those alone who were asked for it: strangers would have a watcher check signatures, or read everything again. What
   * there is no time to check is read with everything else.
   */
  private isWanted({ id }: Caller, { key, record: bytes }: ChangedRequest): boolean {
    const { watches, reader } = this.context;
    const holder = id && toHex(id);
    if (holder === undefined || !watches.haveAsked(holder, key)) return false;
    if (reader.remembers?.(bytes) !== true && !this.newsChecks.admit()) {
      watches.onLost(holder, key);
      return true;
    }
    const record = reader.read(bytes);
    return typeof record !== "string" && watches.onChanged(key, record, holder);
  }

  private isFarFrom(key: NodeId): boolean {
    const { table, size } = this.context.membership;
    const nearer = partBetween(key, table.self) * size.estimate.nodes;
    return nearer >= FAR_TOO_MANY_NEARER || (nearer >= TOO_MANY_NEARER && table.countNearer(key) >= TOO_MANY_KNOWN);
  }
}

function stored(outcome: StoreResponse["outcome"], reason: string): StoreResponse {
  return { kind: "store", outcome, split: undefined, reason };
}
