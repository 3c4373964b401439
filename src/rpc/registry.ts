import type { Contact, NodeId } from "../../routing/index.ts";
import { SynapseError } from "../errors.ts";
import { badRequest, type RPCRequest } from "./messages.ts";

/** What a handler may know about the call it answers. */
export interface CallContext {
  readonly endpoint: string;
  /** Who calls, as its link proves it; undefined in the plain dialect. */
  readonly peerId: NodeId | undefined;
  /** Where the caller says it can be dialled; a claim. Undefined for one that cannot be. */
  readonly peerContact: Contact | undefined;
  readonly remoteAddress: string;
  /** What travels along with the call. */
  readonly meta: Readonly<Record<string, unknown>>;
  /** The items that the caller sends, if it sends any: `for await (const item of context.input ?? [])`. */
  readonly input: AsyncIterable<unknown> | undefined;
  /** Aborted when the caller gives up, its deadline passes, or its link closes. */
  readonly signal: AbortSignal;
}

// biome-ignore lint/suspicious/noExplicitAny: a handler declares the arguments it takes; what arrives is checked by the handler
export type Handler = (...args: any[]) => unknown;

/** A handler that is told of the call as well, before the arguments of its caller. */
export type ContextHandler = (context: CallContext, ...args: Parameters<Handler>) => unknown;

export interface EndpointOptions {
  readonly description?: string;
  /** False: callable, but not listed by `_synapse.methods`. */
  readonly publish?: boolean;
  /**
   * Names of the parameters, in order, so that callers may give them by name; a trailing `?` marks those that may be missing. Without
   * it the handler gets positional arguments as they come, and keyword arguments as one last object.
   */
  readonly params?: readonly string[];
  /** True: the handler gets the {@link CallContext} first, then the arguments. `params` does not name it. Default false. */
  readonly context?: boolean;
}

export interface Endpoint {
  readonly name: string;
  readonly description: string;
  readonly publish: boolean;
  readonly params: readonly Param[] | undefined;
  readonly invoke: (args: readonly unknown[], context: CallContext) => unknown;
}

interface Param {
  readonly name: string;
  readonly optional: boolean;
}

/** What can be called. Bounded by the program that registers, never by what peers send. */
export class EndpointRegistry {
  private readonly endpoints = new Map<string, Endpoint>();

  /** @throws SynapseError `bad_options` when the name is empty or taken. */
  register(name: string, options: EndpointOptions, invoke: Endpoint["invoke"]): void {
    if (name === "") throw new SynapseError("bad_options", "an endpoint needs a name");
    if (this.endpoints.has(name)) throw new SynapseError("bad_options", `endpoint ${name} is registered already`);
    const { description = "", publish = true, params } = options;
    this.endpoints.set(name, { name, description, publish, params: params?.map(parseParam), invoke });
  }

  get(name: string): Endpoint | undefined {
    return this.endpoints.get(name);
  }

  /** In the order of registration. */
  list(): Endpoint[] {
    return [...this.endpoints.values()];
  }

  /**
   * Calls what a request names. May return a promise, or throw, or the promise may reject.
   * @throws SynapseError `bad_request` when nothing is registered under that name.
   */
  dispatch(request: RPCRequest, context: CallContext): unknown {
    const endpoint = this.endpoints.get(request.endpoint);
    if (endpoint === undefined) throw badRequest(`Unregistered endpoint called: ${request.endpoint.slice(0, 100)}`);
    return endpoint.invoke(bindArguments(endpoint, request), context);
  }
}

/** Puts keyword arguments in the places of the parameters they name. */
function bindArguments(endpoint: Endpoint, { args, kwargs }: RPCRequest): readonly unknown[] {
  const names = Object.keys(kwargs);
  const { params } = endpoint;
  if (params === undefined) return names.length === 0 ? args : [...args, kwargs];
  if (args.length > params.length) throw mismatch(endpoint, `takes ${params.length} arguments but ${args.length} were given`);
  const bound = [...args];
  for (const name of names) {
    const place = params.findIndex((param) => param.name === name);
    if (place < 0) throw mismatch(endpoint, `got an unexpected argument '${name.slice(0, 100)}'`);
    if (place < args.length) throw mismatch(endpoint, `got two values for its argument '${name}'`);
    bound[place] = kwargs[name];
  }
  for (const [place, param] of params.entries()) {
    if (!param.optional && !(place in bound)) throw mismatch(endpoint, `is missing its argument '${param.name}'`);
  }
  return bound;
}

/** The seed reports arguments that do not fit as errors of the handler. */
function mismatch(endpoint: Endpoint, what: string): SynapseError {
  return new SynapseError("internal_error", `${endpoint.name}() ${what}`);
}

function parseParam(text: string): Param {
  return text.endsWith("?") ? { name: text.slice(0, -1), optional: true } : { name: text, optional: false };
}
