import { ExtData } from "@msgpack/msgpack";
import { SynapseError } from "../errors.ts";

/** A call of an endpoint. In the plain dialect exactly the first five fields travel. */
export interface RPCRequest {
  readonly type: "request";
  readonly id: string;
  readonly endpoint: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** Secure dialect: milliseconds that the caller will still wait. */
  readonly deadline_ms?: number | undefined;
  /** Secure dialect: what travels along with the call (trace, task, chain, budget). */
  readonly meta?: Readonly<Record<string, unknown>> | undefined;
  /** Secure dialect: the caller takes the answer item by item, if it comes that way. */
  readonly stream?: boolean | undefined;
  /** Secure dialect: the caller will send items of its own. */
  readonly input?: boolean | undefined;
}

/** The name that the seed gives a request. */
export type RemoteProcedureCall = RPCRequest;

export interface RPCError {
  readonly code: string;
  readonly message: string;
}

export interface RPCResponse {
  readonly type: "response";
  readonly id: string;
  readonly ok: boolean;
  readonly result: unknown;
  readonly error: RPCError | null;
  /** Secure dialect: the call was not taken, and nothing of it has run. A handler's own error never says so. */
  readonly refused?: boolean;
}

/** Secure dialect: the caller of `id` no longer wants its answer. */
export interface RPCCancel {
  readonly type: "cancel";
  readonly id: string;
}

/**
 * Secure dialect: one value of a stream. The items, `end` and `credit` of the stream that the callee sends name the call alone; those of
 * the caller's own stream to it say `input: true`, since both sides count their calls from one.
 */
export interface RPCItem {
  readonly type: "item";
  readonly id: string;
  readonly value: unknown;
  readonly input?: boolean;
}

/** Secure dialect, between sides that both name the feature `items`: several values of a stream, in order. */
export interface RPCItems {
  readonly type: "items";
  readonly id: string;
  readonly values: readonly unknown[];
  readonly input?: boolean;
}

/** Secure dialect: the stream is complete. One that breaks ends with an error response, or with `cancel`. */
export interface RPCEnd {
  readonly type: "end";
  readonly id: string;
  readonly input?: boolean;
}

/** Secure dialect: how many more items the reader takes. */
export interface RPCCredit {
  readonly type: "credit";
  readonly id: string;
  readonly items: number;
  readonly input?: boolean;
}

/** Secure dialect: a piece of a long message; with the last of them it is complete. */
export interface RPCChunk {
  readonly type: "chunk";
  /** Names the message, on this link and in this direction. */
  readonly of: number;
  readonly data: Uint8Array;
  readonly last?: boolean;
}

/** Secure dialect: this side is leaving. Calls under way will be answered, new ones will not. */
export interface RPCGoaway {
  readonly type: "goaway";
}

/** Secure dialect: the first message each way. */
export interface Hello {
  readonly type: "hello";
  readonly version: number;
  readonly swarm: string;
  readonly listen: readonly string[];
  readonly features: readonly string[];
  readonly software: string;
  readonly observed: string;
}

export type Message = RPCRequest | RPCResponse | RPCCancel | RPCItem | RPCEnd | RPCCredit | RPCGoaway | Hello;

const PLAIN_FIELDS = new Set(["type", "id", "endpoint", "args", "kwargs"]);
const SECURE_FIELDS = new Set([...PLAIN_FIELDS, "deadline_ms", "meta", "stream", "input"]);
/** Credit counted of one message: more than any writer needs, and no sum of it overflows. */
const MAX_CREDIT = 2 ** 31;
/** Longest id of a call: ours are short, the Python client's are 64 characters. */
const MAX_ID_CHARS = 256;

export function responseOk(id: string, result: unknown): RPCResponse {
  return { type: "response", id, ok: true, result: result === undefined ? null : result, error: null };
}

/** In the secure dialect: to a call of which nothing has run. */
export function responseRefusal(id: string, error: RPCError): RPCResponse {
  return { ...responseError(id, error), refused: true };
}

