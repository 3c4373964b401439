import { type Contact, commonPrefixLength, K, type KBucket, REPLACEMENTS } from "../../../routing/index.ts";
import type { SimNode } from "../../engine/world.ts";
import type { Report } from "./invariant.ts";

/** Looks through a routing table: who is where, and how many. */
export function checkSeats(node: SimNode, report: Report): void {
  const { table } = node.inside.membership;
  const met = new Set<string>(); // those of the table
  let seats = 0;
  for (let index = 0; index < table.depth; index++) {
    const bucket = table.bucket(index);
    if (bucket === undefined) continue;
    seats += bucket.size;
    checkSize(node, bucket, index, report);
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

function checkSeat(node: SimNode, contact: Contact, index: number, met: Set<string>, report: Report): void {
  const right = commonPrefixLength(node.id, contact.id);
  if (contact.key === node.contact.key) report("seats", node, "it is in its own table");
  else if (right !== index) report("seats", node, `${contact.key} is in bucket ${index} and belongs in ${right}`);
  if (met.has(contact.key)) report("seats", node, `${contact.key} is in its table twice`);
  met.add(contact.key);
}
