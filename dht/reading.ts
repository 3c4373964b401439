import { bitAt, type Contact, type NodeId } from "../routing/index.ts";
import type { CapabilityRecord } from "./capability-record.ts";
import type { Explanation } from "./explanation.ts";
import type { LookupCost, Walker } from "./lookup-run.ts";
import type { Peers } from "./ports.ts";
import type { Where } from "./query/index.ts";
import type { RecordReader } from "./record-reader.ts";
import type { RecordStore } from "./record-store.ts";
import { SearchBudget } from "./search-budget.ts";

/** Records read in one search at most, from all holders together: more is a flood, and the rest of it is not looked at. */
export const MAX_READ = 65_536;

/** A finder's surroundings. */
export interface FinderContext extends Walker {
  readonly swarm: string;
  readonly reader: RecordReader;
  readonly store: RecordStore;
  /** Who wants to know how the search goes, if anybody. */
  readonly explanation?: Explanation;
}

/** The same surroundings with another way to the others. */
export function withPeers(context: FinderContext, peers: Peers, explanation = context.explanation): FinderContext {
  const { runtime, membership, settings, swarm, reader, store } = context;
  return { runtime, peers, membership, settings, swarm, reader, store, ...(explanation && { explanation }) };
}

/** What a search has cost so far, all names together. */
export interface Tally {
  requests: number;
  /** Of these, requests that asked to be passed on. */
  relays: number;
  nodes: number;
  failed: number;
  /** Records passed over: forged, malformed, expired, or replaced by a newer one. */
  stale: number;
  keys: number;
  read: number;
  /** Most hops of a walk. */
  hops: number;
  complete: boolean;
  /** What all of it together may cost. */
  readonly budget: SearchBudget;
}

export interface Reading {
  readonly name: string;
  /** What holders are to sort out. */
  readonly where: Where | undefined;
  /** Records wanted in one answer. */
  readonly pageSize: number;
  /** `whole`: everything. `first-pages`: what the first answers give, until {@link KeyReader.goOn}. */
  readonly extent: "whole" | "first-pages";
  /** Whether to hear out those that a walk has passed over as late. */
  readonly patient: boolean;
  /** Whose records are wanted: of the children of a split key only those are visited where they can be. Undefined: everybody's. */
  readonly only?: readonly NodeId[] | undefined;
  readonly tally: Tally;
  /** Told of all that can be used of one answer, if anything can. */
  readonly onRecords: (records: readonly CapabilityRecord[], from: Contact | undefined, hop: number) => void;
  /** Whether nothing newer has been heard in its place. */
  readonly isNewest: (record: CapabilityRecord) => boolean;
  /** Everything has been read, or with `first-pages` all of those. Not called once it is stopped. */
  readonly onDone: () => void;
}

export function emptyTally(): Tally {
  return { requests: 0, relays: 0, nodes: 0, failed: 0, stale: 0, keys: 0, read: 0, hops: 0, complete: true, budget: new SearchBudget() };
}

/** Whether any of those whose records are wanted can be in a child of a split key. */
export function leadsToAnybody({ only }: Reading, bits: string): boolean {
  return only === undefined || only.some((id) => [...bits].every((bit, i) => bitAt(id, i) === Number(bit)));
}

/** Adds what a walk took. */
export function addCost(
  tally: Tally,
  { requests, relays, failed, hops }: Pick<LookupCost, "requests" | "relays" | "failed" | "hops">,
): void {
  tally.requests += requests;
  tally.relays += relays;
  tally.nodes += requests;
  tally.failed += failed;
  tally.hops = Math.max(tally.hops, hops);
}
