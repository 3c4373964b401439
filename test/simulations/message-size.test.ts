import { expect, test } from "vitest";
import type { OverlayRequest, OverlayResponse } from "../../dht/index.ts";
import { type Contact, makeContact } from "../../routing/index.ts";
import { requestBytes, responseBytes } from "../../simulations/engine/message-size.ts";
import { RandomStream } from "../../simulations/engine/random.ts";
import { encodeRequest, encodeResponse } from "../../src/overlay-wire.ts";
import { responseOk } from "../../src/rpc/messages.ts";
import { MessagePackRPCSerializer } from "../../src/rpc/serializer.ts";

/** What a TLS record and the frame's length add (RFC 8446, section 5.2), bytes. */
const AROUND = 5 + 17 + 4;
const serializer = new MessagePackRPCSerializer();
const stream = new RandomStream(1, "sizes");
const id = () => stream.bytes(32);
const contacts = (count: number) => Array.from({ length: count }, (_, i) => makeContact(id(), [`tcp://n${i}.sim:9999`]));
const records = (count: number) => Array.from({ length: count }, () => stream.bytes(400));

const encodedBytes = (message: unknown) => serializer.encode(message).length + AROUND;

const REQUESTS: readonly OverlayRequest[] = [
  { kind: "ping" },
  { kind: "find_node", target: id() },
  { kind: "find_records", key: id(), limit: 20, after: undefined },
  { kind: "find_records", key: id(), limit: 20, after: undefined, relay: true },
  { kind: "find_records", key: id(), limit: 20, after: undefined, where: { any: [], publishers: [] } },
  {
    kind: "find_records",
    key: id(),
    limit: 20,
    after: undefined,
    where: { any: [[{ field: "price", operator: "<", value: 0.02, negated: false }]], publishers: ["0123456789abcdef"] },
  },
  { kind: "store", key: id(), record: stream.bytes(400) },
  { kind: "watch", key: id(), number: 1, leaseMs: 120_000 },
  { kind: "changed", key: id(), record: stream.bytes(400) },
  { kind: "hint", node: id() },
];
const RESPONSES: readonly OverlayResponse[] = [
  { kind: "find_node", contacts: contacts(20) },
  { kind: "find_node", contacts: [] },
  { kind: "find_records", contacts: contacts(20), records: records(20), more: undefined, split: 0 },
  { kind: "find_records", contacts: [], records: records(64), more: undefined, split: 0 },
  { kind: "find_records", contacts: contacts(20), records: records(20), more: undefined, split: 0, held: 120 },
  {
    kind: "find_records",
    contacts: contacts(20),
    records: [],
    more: undefined,
    split: 0,
    relayed: { from: contacts(1)[0] as Contact, records: records(5), contacts: contacts(20) },
  },
  { kind: "watch", outcome: "renewed", leaseMs: 120_000 },
  { kind: "changed", wanted: true },
  { kind: "hint", checks: true },
  { kind: "store", outcome: "stored", split: undefined, reason: undefined },
];

test.each(REQUESTS)("The computed size of a $kind request is that of the real encoding, to a few bytes", (request) => {
  const real = encodedBytes({ type: "request", id: "123", ...encodeRequest(request), deadline_ms: 5_000 });
  expect(Math.abs(requestBytes(request) - real)).toBeLessThanOrEqual(2);
});

test.each(RESPONSES)("The computed size of a $kind response is that of the real encoding, to a few bytes", (response) => {
  const real = encodedBytes(responseOk("123", encodeResponse(response)));
  expect(Math.abs(responseBytes(response) - real)).toBeLessThanOrEqual(2);
});
