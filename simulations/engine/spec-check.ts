import { messageOf, SynapseError } from "../../routing/index.ts";
import { type Check, compile, describeFaults, type JsonSchema } from "../../src/rpc/schema.ts";

/** Text of a file that a spec names. May throw; what it throws is said. */
export type ReadFile = (path: string) => string;

/** The fields of one kind of spec beside its tag. */
export interface Kind {
  readonly properties: Readonly<Record<string, object>>;
  readonly required: readonly string[];
}

/** Fields that must all be given, and fields that may. */
export function kind(required: Readonly<Record<string, object>>, optional: Readonly<Record<string, object>> = {}): Kind {
  return { properties: { ...required, ...optional }, required: Object.keys(required) };
}

/** A schema for objects of several kinds, told apart by one field: each has fields of its own, and no others. */
export function oneOfKinds(tag: string, kinds: Readonly<Record<string, Kind>>): JsonSchema {
  return {
    type: "object",
    required: [tag],
    properties: { [tag]: { enum: Object.keys(kinds) } },
    allOf: Object.entries(kinds).map(([name, { properties, required }]) => ({
      if: { required: [tag], properties: { [tag]: { const: name } } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { properties: { [tag]: true, ...properties }, required, additionalProperties: false },
    })),
  };
}

/**
 * Makes a function that checks specs: at its first use, since compiling a schema takes a while and most programs need few of them.
 * It throws SynapseError `bad_options` naming each field that is wrong and what it may be; `path` is what the whole spec is called.
 */
export function specChecker(schema: JsonSchema): (spec: unknown, path: string) => void {
  let compiled: Check | undefined;
  return (spec, path) => {
    compiled ??= compile(schema, "input");
    const checked = compiled.check(spec);
    if (!(checked instanceof Promise) && "faults" in checked) throw badSpec(describeFaults(path, checked.faults));
  };
}

export function badSpec(message: string): SynapseError {
  return new SynapseError("bad_options", message, { hint: "docs/simulator.md lists all fields" });
}

/** The JSON in a file that the field at `path` names. @throws SynapseError `bad_options`. */
export function jsonIn(file: string, path: string, readFile: ReadFile | undefined): unknown {
  if (readFile === undefined) throw badSpec(`${path}: files cannot be read here; give what is in ${file}`);
  try {
    return JSON.parse(readFile(file)) as unknown;
  } catch (error) {
    throw new SynapseError("bad_options", `${path}: ${file} cannot be read as JSON: ${messageOf(error)}`, { cause: error });
  }
}
