import { FIELD_NAME, formatShape, MAX_SHAPE_CHARS, MAX_SHAPE_DEPTH, MAX_SHAPE_FIELDS, type Shape } from "../dht/index.ts";
import { isMap } from "./rpc/messages.ts";

type Fields = Extract<Shape, { kind: "fields" }>["fields"];

const ANY: Shape = { kind: "any" };
/** What a schema may say beside what a shape can: nothing of these changes which fields there are. */
const PRIMITIVES: ReadonlySet<unknown> = new Set(["string", "number", "integer", "boolean", "null"]);

/** What values of a JSON Schema look like. What a shape cannot say (alternatives, references, odd names of fields) is `any` or `object`. */
export function shapeOfSchema(schema: unknown, depth = MAX_SHAPE_DEPTH): Shape {
  if (!isMap(schema)) return ANY;
  const { type, properties, items } = schema;
  if (PRIMITIVES.has(type)) return { kind: type as "string" };
  if (type === "array") return depth === 0 ? ANY : { kind: "list", of: shapeOfSchema(items, depth - 1) };
  if (type !== "object" && !isMap(properties)) return ANY;
  const fields = isMap(properties) && depth > 0 ? fieldsOf(properties, schema["required"], depth) : undefined;
  return fields === undefined ? { kind: "object" } : { kind: "fields", fields };
}

function fieldsOf(properties: Record<string, unknown>, required: unknown, depth: number): Fields | undefined {
  const names = Object.keys(properties);
  if (names.length > MAX_SHAPE_FIELDS || !names.every((name) => FIELD_NAME.test(name))) return undefined;
  const needed = new Set(Array.isArray(required) ? required : []);
  return new Map(names.map((name) => [name, { shape: shapeOfSchema(properties[name], depth - 1), optional: !needed.has(name) }]));
}

/** The shape of a schema as a record carries it: less deep where it would be too long. Undefined where it would say nothing. */
export function shapeTextOf(schema: unknown): string | undefined {
  for (let depth = MAX_SHAPE_DEPTH; depth > 0; depth--) {
    const text = formatShape(shapeOfSchema(schema, depth));
    if (text.length <= MAX_SHAPE_CHARS) return text === "any" ? undefined : text;
  }
  return undefined;
}
