import { SynapseError } from "../../routing/index.ts";
import type { JsonSchema } from "../../src/rpc/schema.ts";
import { SCENARIO_SCHEMA } from "../scenarios/scenario-schema.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Fields of one place in a scenario. Where it is one of several kinds, told apart by a tag, the others have fields of their own. */
interface Place {
  readonly fields: ReadonlyMap<string, JsonSchema>;
  readonly tag: string | undefined;
  /** Fields of other kinds than this one, and which kinds have them. */
  readonly elsewhere: ReadonlyMap<string, readonly string[]>;
}

/**
 * Makes sure that a path leads to a field that this scenario has or could have. `alsoSet` are further paths that will be set.
 * @throws SynapseError `bad_options` saying what there is instead.
 */
export function checkPath(path: string, scenario: unknown, alsoSet: readonly string[]): void {
  let schema: JsonSchema = SCENARIO_SCHEMA;
  let value = scenario;
  const behind: string[] = []; // the steps taken
  for (const step of path.split(".")) {
    const where = behind.join(".");
    const next = isList(schema) ? entryOf(schema, value, step, where) : fieldOf(placeOf(schema, value), step, where, value, alsoSet);
    schema = next;
    value = (value as Fields | undefined | null)?.[step];
    behind.push(step);
  }
}

/** A copy of plain data with one value set; objects that are missing on the way are made. */
export function withValue(data: unknown, path: string, value: unknown): unknown {
  const [step, ...rest] = path.split(".");
  if (step === undefined || step === "") return value;
  if (Array.isArray(data)) return data.map((item, index) => (String(index) === step ? withValue(item, rest.join("."), value) : item));
  const before = typeof data === "object" && data !== null ? (data as Fields) : {};
  return { ...before, [step]: withValue(before[step], rest.join("."), value) };
}

/** The value at a path; undefined where there is none. */
export function valueAt(data: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((at, step) => (at as Fields | undefined | null)?.[step], data);
}

function entryOf({ items }: JsonSchema, list: unknown, step: string, where: string): JsonSchema {
  const count = Array.isArray(list) ? list.length : 0;
  if (count === 0) throw badPath(`${where}.${step}: there are no ${where} in this scenario`);
  if (!/^\d+$/.test(step) || Number(step) >= count)
    throw badPath(`there is no ${where}.${step}: ${where} ${count === 1 ? "has one entry, 0" : `are 0 to ${count - 1}`}`);
  return items as JsonSchema;
}

function fieldOf({ fields, tag, elsewhere }: Place, step: string, where: string, value: unknown, alsoSet: readonly string[]): JsonSchema {
  const path = where === "" ? step : `${where}.${step}`;
  const found = fields.get(step);
  if (found !== undefined) return found;
  const kinds = elsewhere.get(step);
  if (kinds !== undefined && alsoSet.includes(`${where}.${tag}`)) return {};
  if (kinds !== undefined) throw badPath(kindMessage(path, `${where}.${tag}`, kinds, (value as Fields | undefined | null)?.[tag ?? ""]));
  if (fields.size === 0) throw badPath(`there is no ${path}: ${where} has no fields`);
  const names = [...new Set([...fields.keys(), ...elsewhere.keys()])].join(", ");
  throw badPath(`there is no ${path}: ${where === "" ? "a scenario" : where} has ${names}`);
}

function kindMessage(path: string, tag: string, kinds: readonly string[], here: unknown): string {
  const needs = `${path} needs ${tag} to be ${kinds.join(" or ")}`;
  return `${needs}, and ${here === undefined ? "this scenario has none" : `here it is ${String(here)}`}: add ${tag}=${kinds[0]}`;
}

function isList(schema: JsonSchema): boolean {
  return schema["items"] !== undefined;
}

function placeOf(schema: JsonSchema, value: unknown): Place {
  const fields = new Map(Object.entries((schema["properties"] ?? {}) as Record<string, JsonSchema>));
  const elsewhere = new Map<string, string[]>();
  const further = schema["additionalProperties"]; // names that the schema does not know, such as regions
  if (typeof further === "object" && further !== null) for (const name of Object.keys(value ?? {})) fields.set(name, further as JsonSchema);
  let tag: string | undefined;
  for (const { if: condition, then } of (schema["allOf"] ?? []) as readonly JsonSchema[]) {
    const [name, kind] = tagOf(condition as JsonSchema);
    tag = name;
    for (const [field, own] of Object.entries((then as JsonSchema)["properties"] as Record<string, JsonSchema | true>)) {
      if (own === true) continue; // the tag
      if ((value as Fields | undefined | null)?.[name] === kind) fields.set(field, own);
      else elsewhere.set(field, [...(elsewhere.get(field) ?? []), kind]);
    }
  }
  for (const field of fields.keys()) elsewhere.delete(field);
  return { fields, tag, elsewhere };
}

function tagOf(condition: JsonSchema): [name: string, kind: string] {
  const [[name, { const: kind }] = ["", { const: "" }]] = Object.entries(condition["properties"] as Record<string, { const: string }>);
  return [name, kind];
}

function badPath(message: string): SynapseError {
  return new SynapseError("bad_options", message, { hint: "docs/simulator.md lists all fields" });
}
