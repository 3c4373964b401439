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

/** In one sentence, for the caller: `input.age must be number; input.name is missing`. */
export function describeFaults(root: string, faults: readonly Fault[]): string {
  const said = faults.slice(0, MAX_FAULTS).map(({ path, message }) => `${[root, ...path].map(String).join(".")} ${message}`);
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

let ajv: Ajv2020 | undefined;

/** Loaded by the first JSON Schema: it takes longer than the rest of this project together, and most programs need it not at all. */
function loadAjv(): Ajv2020 {
  if (ajv === undefined) {
    const { Ajv2020: Constructor } = createRequire(import.meta.url)("ajv/dist/2020.js") as {
      Ajv2020: new (options: AjvOptions) => Ajv2020;
    };
    ajv = new Constructor({ allErrors: true, strict: false, validateFormats: false, logger: false });
  }
  return ajv;
}

function jsonCheck(schema: JsonSchema): Check {
  if (!isMap(schema)) throw new SynapseError("bad_options", "a schema must be a Standard Schema or a JSON Schema");
  try {
    const validate = loadAjv().compile(schema);
    return {
      check: (value) => (validate(value) ? { value } : { faults: (validate.errors ?? []).map(ajvFault) }),
      jsonSchema: schema,
    };
  } catch (error) {
    throw new SynapseError("bad_options", `not a JSON Schema: ${messageOf(error)}`, { cause: error });
  }
}

function ajvFault({ instancePath, keyword, params, message = "does not fit" }: ErrorObject): Fault {
  const path = instancePath.split("/").slice(1).map(unescapePointer);
  if (keyword === "required") return { path: [...path, String(params["missingProperty"])], message: "is missing" };
  if (keyword === "additionalProperties") return { path: [...path, String(params["additionalProperty"])], message: "is not known" };
  return { path, message };
}

/** RFC 6901, section 4. */
function unescapePointer(step: string): string {
  return step.replaceAll("~1", "/").replaceAll("~0", "~");
}
