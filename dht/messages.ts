import type { Contact, NodeId } from "../routing/index.ts";
import type { Where } from "./query/index.ts";

/** What nodes ask each other. On the wire these are the `_synapse.*` endpoints of the protocol. */
export type OverlayRequest =
  | PingRequest
  | FindNodeRequest
  | FindRecordsRequest
  | StoreRequest
  | WatchRequest
  | ChangedRequest
  | HintRequest;
export type OverlayResponse =
  | PingResponse
  | FindNodeResponse
  | FindRecordsResponse
  | StoreResponse
  | WatchResponse
  | ChangedResponse
  | HintResponse;

export interface PingRequest {
  readonly kind: "ping";
}

export interface PingResponse {
  readonly kind: "ping";
}

export interface FindNodeRequest {
  readonly kind: "find_node";
  readonly target: NodeId;
}

export interface FindNodeResponse {
  readonly kind: "find_node";
  /** At most K, nearest to the target first, each of which has answered whoever names it. */
  readonly contacts: readonly Contact[];
  /** There is too much to do: these are only the first few of them. Whoever asks goes on with those. */
  readonly busy?: true;
}

export interface FindRecordsRequest {
  readonly kind: "find_records";
  readonly key: NodeId;
  /** Live records wanted at most. */
  readonly limit: number;
  /** Where the page before ended: the `more` of its answer. */
  readonly after: string | undefined;
  /** Whoever has no records may ask one of its contacts, over a link that is open, and give what that one said as `relayed`. */
  readonly relay?: true;
  /** What is wanted of the key's records. Absent, or passed over by a holder that does not know it: everything. */
  readonly where?: Where;
}

export interface FindRecordsResponse {
  readonly kind: "find_records";
  /** Encoded capability records, by publisher id. Withdrawals are among them, so that they win over stale copies elsewhere. */
  readonly records: readonly Uint8Array[];
  /** Given when there are more: pass it as `after`. */
  readonly more: string | undefined;
  /** How deep the key is split here; 0 when all its records stand under the key itself. */
  readonly split: number;
  /** Of a request with `where`: records held under the key in all, those that were sorted out among them. */
  readonly held?: number;
  /** At most K contacts nearer to the key, as in `find_node`. */
  readonly contacts: readonly Contact[];
  /** What another says, as this one passes it on. Its records are believed for their signatures; nobody counts as having answered. */
  readonly relayed?: Relayed;
}

export interface Relayed {
  readonly from: Contact;
  readonly records: readonly Uint8Array[];
  readonly contacts: readonly Contact[];
}

export interface StoreRequest {
  readonly kind: "store";
  readonly key: NodeId;
  readonly record: Uint8Array;
}

/** What became of a record that was to be stored. */
export type StoreOutcome =
  /** Kept, or kept in place of an older one. */
  | "stored"
  /** This very record was here already. */
  | "unchanged"
  /** A newer one by the same publisher is here, or another with the same sequence number. */
  | "stale"
  /** This key has as many records as a node keeps: use the child key at depth `split`. */
  | "full"
  /** Too many nodes are nearer to the key than this one. */
  | "not-close"
  /** Its time is over, or has not come. */
  | "expired"
  /** Wrongly signed, malformed, of another swarm, or not a record of this key. */
  | "invalid"
  /** The store is full of other keys' records, this publisher has as many here as one may, or too many come at once. */
  | "busy";

export interface StoreResponse {
  readonly kind: "store";
  readonly outcome: StoreOutcome;
  /** With `full`: the depth at which to store instead. */
  readonly split: number | undefined;
  /** For people: why, where the outcome leaves that open. */
  readonly reason: string | undefined;
}

/** Asks a holder to tell of changes under a key for a while: begins a lease, or renews it. */
export interface WatchRequest {
  readonly kind: "watch";
  readonly key: NodeId;
  /** Tells the leases of one watcher under one key apart. */
  readonly number: number;
  /** How long it is to last, ms. */
  readonly leaseMs: number;
  /** Whose changes are wanted: of records that fit, or did before. Absent: all. */
  readonly where?: Where;
}

/** What became of a lease. */
export type WatchOutcome =
  /** It was not known before. */
  | "begun"
  /** It was known, and everything was told. */
  | "renewed"
  /** It was known, and something could not be told since it was last renewed. */
  | "missed"
  /** There are as many leases as a node keeps. */
  | "full"
  /** Too many nodes are nearer to the key than this one. */
  | "not-close"
  /** Who asks has not proved its id. */
  | "anonymous";

export interface WatchResponse {
  readonly kind: "watch";
  readonly outcome: WatchOutcome;
  /** How long it lasts, ms; 0 where there is none. */
  readonly leaseMs: number;
}

/** Tells a watcher of a record that is new under a key, has changed, or is withdrawn. */
export interface ChangedRequest {
  readonly kind: "changed";
  readonly key: NodeId;
  readonly record: Uint8Array;
}

export interface ChangedResponse {
  readonly kind: "changed";
  /** Whether it is still being watched. */
  readonly wanted: boolean;
}

/** Says that a contact which the receiver has named did not answer. */
export interface HintRequest {
  readonly kind: "hint";
  readonly node: NodeId;
}

export interface HintResponse {
  readonly kind: "hint";
  /** Whether the receiver asks that contact itself now. */
  readonly checks: boolean;
}
