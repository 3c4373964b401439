import {
  type Contact,
  commonPrefixLength,
  K,
  type KBucket,
  MAX_PER_SUBNET,
  MAX_PER_SUBNET_IN_ALL,
  REPLACEMENTS,
} from "../../../routing/index.ts";
import type { SimNode } from "../../engine/world.ts";
import type { Report } from "./invariant.ts";

/** Looks through a routing table: who is where, and how many. */
export function checkSeats(node: SimNode, report: Report): void {
  const { table } = node.inside.membership;
  const met = new Set<string>(); // those of the table
  const subnets = new Map<number, number>(); // theirs
  let seats = 0;
  for (let index = 0; index < table.depth; index++) {
    const bucket = table.bucket(index);
    if (bucket === undefined) continue;
    seats += bucket.size;
    checkSize(node, bucket, index, report);
    checkSubnets(node, everybodyIn(bucket), MAX_PER_SUBNET, new Map(), report);
    checkSubnets(node, everybodyIn(bucket), MAX_PER_SUBNET_IN_ALL, subnets, report);
    for (const contact of everybodyIn(bucket)) checkSeat(node, contact, index, met, report);
  }
  if (seats !== table.size) report("bounds", node, `its table says ${table.size} contacts, its buckets have ${seats}`);
}

/** Those who have a seat, and those who wait for one. */
export function everybodyIn(bucket: KBucket): readonly Contact[] {
  return [...bucket.contacts(), ...(bucket["waiting"]?.contacts ?? [])];
}

function checkSize(node: SimNode, bucket: KBucket, index: number, report: Report): void {
  const waiting = bucket["waiting"]?.length ?? 0;
  if (bucket.size > K) report("bounds", node, `bucket ${index} has ${bucket.size} contacts, ${K} is the most`);
  if (waiting > REPLACEMENTS) report("bounds", node, `${waiting} wait for a seat in bucket ${index}, ${REPLACEMENTS} is the most`);
}

/** @param counts of those seen before, by subnet. */
function checkSubnets(node: SimNode, contacts: readonly Contact[], most: number, counts: Map<number, number>, report: Report): void {
  for (const { subnet, addresses } of contacts) {
    const count = (counts.get(subnet) ?? 0) + 1;
    counts.set(subnet, count);
    if (subnet !== 0 && count > most) report("bounds", node, `${count} contacts in the subnet of ${addresses[0]}, ${most} is the most`);
  }
}

function checkSeat(node: SimNode, contact: Contact, index: number, met: Set<string>, report: Report): void {
  const right = commonPrefixLength(node.id, contact.id);
  if (contact.key === node.contact.key) report("seats", node, "it is in its own table");
  else if (right !== index) report("seats", node, `${contact.key} is in bucket ${index} and belongs in ${right}`);
  if (met.has(contact.key)) report("seats", node, `${contact.key} is in its table twice`);
  met.add(contact.key);
}