export function responseError(id: string, error: RPCError): RPCResponse {
  return { type: "response", id, ok: false, result: null, error: { code: error.code, message: error.message } };
}

/** An item of nothing is nil: left out of the map, it would be no item. */
export function streamItem(id: string, value: unknown): RPCItem {
  return { type: "item", id, value: value === undefined ? null : value };
}

export function asMap(payload: unknown): Record<string, unknown> {
  if (!isMap(payload)) throw badRequest("payload must be a map");
  return payload;
}

/** @throws SynapseError `bad_request`, in the words of the seed where a program might look for them. */
export function parseRequest(map: Record<string, unknown>, dialect: "plain" | "secure"): RPCRequest {
  if ((map["type"] ?? "request") !== "request") throw badRequest("expected request message");
  const known = dialect === "plain" ? PLAIN_FIELDS : SECURE_FIELDS;
  for (const field in map) if (!known.has(field)) throw unknownFields(map, known);
  const { endpoint, args = [], kwargs = {}, deadline_ms, meta, stream, input } = map;
  if (typeof endpoint !== "string") throw badRequest(endpoint === undefined ? "'endpoint'" : "endpoint must be text");
  if (!Array.isArray(args)) throw badRequest("args must be a list");
  if (!isMap(kwargs)) throw badRequest("kwargs must be a map");
  if (deadline_ms !== undefined && (typeof deadline_ms !== "number" || !(deadline_ms >= 0)))
    throw badRequest("deadline_ms must be a number from 0");
  if (meta !== undefined && !isMap(meta)) throw badRequest("meta must be a map");
  return {
    type: "request",
    id: idText(map["id"]),
    endpoint,
    args,
    kwargs,
    deadline_ms,
    meta,
    stream: stream === true || undefined,
    input: input === true || undefined,
  };
}

function unknownFields(map: Record<string, unknown>, known: ReadonlySet<string>): SynapseError {
  const unknown = Object.keys(map).filter((field) => !known.has(field));
  const named = unknown.slice(0, 8).map((field) => `'${field.slice(0, 40)}'`);
  return badRequest(`unknown request fields: [${named.join(", ")}]`);
}

/** @throws SynapseError `bad_request` when the number of items is none. */
export function creditIn(map: Record<string, unknown>): number {
  const { items } = map;
  if (typeof items !== "number" || !Number.isInteger(items) || items < 1) throw badRequest("credit must be a whole number of items from 1");
  return Math.min(items, MAX_CREDIT);
}

/** @throws SynapseError `bad_request` when there are none. */
export function valuesIn(map: Record<string, unknown>): readonly unknown[] {
  const { values } = map;
  if (!Array.isArray(values) || values.length === 0) throw badRequest("items must come as a list of values");
  return values;
}

/** @throws SynapseError `bad_request` when this is not an answer. */
export function parseResponse(map: Record<string, unknown>): RPCResponse {
  const { ok, result = null, error } = map;
  const id = idText(map["id"]);
  if (ok === true) return { type: "response", id, ok, result, error: null };
  if (ok !== false || !isMap(error)) throw badRequest("a response needs ok, and an error where it is not");
  const { code, message } = error;
  const said = { code: textOr(code, "internal_error"), message: textOr(message, "") };
  return { type: "response", id, ok, result: null, error: said, ...(map["refused"] === true && { refused: true }) };
}

/** Text as it is, anything else as text, as the seed does it. */
export function idText(id: unknown): string {
  if (typeof id === "string" && id.length <= MAX_ID_CHARS) return id;
  if (typeof id === "number" || typeof id === "bigint" || typeof id === "boolean") return String(id);
  if (id === undefined || id === null) return "";
  throw badRequest(`id must be text of at most ${MAX_ID_CHARS} characters`);
}

export function badRequest(message: string): SynapseError {
  return new SynapseError("bad_request", message);
}

export function isMap(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) return false;
  return !(value instanceof Date || value instanceof ExtData); // one value each, with fields that nobody has sent
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === "string" ? value : otherwise;
}
