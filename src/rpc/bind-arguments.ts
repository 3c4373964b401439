import { SynapseError } from "../errors.ts";
import { badRequest, isMap, type RPCRequest } from "./messages.ts";

/** A parameter that callers may give by name. */
export interface Param {
  readonly name: string;
  readonly optional: boolean;
}

/** The one value that an endpoint with a schema takes: by place, by name, or both. */
export function soleValue({ args, kwargs }: RPCRequest): unknown {
  if (args.length === 0) return kwargs;
  if (args.length > 1) throw badRequest("this endpoint takes one value, or arguments by name");
  if (Object.keys(kwargs).length === 0) return args[0];
  if (!isMap(args[0])) throw badRequest("arguments by name go only with a map");
  return { ...args[0], ...kwargs };
}

/** What is to be called, and what it takes. */
export interface Callee {
  readonly name: string;
  readonly params: readonly Param[] | undefined;
}

/** How the error of a caller whose arguments do not fit is made. */
type Fault = (message: string) => SynapseError;

/**
 * The seed reports arguments that do not fit as errors of the handler: in the plain dialect that is what its callers are told. All others
 * learn that it was they who erred.
 */
export const PLAIN_FAULT: Fault = (message) => new SynapseError("internal_error", message);

/** Puts keyword arguments in the places of the parameters they name. */
export function bindArguments({ name: endpoint, params }: Callee, { args, kwargs }: RPCRequest, fault: Fault): readonly unknown[] {
  const mismatch = (what: string) => fault(`${endpoint}() ${what}`);
  const names = Object.keys(kwargs);
  if (params === undefined) return names.length === 0 ? args : [...args, kwargs];
  if (args.length > params.length) throw mismatch(`takes ${params.length} arguments but ${args.length} were given`);
  const bound = [...args];
  for (const name of names) {
    const place = params.findIndex((param) => param.name === name);
    if (place < 0) throw mismatch(`got an unexpected argument '${name.slice(0, 100)}'`);
    if (place < args.length) throw mismatch(`got two values for its argument '${name}'`);
    bound[place] = kwargs[name];
  }
  for (const [place, param] of params.entries()) {
    if (!param.optional && !(place in bound)) throw mismatch(`is missing its argument '${param.name}'`);
  }
  return bound;
}

export function parseParam(text: string): Param {
  return text.endsWith("?") ? { name: text.slice(0, -1), optional: true } : { name: text, optional: false };
}
