import {
  DEFAULT_RECORDS,
  type FindRecordsResponse,
  type OverlayRequest,
  type OverlayResponse,
  type Relayed,
  type StoreOutcome,
  type WatchOutcome,
  type WatchResponse,
} from "../dht/index.ts";
import { type Contact, isNodeId, K, MAX_ADDRESSES, makeContact, type NodeId, nodeIdFromHex, sameId } from "../routing/index.ts";
import { peerAddress } from "./address.ts";
import { badRequest, isMap } from "./rpc/messages.ts";
import { decodeWhere, encodeWhere } from "./where-wire.ts";

/**
 * The overlay's messages as calls of endpoints, and back. What comes from a peer is checked here, field by field, before anybody uses it.
 */

const MAX_ADDRESS_CHARS = 128;
const MAX_CURSOR_CHARS = 256;
/** Records read of one answer; an honest holder sends no more than 64. */
const MAX_RECORDS_READ = 256;
const OUTCOMES: ReadonlySet<string> = new Set<StoreOutcome>([
  "stored",
  "unchanged",
  "stale",
  "full",
  "not-close",
  "expired",
  "invalid",
  "busy",
]);
const LEASE_OUTCOMES: ReadonlySet<string> = new Set<WatchOutcome>(["begun", "renewed", "missed", "full", "not-close", "anonymous"]);

/** The endpoint of each kind of request, with the names of its parameters. */
export const OVERLAY_ENDPOINTS = {
  find_node: { name: "_synapse.find_node", params: ["target"] },
  find_records: { name: "_synapse.find_records", params: ["key", "limit?", "after?", "where?", "relay?"] },
  store: { name: "_synapse.store", params: ["key", "record"] },
  watch: { name: "_synapse.watch", params: ["key", "lease_ms", "number?", "where?"] },
  changed: { name: "_synapse.changed", params: ["key", "record"] },
  hint: { name: "_synapse.hint", params: ["node"] },
} as const;
export const OVERLAY_KINDS = Object.keys(OVERLAY_ENDPOINTS) as readonly (keyof typeof OVERLAY_ENDPOINTS)[];

export interface WireCall {
  readonly endpoint: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}

export function encodeRequest(request: OverlayRequest): WireCall {
  switch (request.kind) {
    case "ping":
      return { endpoint: "_synapse.ping", args: [], kwargs: {} };
    case "find_node":
      return { endpoint: OVERLAY_ENDPOINTS.find_node.name, args: [request.target], kwargs: {} };
    case "find_records": {
      const { limit, after, where, relay } = request;
      const options = { ...(after !== undefined && { after }), ...(where && { where: encodeWhere(where) }), ...(relay && { relay }) };
      const kwargs = { limit, ...options };
      return { endpoint: OVERLAY_ENDPOINTS.find_records.name, args: [request.key], kwargs };
    }
    case "store":
    case "changed":
      return { endpoint: OVERLAY_ENDPOINTS[request.kind].name, args: [request.key, request.record], kwargs: {} };
    case "hint":
      return { endpoint: OVERLAY_ENDPOINTS.hint.name, args: [request.node], kwargs: {} };
    case "watch": {
      const { key, leaseMs, number, where } = request;
      return {
        endpoint: OVERLAY_ENDPOINTS.watch.name,
        args: [key, leaseMs],
        kwargs: { number, ...(where && { where: encodeWhere(where) }) },
      };
    }
  }
}

/** @throws SynapseError `bad_request` naming the argument that is wrong. */
export function decodeRequest(kind: keyof typeof OVERLAY_ENDPOINTS, args: readonly unknown[]): OverlayRequest {
  switch (kind) {
    case "find_node":
      return { kind, target: idArgument("target", args[0]) };
    case "hint":
      return { kind, node: idArgument("node", args[0]) };
    case "find_records": {
      const where = decodeWhere(args[3]);
      const options = { ...(where && { where }), ...(flagArgument("relay", args[4]) && { relay: true as const }) };
      return { kind, key: idArgument("key", args[0]), limit: limitArgument(args[1]), after: cursorArgument(args[2]), ...options };
    }
    case "watch": {
      const where = decodeWhere(args[3]);
      const leaseMs = countArgument("lease_ms", args[1], 0);
      return { kind, key: idArgument("key", args[0]), leaseMs, number: countArgument("number", args[2], 0), ...(where && { where }) };
    }
    case "store":
    case "changed": {
      const record = args[1];
      if (!(record instanceof Uint8Array)) throw badRequest("record must be bytes");
      // A copy: what was decoded is a view of its whole frame, and a record of 1 KiB would keep megabytes in memory.
      return { kind, key: idArgument("key", args[0]), record: Uint8Array.from(record) };
    }
  }
}

