import {
  type Comparison,
  faultOfTerm,
  MAX_CLAUSES,
  MAX_WHERE_COMPARISONS,
  MAX_WHERE_PUBLISHERS,
  type Operator,
  PUBLISHER_BYTES,
  type Where,
} from "../dht/index.ts";
import { toHex } from "../routing/index.ts";
import { badRequest, isMap } from "./rpc/messages.ts";

/** The `where` of `_synapse.find_records`: `{ any: [[[field, operator, value, negated?]]], publishers: [bin 8] }`. */

export function encodeWhere({ any, publishers }: Where): Record<string, unknown> {
  return {
    ...(any.length > 0 && { any: any.map((comparisons) => comparisons.map(encodeComparison)) }),
    ...(publishers.length > 0 && { publishers: publishers.map((hex) => Uint8Array.from(Buffer.from(hex, "hex"))) }),
  };
}

function encodeComparison({ field, operator, value, negated }: Comparison): unknown[] {
  return negated ? [field, operator, value, true] : [field, operator, value];
}

/**
 * A comparison that this node does not understand is left out, and what had no other lets everything through: whoever asks checks again.
 * @throws SynapseError `bad_request` when it is malformed, or larger than anybody needs.
 */
export function decodeWhere(value: unknown): Where | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isMap(value)) throw badRequest("where must be a map");
  const { any = [], publishers = [] } = value;
  return { any: decodeAlternatives(any), publishers: decodePublishers(publishers) };
}

function decodeAlternatives(any: unknown): Comparison[][] {
  if (!Array.isArray(any) || any.length > MAX_CLAUSES) throw badRequest(`where.any must be a list of at most ${MAX_CLAUSES}`);
  let left = MAX_WHERE_COMPARISONS;
  const alternatives = any.map((comparisons: unknown) => {
    if (!Array.isArray(comparisons) || comparisons.length > left)
      throw badRequest(`where.any must hold lists, of at most ${MAX_WHERE_COMPARISONS} comparisons together`);
    left -= comparisons.length;
    return comparisons.flatMap(decodeComparison);
  });
  return alternatives.some(({ length }) => length === 0) ? [] : alternatives;
}

function decodeComparison(item: unknown): Comparison[] {
  const [field, operator, value, negated = false, ...rest] = Array.isArray(item) ? item : [];
  if (typeof field !== "string" || typeof operator !== "string") throw badRequest("a comparison is [field, operator, value]");
  const comparison = { field, operator: operator as Operator, value };
  const isUnderstood =
    rest.length === 0 && typeof negated === "boolean" && faultOfTerm({ kind: "compare", ...comparison }, "") === undefined;
  return isUnderstood ? [{ ...comparison, negated }] : [];
}

function decodePublishers(publishers: unknown): string[] {
  if (!Array.isArray(publishers) || publishers.length > MAX_WHERE_PUBLISHERS)
    throw badRequest(`where.publishers must be a list of at most ${MAX_WHERE_PUBLISHERS}`);
  return publishers.map((id: unknown) => {
    if (!(id instanceof Uint8Array) || id.length !== PUBLISHER_BYTES)
      throw badRequest(`where.publishers must hold ${PUBLISHER_BYTES} bytes of an id each`);
    return toHex(id);
  });
}
