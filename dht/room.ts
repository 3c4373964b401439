import { compareDistance, type NodeId, subnetOf } from "../routing/index.ts";
import type { CapabilityRecord } from "./capability-record.ts";
import type { Shelf } from "./shelf.ts";

/**
 * Records that an owner may have on a full shelf whoever else would like to be there: in data centres many agents share a subnet. Whoever
 * would fill it needs 64 subnets.
 */
const UNDISPUTED = 4;

/** A record on a shelf. */
export interface Place {
  readonly shelf: Shelf;
  readonly record: CapabilityRecord;
}

/**
 * Whose share a record counts to: the subnet that it was stored from, or where that is this machine or its private network, its publisher.
 * Keys cost nothing, so publishers say little of who is behind them; addresses far apart cost money.
 */
export type Owner = number | string;

/** The subnet that a caller's host is in; 0 where no share is counted by subnet. */
export function subnetOfHost(host: string | undefined): number {
  if (host === undefined) return 0;
  return subnetOf(host.includes(":") ? `tcp://[${host}]:0` : `tcp://${host}:0`);
}

/** Where a record that is stored from a subnet counts to. */
export function ownerFrom(subnet: number, { publisherKey }: CapabilityRecord): Owner {
  return subnet === 0 ? publisherKey : subnet;
}

export function ownerOf(shelf: Shelf, { entry, publisherKey }: CapabilityRecord): Owner {
  return shelf.subnets?.get(entry) ?? publisherKey;
}

/**
 * Who gives way on a shelf that is full and cannot be split further: of the owner that has the most there, the one who came last. Nobody,
 * where the newcomer's owner would have as many. So a flood from one place takes the room that nobody else wants, and is pushed back by
 * everybody who comes.
 */
export function firstToLeave(shelf: Shelf, newcomer: Owner): Place | undefined {
  const record = firstOfTooMany(shelf.records.values(), (each) => ownerOf(shelf, each), newcomer, UNDISPUTED);
  return record && { shelf, record };
}

/**
 * The same of anything that has owners. Nobody goes either where the one with the most has no more than is undisputed, so that two who have
 * the same do not push each other out for ever.
 */
export function firstOfTooMany<T>(held: Iterable<T>, ownedBy: (one: T) => Owner, newcomer: Owner, undisputed = 0): T | undefined {
  const all = [...held];
  const counts = new Map<Owner, number>(); // at most as many as are held
  for (const one of all) add(counts, ownedBy(one), 1);
  const [, most] = largest(counts) ?? [newcomer, 0];
  if (most <= Math.max(undisputed, 1 + (counts.get(newcomer) ?? 0))) return undefined;
  return all.findLast((one) => counts.get(ownedBy(one)) === most);
}

/** The same in a whole store: of the owner that has the most, the one whose key is farthest from this node, which others are nearer to. */
export function farthestOf(shelves: Iterable<Shelf>, owner: Owner, self: NodeId): Place | undefined {
  let farthest: Place | undefined;
  for (const shelf of shelves) {
    if (farthest !== undefined && compareDistance(self, shelf.key, farthest.shelf.key) < 0) continue;
    for (const record of shelf.records.values()) if (ownerOf(shelf, record) === owner) farthest = { shelf, record };
  }
  return farthest;
}

export function add(counts: Map<Owner, number>, owner: Owner, by: 1 | -1): void {
  const count = (counts.get(owner) ?? 0) + by;
  if (count === 0) counts.delete(owner);
  else counts.set(owner, count);
}

/** Who has the most. */
export function largest(counts: ReadonlyMap<Owner, number>): readonly [Owner, number] | undefined {
  let most: readonly [Owner, number] | undefined;
  for (const entry of counts) if (most === undefined || entry[1] > most[1]) most = entry;
  return most;
}