export function encodeResponse(response: OverlayResponse): unknown {
  switch (response.kind) {
    case "ping":
      return "pong";
    case "find_node":
      return { contacts: response.contacts.map(encodeContact), ...(response.busy && { busy: true }) };
    case "find_records": {
      const { records, more = null, split, contacts, held, relayed } = response;
      const options = { ...(held !== undefined && { held }), ...(relayed && { relayed: encodeRelayed(relayed) }) };
      return { records, more, split, contacts: contacts.map(encodeContact), ...options };
    }
    case "store": {
      const { outcome, split, reason } = response;
      return { outcome, ...(split !== undefined && { split }), ...(reason !== undefined && { reason }) };
    }
    case "watch":
      return { outcome: response.outcome, lease_ms: response.leaseMs };
    case "changed":
      return { wanted: response.wanted };
    case "hint":
      return { checks: response.checks };
  }
}

/** @throws SynapseError `bad_request` when this is no answer to that request. */
export function decodeResponse(kind: OverlayRequest["kind"], result: unknown): OverlayResponse {
  if (kind === "ping") {
    if (result !== "pong") throw badRequest("the answer to a ping is pong");
    return { kind };
  }
  if (!isMap(result)) throw badRequest("the answer must be a map");
  switch (kind) {
    case "find_node":
      return { kind, contacts: decodeContacts(result["contacts"]), ...(result["busy"] === true && { busy: true }) };
    case "find_records":
      return decodeRecords(result);
    case "watch":
      return decodeLease(result);
    case "changed":
      return { kind, wanted: result["wanted"] === true };
    case "hint":
      return { kind, checks: result["checks"] === true };
    case "store": {
      const { outcome, split, reason } = result;
      if (typeof outcome !== "string" || !OUTCOMES.has(outcome)) throw badRequest("outcome is none that is known");
      return {
        kind,
        outcome: outcome as StoreOutcome,
        split: typeof split === "number" && Number.isInteger(split) ? split : undefined,
        reason: typeof reason === "string" ? reason.slice(0, MAX_CURSOR_CHARS) : undefined,
      };
    }
  }
}

function decodeLease({ outcome, lease_ms: leaseMs }: Record<string, unknown>): WatchResponse {
  if (typeof outcome !== "string" || !LEASE_OUTCOMES.has(outcome)) throw badRequest("outcome is none that is known");
  return { kind: "watch", outcome: outcome as WatchOutcome, leaseMs: countArgument("lease_ms", leaseMs, 0) };
}

function decodeRecords(result: Record<string, unknown>): FindRecordsResponse {
  const { records, more, split, contacts, held, relayed } = result;
  const named = decodeContacts(contacts);
  const passedOn = isMap(relayed) ? decodeRelayed(relayed, named) : undefined;
  return {
    kind: "find_records",
    records: recordList(records),
    more: typeof more === "string" && more.length <= MAX_CURSOR_CHARS ? more : undefined,
    split: typeof split === "number" && Number.isInteger(split) && split > 0 ? split : 0,
    contacts: named,
    ...(typeof held === "number" && Number.isSafeInteger(held) && held >= 0 && { held }),
    ...(passedOn && { relayed: passedOn }),
  };
}

function recordList(records: unknown): readonly Uint8Array[] {
  if (Array.isArray(records) && records.length <= MAX_RECORDS_READ && records.every((record) => record instanceof Uint8Array))
    return records;
  throw badRequest("records must be a list of bytes");
}

