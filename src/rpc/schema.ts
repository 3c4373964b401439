import { createRequire } from "node:module";
import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";
import type { Ajv2020, Options as AjvOptions, ErrorObject } from "ajv/dist/2020.js";
import { messageOf, SynapseError } from "../errors.ts";
import { isMap } from "./messages.ts";

/** A schema as JSON: draft 2020-12. Formats are not checked. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a value must look like: a schema of any library that speaks Standard Schema (zod, valibot, arktype), or a JSON Schema. */
export type Schema<T = unknown> = StandardSchemaV1<unknown, T> | JsonSchema;

/** Something wrong with a value, and where. */
interface Fault {
  /** Steps into the value; none: the value itself. */
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

/** A schema made ready. */
export interface Check {
  /** The value as the schema gives it back (defaults filled in, texts parsed), or what is wrong. */
  readonly check: (value: unknown) => Checked | Promise<Checked>;
  /** The schema as JSON, where its library can say it so. */
  readonly jsonSchema: JsonSchema | undefined;
}

export type Checked = { readonly value: unknown } | { readonly faults: readonly Fault[] };

/** Faults named in one error. */
const MAX_FAULTS = 5;

/**
 * Makes a schema ready.
 * @throws SynapseError `bad_options` when it is none.
 */
export function compile(schema: Schema, side: "input" | "output"): Check {
  return isStandard(schema) ? standardCheck(schema, side) : jsonCheck(schema);
}

/** In one sentence, for the caller: `input.age: must be number; input.name: is missing`. */
export function describeFaults(root: string, faults: readonly Fault[]): string {
  const said = faults.slice(0, MAX_FAULTS).map(({ path, message }) => `${[root, ...path].map(String).join(".")}: ${message}`);
  return said.join("; ").slice(0, 500);
}

function isStandard(schema: Schema): schema is StandardSchemaV1<unknown, unknown> {
  const canHaveProperties = (typeof schema === "object" && schema !== null) || typeof schema === "function"; // arktype's can be called
  return canHaveProperties && "~standard" in schema;
}

function standardCheck(schema: StandardSchemaV1<unknown, unknown>, side: "input" | "output"): Check {
  const standard = schema["~standard"];
  const checked = (result: StandardSchemaV1.Result<unknown>): Checked =>
    result.issues === undefined ? { value: result.value } : { faults: result.issues.map(faultOf) };
  return {
    check: (value) => {
      const result = standard.validate(value);
      return result instanceof Promise ? result.then(checked) : checked(result);
    },
    jsonSchema: jsonSchemaOf(standard, side),
  };
}

function faultOf({ message, path = [] }: StandardSchemaV1.Issue): Fault {
  return { path: path.map((step) => (typeof step === "object" ? step.key : step)), message };
}

/** Not every library can say its schemas as JSON, and not every schema can be said so. */
function jsonSchemaOf(standard: StandardSchemaV1.Props, side: "input" | "output"): JsonSchema | undefined {
  try {
    return (standard as Partial<StandardJSONSchemaV1.Props>).jsonSchema?.[side]({ target: "draft-2020-12" });
  } catch {
    return undefined;
  }
}

/** Values up to which all that is wrong with one is named. */
const SMALL = 1_000;

let loaded: { readonly first: Ajv2020; readonly all: Ajv2020 } | undefined;

/** Loaded by the first JSON Schema: it takes longer than the rest of this project together, and most programs need it not at all. */
function loadAjv(): { readonly first: Ajv2020; readonly all: Ajv2020 } {
  if (loaded === undefined) {
    const { Ajv2020: Constructor } = createRequire(import.meta.url)("ajv/dist/2020.js") as {
      Ajv2020: new (options: AjvOptions) => Ajv2020;
    };
    const options = { strict: false, validateFormats: false, logger: false } as const;
    // One that names everything makes an error for each of a million wrong items: it is only asked about what is small.
    loaded = { first: new Constructor(options), all: new Constructor({ ...options, allErrors: true }) };
  }
  return loaded;
}

/** Whether a value has few values inside. */
function isSmall(value: unknown): boolean {
  let left = SMALL;
  const count = (item: unknown): boolean => {
    left -= 1;
    if (left < 0) return false;
    if (typeof item !== "object" || item === null || ArrayBuffer.isView(item)) return true;
    for (const key in item) if (!count((item as Record<string, unknown>)[key])) return false;
    return true;
  };
  return count(value);
}

/** That a condition does not hold says nothing: what it asks for is said as well. */
function isSaid({ keyword }: ErrorObject): boolean {
  return keyword !== "if";
}

function jsonCheck(schema: JsonSchema): Check {
  if (!isMap(schema)) throw new SynapseError("bad_options", "a schema must be a Standard Schema or a JSON Schema");
  try {
    const ajv = loadAjv();
    const first = ajv.first.compile(schema);
    const all = ajv.all.compile(schema);
    const check = (value: unknown): Checked => {
      if (first(value)) return { value };
      const tell = isSmall(value) ? all : first;
      tell(value);
      return { faults: (tell.errors ?? []).filter(isSaid).map(ajvFault) };
    };
    return { check, jsonSchema: schema };
  } catch (error) {
    throw new SynapseError("bad_options", `not a JSON Schema: ${messageOf(error)}`, { cause: error });
  }
}

function ajvFault({ instancePath, keyword, params, message = "does not fit" }: ErrorObject): Fault {
  const path = instancePath.split("/").slice(1).map(unescapePointer);
  if (keyword === "required") return { path: [...path, String(params["missingProperty"])], message: "is missing" };
  if (keyword === "additionalProperties") return { path: [...path, String(params["additionalProperty"])], message: "is not known" };
  if (keyword === "enum") return { path, message: `must be one of ${JSON.stringify(params["allowedValues"]).slice(1, -1)}` };
  return { path, message };
}

/** RFC 6901, section 4. */
function unescapePointer(step: string): string {
  return step.replaceAll("~1", "/").replaceAll("~0", "~");
}
