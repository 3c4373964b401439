import { LRUCache } from "lru-cache";
import type { AttributeValue, CapabilityClaim } from "../capability-record.ts";
import type { ComparisonTerm, Operator } from "./query.ts";
import { gives, readShape, type Shape, takes } from "./shape.ts";
import { compareVersions } from "./version.ts";

/** Shapes read lately, by their text: those of a full key, and of several filters. */
const shapes = new LRUCache<string, Shape | string>({ max: 1_024 });

/** A comparison, or that it does not hold: `!lang=go` is true as well of those who say nothing of their language. */
export interface Comparison extends Omit<ComparisonTerm, "kind"> {
  readonly negated: boolean;
}

/** What can be compared of a record: some of its fields, and its attributes. Undefined where it says nothing of it. */
export function fieldOf(record: CapabilityClaim, field: string): AttributeValue | undefined {
  switch (field) {
    case "name":
    case "role":
    case "version":
      return record[field] === "" ? undefined : record[field];
    default:
      return Object.hasOwn(record.attributes, field) ? record.attributes[field] : undefined;
  }
}

/** Whether a comparison holds of a record. What takes part in it is bounded: both sides are short, and nothing is interpreted. */
export function holdsOf(record: CapabilityClaim, comparison: Comparison): boolean {
  const value = fieldOf(record, comparison.field);
  return (value !== undefined && compares(value, comparison)) !== comparison.negated;
}

function compares(value: AttributeValue, { field, operator, value: asked }: Comparison): boolean {
  switch (field) {
    case "version":
      return orderOfVersions(String(value), operator, String(asked));
    case "accepts":
    case "returns":
      return fitsShape(field, String(value), String(asked));
    default:
      return ordered(value, operator, asked);
  }
}

/** Values of different kinds are unequal, and neither is less. Texts are compared by their characters. */
function ordered(value: AttributeValue, operator: Operator, asked: AttributeValue): boolean {
  if (typeof value !== typeof asked) return operator === "!=";
  if (operator === "=" || operator === "!=") return (value === asked) === (operator === "=");
  return typeof value !== "boolean" && satisfies(value < asked ? -1 : value > asked ? 1 : 0, operator);
}

/** Versions of another form than semver are equal or not, and in no order. */
function orderOfVersions(value: string, operator: Operator, asked: string): boolean {
  const order = compareVersions(value, asked);
  if (order !== undefined) return satisfies(order, operator);
  return (operator === "=" && value === asked) || (operator === "!=" && value !== asked);
}

/** As it was read before: a filter of many comparisons over a full key would read the same few hundred texts thousands of times. */
function shapeOf(text: string): Shape | string {
  let shape = shapes.get(text);
  if (shape === undefined) {
    shape = readShape(text);
    shapes.set(text, shape);
  }
  return shape;
}

function fitsShape(field: "accepts" | "returns", value: string, asked: string): boolean {
  const [agent, wanted] = [shapeOf(value), shapeOf(asked)];
  if (typeof agent === "string" || typeof wanted === "string") return false;
  return field === "accepts" ? takes(agent, wanted) : gives(agent, wanted);
}

function satisfies(order: number, operator: Operator): boolean {
  switch (operator) {
    case "=":
      return order === 0;
    case "!=":
      return order !== 0;
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
  }
}
