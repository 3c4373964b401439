/** Ids, XOR distance and k-buckets: arithmetic and data structures, without I/O, clock or randomness. */
export { type Contact, headOf, MAX_ADDRESSES, makeContact, sameAddresses } from "./contact.ts";
export { ContactRow } from "./contact-row.ts";
export { bitAt, commonPrefixLength, compareDistance, idInBucket, partBetween } from "./distance.ts";
export { messageOf, SynapseError, type SynapseErrorOptions } from "./error.ts";
export { type Admission, K, KBucket, MAX_PER_SUBNET, type Pace, QUICK_SEATS, REPLACEMENTS } from "./k-bucket.ts";
export { ID_BITS, ID_BYTES, isNodeId, type NodeId, nodeIdFromHex, sameId, shortId, toHex } from "./node-id.ts";
export { MAX_PER_SUBNET_IN_ALL, RoutingTable } from "./routing-table.ts";
export { subnetOf } from "./subnet.ts";
