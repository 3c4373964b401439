import type { JsonSchema } from "../../src/rpc/schema.ts";
import { ADVERSARIES_SCHEMA } from "../adversaries/adversary-spec.ts";
import { CHURN_SCHEMA } from "../engine/churn/churn-spec.ts";
import { HOSTS_SCHEMA } from "../engine/hosts/host-spec.ts";
import { LATENCY_SCHEMA } from "../engine/latency/latency-spec.ts";

/** Nodes that one process simulates at most: bytes a node times this is the memory of a large machine. */
const MAX_NODES = 1_000_000;
/** A virtual year: more is a mistake. */
const LONGEST_MS = 365 * 86_400_000;

const time = { type: "number", minimum: 0, maximum: LONGEST_MS };
const part = { type: "number", minimum: 0, maximum: 1 };
const rate = { type: "number", minimum: 0, maximum: 1_000_000 };
const schedule = { fromMs: time, untilMs: time, everyMs: { ...time, exclusiveMinimum: 0 }, lastsMs: time };

function fault(name: string, fields: Readonly<Record<string, object>>, required: readonly string[]): JsonSchema {
  return {
    if: { properties: { fault: { const: name } } },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: {
      properties: { fault: true, ...schedule, ...fields },
      required,
      additionalProperties: false,
      dependentRequired: { everyMs: ["lastsMs"], lastsMs: ["everyMs"] },
    },
  };
}

const faults: JsonSchema = {
  type: "array",
  maxItems: 50,
  items: {
    type: "object",
    required: ["fault"],
    properties: { fault: { enum: ["loss", "delay", "partition", "clog", "crash", "refuse-stores"] } },
    allOf: [
      fault("loss", { rate: part }, ["rate"]),
      fault("delay", { rate: part, addMs: time }, ["rate", "addMs"]),
      fault("partition", { share: part, oneWay: { type: "boolean" } }, ["share"]),
      fault("clog", { share: part }, ["share"]),
      fault("crash", { share: part, keepsState: { type: "boolean" }, forGood: { type: "boolean" } }, ["share"]),
      fault("refuse-stores", { share: part }, ["share"]),
    ],
  },
};

const arrivals: JsonSchema = {
  type: "array",
  maxItems: 50,
  items: {
    type: "object",
    required: ["atMs"],
    properties: {
      atMs: time,
      withinMs: time,
      nodes: { type: "integer", minimum: 1, maximum: MAX_NODES },
      share: { type: "number", exclusiveMinimum: 0, maximum: 100 },
    },
    additionalProperties: false,
    oneOf: [{ required: ["nodes"] }, { required: ["share"] }],
  },
};

const load: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    capabilities: { type: "integer", minimum: 1, maximum: 1_000_000 },
    zipf: { type: "number", minimum: 0, maximum: 10 },
    hot: part,
    offersEach: { type: "integer", minimum: 1, maximum: 64 },
    bulkOffers: { type: "integer", minimum: 0, maximum: 16_384 },
    lookupsPerSecond: rate,
    findsPerSecond: rate,
    publishesPerSecond: rate,
    queriesPerSecond: rate,
    watches: { type: "integer", minimum: 0, maximum: 10_000 },
    findLimit: { type: "integer", minimum: 1, maximum: 100_000 },
  },
};

/** What a scenario may be. What a schema cannot say of `latency`, `churn` and `hosts` is checked where they are made into models. */
export const SCENARIO_SCHEMA: JsonSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    name: { type: "string", pattern: "^[a-z0-9][a-z0-9-]{0,60}$" },
    about: { type: "string", maxLength: 500 },
    level: { enum: ["overlay", "node"] },
    seed: { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
    nodes: { type: "integer", minimum: 2, maximum: MAX_NODES },
    bootstraps: { type: "integer", minimum: 1, maximum: 100 },
    growthMs: { ...time, exclusiveMinimum: 0 },
    settleMs: time,
    durationMs: time,
    latency: LATENCY_SCHEMA,
    hosts: HOSTS_SCHEMA,
    links: {
      type: "object",
      additionalProperties: false,
      properties: { max: { type: "integer", minimum: 1, maximum: 100_000 }, idleMs: time },
    },
    churn: { ...CHURN_SCHEMA, type: ["object", "null"] },
    faults,
    adversaries: ADVERSARIES_SCHEMA,
    arrivals,
    load,
    overlay: {
      type: "object",
      additionalProperties: false,
      properties: {
        alpha: { type: "integer", minimum: 1, maximum: 64 },
        mostAlpha: { type: "integer", minimum: 1, maximum: 64 },
        beta: { type: "integer", minimum: 1, maximum: 64 },
        closingAlpha: { type: "integer", minimum: 1, maximum: 64 },
        paths: { type: "integer", minimum: 1, maximum: 8 },
        relays: { type: "integer", minimum: 0, maximum: 64 },
        nearEquals: { type: "number", minimum: 1, maximum: 4_294_967_296 },
        k: { type: "integer", minimum: 1, maximum: 64 },
        requestTimeoutMs: time,
        refreshIntervalMs: time,
        revalidateIntervalMs: time,
        freshForMs: time,
        republishIntervalMs: time,
        recordLifetimeMs: time,
        mostOwn: { type: "integer", minimum: 1, maximum: 16_384 },
        sweepIntervalMs: time,
        fullAnswersPerSecond: { type: "number", minimum: 1, maximum: 1_000_000 },
        comparisonsPerSecond: { type: "number", minimum: 1, maximum: 1_000_000_000 },
        checksPerSecond: { type: "number", minimum: 1, maximum: 1_000_000 },
      },
    },
    targets: {
      type: "array",
      maxItems: 50,
      items: {
        type: "object",
        additionalProperties: false,
        required: ["figure"],
        properties: { figure: { type: "string" }, atLeast: { type: "number" }, atMost: { type: "number" } },
        oneOf: [{ required: ["atLeast"] }, { required: ["atMost"] }],
      },
    },
  },
};
