import { encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { bytesOf, seedWire, swarmWire } from "../support/net/vectors.ts";
import { recordOf, SWARM } from "../support/records.ts";

const KEY = new Uint8Array(32).fill(7);

export const HELLO = {
  type: "hello",
  version: 2,
  swarm: SWARM,
  listen: [],
  features: ["chunk"],
  software: "x",
  observed: "tcp://127.0.0.1:1",
};

const request = (id: string, endpoint: string, args: readonly unknown[], more: object = {}) => ({
  type: "request",
  id,
  endpoint,
  args,
  kwargs: {},
  ...more,
});

/** Conversations recorded with the Python versions, frames and all. */
export function plainCorpus(): Uint8Array[] {
  return [...seedWire.server, ...seedWire.client, ...swarmWire.exchanges].map(({ request_hex }) => bytesOf(request_hex));
}

/** One of each message of the secure dialect, as its payload. */
export function secureCorpus(issued: number): Uint8Array[] {
  return [
    HELLO,
    request("1", "echo", ["a", { b: 1 }], { deadline_ms: 900, meta: { trace: "t" } }),
    request("2", "tokens", [20], { stream: true }),
    request("3", "sum", [], { input: true }),
    request("4", "sum", [], { input: true, stream: true }),
    request("5", "never", [], { deadline_ms: 50 }),
    request("6", "checked", [{ a: 1 }]),
    request("7", "_synapse.find_node", [KEY]),
    request("8", "_synapse.find_records", [KEY, 20, "after"]),
    request("9", "_synapse.store", [KEY, recordOf({ issued }).bytes]),
    request("10", "_agent.ask", ["task", { a: 1 }]),
    request("11", "_synapse.peers", []),
    { type: "item", id: "3", value: [1, 2], input: true },
    { type: "end", id: "3", input: true },
    { type: "credit", id: "2", items: 5 },
    { type: "cancel", id: "5" },
    { type: "chunk", of: 1, data: encode(request("12", "echo", [1])), last: true },
    { type: "chunk", of: 2, data: new Uint8Array(50) },
    { type: "response", id: "1", ok: true, result: { contacts: [[KEY, ["tcp://127.0.0.1:1"]]] }, error: null },
    { type: "response", id: "1", ok: false, result: null, error: { code: "x", message: "y" } },
  ].map((message) => encode(message));
}

/** Messages that are well-formed MsgPack and otherwise anything: known fields with values of any kind. */
export function strangeMessages(seed: number, count: number): Uint8Array[] {
  const anything = fc.anything({ withBigInt: false, withDate: true, withTypedArray: false, maxDepth: 3, maxKeys: 4 });
  const types = ["request", "response", "item", "end", "credit", "cancel", "chunk", "goaway", "hello"];
  const fields = {
    type: fc.oneof(fc.constantFrom(...types), anything),
    id: fc.oneof(fc.constantFrom("1", "2", "3"), anything),
    endpoint: fc.oneof(fc.constantFrom("echo", "tokens", "sum", "checked", "_synapse.store", "__proto__", "constructor"), anything),
    args: fc.oneof(fc.array(anything, { maxLength: 4 }), anything),
    kwargs: anything,
    value: anything,
    items: fc.oneof(fc.integer(), anything),
    of: fc.oneof(fc.integer(), anything),
    data: fc.oneof(fc.uint8Array({ maxLength: 40 }), anything),
    input: fc.oneof(fc.boolean(), anything),
    stream: fc.oneof(fc.boolean(), anything),
    deadline_ms: fc.oneof(fc.double(), anything),
    meta: anything,
    ok: fc.oneof(fc.boolean(), anything),
    error: anything,
    result: anything,
  };
  const arbitrary = fc.record(fields, { requiredKeys: ["type"] });
  return fc.sample(arbitrary, { seed, numRuns: count }).flatMap((message) => {
    try {
      return [encode(message, { maxDepth: 20, ignoreUndefined: true })];
    } catch {
      return []; // symbols, functions and such cannot be sent by anybody
    }
  });
}