function encodeRelayed({ from, records, contacts }: Relayed): unknown {
  return { from: encodeContact(from), records, contacts: contacts.map(encodeContact) };
}

/**
 * Undefined where whoever it is from cannot be dialled: then there is nobody to go on with. @param named by whoever passed it on, who has
 * said where those are.
 */
function decodeRelayed({ from, records, contacts }: Record<string, unknown>, named: readonly Contact[]): Relayed | undefined {
  const [contact] = decodeContacts([from]);
  const others = decodeContacts(contacts).filter((other) => !isAmong(named, other));
  return contact && { from: contact, records: recordList(records), contacts: others };
}

function encodeContact({ id, addresses }: Contact): unknown {
  return [id, addresses];
}

/**
 * Contacts with a well-formed id and addresses that can be dialled; what else stands in the list is passed over. So is each that stands
 * there again: one who answers has one say about where another is, or it could name so many wrong addresses that the right one is not
 * tried.
 */
function decodeContacts(list: unknown): Contact[] {
  if (!Array.isArray(list) || list.length > K) throw badRequest(`contacts must be a list of at most ${K}`);
  const contacts: Contact[] = [];
  for (const item of list) {
    const [id, addresses] = Array.isArray(item) ? item : [];
    const contact = isNodeId(id) && isAddressList(addresses) ? contactOf(id, addresses) : undefined;
    if (contact !== undefined && !isAmong(contacts, contact)) contacts.push(contact);
  }
  return contacts;
}

function isAmong(contacts: readonly Contact[], { head, key }: Contact): boolean {
  return contacts.some((other) => other.head === head && other.key === key);
}

/**
 * Contacts as they were named last: the same few hundred are named again and again, and all that know one share it. Each id has one place,
 * by its last bits, since its first are those of what was asked for; another with the same bits takes it.
 */
const named: (Contact | undefined)[] = new Array(4_096).fill(undefined);

function contactOf(id: NodeId, addresses: readonly string[]): Contact | undefined {
  const place = (((id[30] as number) << 8) | (id[31] as number)) % named.length;
  const known = named[place];
  if (known !== undefined && sameId(known.id, id) && sameAddresses(known.addresses, addresses)) return known;
  const readable = [...new Set(addresses.flatMap(readAddress))];
  if (readable.length === 0) return undefined;
  const contact = makeContact(Uint8Array.from(id), readable); // a copy: see above
  named[place] = contact;
  return contact;
}

function sameAddresses(these: readonly string[], those: readonly string[]): boolean {
  return these.length === those.length && these.every((address, place) => address === those[place]);
}

/** The address in canonical form, or nothing where it is none. */
function readAddress(text: string): readonly string[] {
  try {
    return [peerAddress(text) ?? []].flat();
  } catch {
    return [];
  }
}

function isAddressList(value: unknown): value is string[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_ADDRESSES) return false;
  return value.every((address) => typeof address === "string" && address.length <= MAX_ADDRESS_CHARS);
}

/** 32 bytes, or 64 hex characters from callers whose language has no bytes at hand. */
function idArgument(name: string, value: unknown): NodeId {
  if (isNodeId(value)) return Uint8Array.from(value); // a copy: keys are kept
  if (typeof value === "string" && /^[0-9a-f]{64}$/i.test(value)) return nodeIdFromHex(value);
  throw badRequest(`${name} must be 32 bytes, or 64 hexadecimal characters`);
}

function countArgument(name: string, value: unknown, otherwise: number): number {
  if (value === undefined || value === null) return otherwise;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw badRequest(`${name} must be a whole number from 0`);
}

function limitArgument(value: unknown): number {
  if (value === undefined || value === null) return DEFAULT_RECORDS;
  if (typeof value === "number" && Number.isInteger(value) && value >= 1) return value;
  throw badRequest("limit must be a whole number from 1");
}

function cursorArgument(value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string" && value.length <= MAX_CURSOR_CHARS) return value;
  throw badRequest("after must be the `more` of an earlier answer");
}

function flagArgument(name: string, value: unknown): boolean {
  if (value === undefined || value === null) return false;
  if (typeof value === "boolean") return value;
  throw badRequest(`${name} must be true or false`);
}
