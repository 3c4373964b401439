/** The Kademlia protocol as logic: lookups, capability records and their stores, upkeep. The world is reached through the ports alone. */

export { ABSENT_FOR_MS, Absentees } from "./absentees.ts";
export { assertCapabilityName, capabilityKey, isCapabilityName, levelsOf, MAX_SPLIT, splitBitsOf } from "./capability-key.ts";
export {
  ATTRIBUTE_NAME,
  type AttributeValue,
  type CapabilityClaim,
  type CapabilityRecord,
  CLOCK_SKEW_MS,
  MAX_LIFETIME_MS,
  MAX_RECORD_BYTES,
  readRecord,
  signRecord,
  timelinessOf,
} from "./capability-record.ts";
export { DisjointLookup, MAX_PATHS } from "./disjoint-lookup.ts";
export type { NearMiss, Step, Trace } from "./explanation.ts";
export type { FindReport, FindResult } from "./finder.ts";
export type { Match } from "./findings.ts";
export { DEFAULT_RECORDS } from "./handlers.ts";
export type { JoinReport } from "./join.ts";
export type { KeptRecord } from "./kept-record.ts";
export { LoadGate } from "./load-gate.ts";
export { Lookup } from "./lookup.ts";
export { CLOSING_ALPHA, type LookupOptions, MAX_DIALS, MAX_REQUESTS } from "./lookup-options.ts";
export type { LookupCost, LookupResult, Walker } from "./lookup-run.ts";
export { MAX_LOST } from "./lost-contacts.ts";
export { Membership } from "./membership.ts";
export type * from "./messages.ts";
export type { SizeEstimate } from "./network-size.ts";
export { type JoinLimits, Overlay, type OverlayOptions, type Stoppable } from "./overlay.ts";
export {
  type Caller,
  type Failed,
  failed,
  type Heard,
  type OnOutcome,
  type OnProved,
  type PeerFailure,
  type Peers,
  type Runtime,
  type Signer,
  type Timer,
  type VerifySignature,
} from "./ports.ts";
export type { Offer, PublishReport } from "./publisher.ts";
export * from "./query/index.ts";
export type { Rank } from "./ranking.ts";
export { CachedRecordReader, type RecordReader } from "./record-reader.ts";
export {
  MAX_PER_ANSWER,
  MAX_PER_KEY,
  MAX_PER_PUBLISHER,
  MAX_PER_SUBNET,
  MAX_RECORDS,
  type Page,
  RecordStore,
} from "./record-store.ts";
export { RoundTrips, type Warmth } from "./round-trips.ts";
export { DEFAULT_FIND_TIMEOUT_MS, type SearchOptions } from "./search.ts";
export { DEFAULT_SETTINGS, type OverlaySettings } from "./settings.ts";
export { belongsUnder, type StoreResult } from "./shelf.ts";
export { type Kept, MAX_IN_SNAPSHOT, readSnapshot, type Snapshot } from "./snapshot.ts";
export type { WalkOptions } from "./walk-options.ts";
export type { WatchEvent } from "./watch.ts";
export type { StandingOptions } from "./watches.ts";
