import type { JsonSchema } from "../../src/rpc/schema.ts";

/** Numbers that were none are null in JSON; reports draw a gap for them. */
const number = { type: ["number", "null"] };
const text = { type: "string" };
const count = { type: "integer", minimum: 0 };
const plain = { type: "object" };

const object = (properties: Readonly<Record<string, object>>, optional: Readonly<Record<string, object>> = {}): JsonSchema => ({
  type: "object",
  required: Object.keys(properties),
  properties: { ...properties, ...optional },
});
const list = (items: object, maxItems?: number): JsonSchema => ({ type: "array", items, ...(maxItems !== undefined && { maxItems }) });
const tuple = (...items: readonly object[]): JsonSchema => ({
  type: "array",
  prefixItems: items,
  minItems: items.length,
  maxItems: items.length,
});

const operation = object({
  count,
  success: number,
  recall: number,
  hops: object({ mean: number, p50: number, p99: number }),
  requests: object({ mean: number, p99: number }),
  latencyMs: object({ p50: number, p90: number, p99: number }),
});

const figures = object(
  {
    scenario: text,
    level: { enum: ["overlay", "node"] },
    seed: count,
    nodes: count,
    traceHash: { type: "string", pattern: "^[0-9a-f]{64}$" },
    virtualMs: number,
    wallMs: number,
    messages: number,
    messagesPerSecond: number,
    bytesPerNodeSecond: number,
    rssBytes: number,
    heapBytes: number,
    deaths: number,
    lookups: operation,
    finds: operation,
    publishes: operation,
    joins: operation,
    faults: list(text),
  },
  { records: plain, adversaries: plain },
);

const target = object({
  name: text,
  value: number,
  unit: text,
  target: { type: "object", oneOf: [{ required: ["atLeast"] }, { required: ["atMost"] }], additionalProperties: number },
  reached: { type: "boolean" },
});

const request = object({
  to: count,
  sentMs: number,
  endedMs: number,
  outcome: { enum: ["answered", "failed"] },
  sharedBits: number,
  inResult: { type: "boolean" },
});

const picture = object(
  { nodes: list(object({ at: number, kind: text, place: text }), 10_000), edges: list(tuple(count, count), 10_000) },
  { lookup: object({ target: number, from: count, requests: list(request, 1_000) }) },
);

/** What `sim run --save` writes. Further fields may be there; those that are known must be what they are. */
export const RECORDING_SCHEMA: JsonSchema = object({
  format: { const: 1 },
  scenario: plain,
  command: text,
  figures,
  targets: list(target, 100),
  curves: list(object({ of: text, what: text, unit: text, points: list(tuple(number, number), 10_000) }), 1_000),
  series: object({ stepMs: number, columns: list(object({ name: text, unit: text, values: list(number, 10_000) }), 100) }),
  marks: list(object({ label: text, fromMs: number, untilMs: number }), 1_000),
  loadByNode: list(number, 10_000),
  loadByKey: list(object({ name: text, requests: number, holders: number, busiest: number }), 1_000),
  traffic: list(object({ kind: text, messages: number, bytes: number }), 1_000),
  picture,
});

const result: JsonSchema = {
  ...object({ index: count, values: plain }, { recording: RECORDING_SCHEMA, error: object({ code: text, message: text }) }),
  oneOf: [{ required: ["recording"] }, { required: ["error"] }],
};

/** What `sim sweep --out` writes. */
export const SWEEP_SCHEMA: JsonSchema = object({
  format: { const: 1 },
  kind: { const: "sweep" },
  scenario: plain,
  parameters: list(object({ path: text, values: list({}, 1_000) }), 100),
  points: { type: "integer", minimum: 1, maximum: 1_000 },
  shard: { ...object({ index: count, of: { type: "integer", minimum: 1 } }), type: ["object", "null"] },
  results: list(result, 1_000),
});
