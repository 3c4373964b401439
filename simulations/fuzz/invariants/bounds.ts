import { MAX_PER_KEY, MAX_PER_PUBLISHER, MAX_RECORDS } from "../../../dht/index.ts";
import { ID_BITS } from "../../../routing/index.ts";
import type { Inside } from "../../engine/observer.ts";
import type { SimNode } from "../../engine/world.ts";
import type { Report } from "./invariant.ts";

/** What the declarations promise, said a second time: whoever changes a bound is asked whether that was meant. */
const SIZES: readonly (readonly [what: string, most: number, size: (inside: Inside) => number])[] = [
  ["records", MAX_RECORDS, ({ store }) => store.size],
  ["publishers of records", MAX_RECORDS, ({ store }) => store["perPublisher"].size],
  ["buckets", ID_BITS, ({ membership }) => membership.table.depth],
  ["contacts being checked", 16, ({ membership }) => membership["checking"].size],
  ["callers dialled back", 64, ({ membership }) => membership["verifications"]["underWay"].size],
  ["claims that led nowhere", 1_024, ({ membership }) => membership["verifications"]["failedAt"].size],
  ["lost contacts", 32, ({ membership }) => membership.lost.size],
  ["round trips", 256, ({ membership }) => membership.roundTrips["slots"].length / 4],
  ["newcomers to hand records to", 64, (inside) => inside["handOver"]["newcomers"].size],
  ["records to hand over", 4_096, (inside) => inside["handOver"]["parcels"]["count"]],
  ["own records", 64, ({ published }) => published.length],
];

/** Every collection of a node within its bound, those of its store key by key. */
export function checkBounds(node: SimNode, report: Report): void {
  for (const [what, most, size] of SIZES) {
    const count = size(node.inside);
    if (count > most) report("bounds", node, `${count} ${what}, ${most} is the most`);
  }
  checkShelves(node, report);
}

function checkShelves(node: SimNode, report: Report): void {
  const { store } = node.inside;
  let count = 0;
  for (const { records } of store["byKey"].values()) {
    count += records.size;
    if (records.size > MAX_PER_KEY) report("bounds", node, `${records.size} records under one key, ${MAX_PER_KEY} is the most`);
  }
  if (count !== store.size) report("bounds", node, `its store says ${store.size} records and has ${count}`);
  for (const held of store["perPublisher"].values())
    if (held > MAX_PER_PUBLISHER) report("bounds", node, `${held} records of one publisher, ${MAX_PER_PUBLISHER} is the most`);
}
