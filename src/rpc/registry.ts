import { SynapseError } from "../errors.ts";
import { bindArguments, type Param, PLAIN_FAULT, parseParam, soleValue } from "./bind-arguments.ts";
import { type CallContext, within } from "./call-context.ts";
import { badRequest, type RPCRequest } from "./messages.ts";
import { type Check, type Checked, compile, describeFaults, type Schema } from "./schema.ts";

// biome-ignore lint/suspicious/noExplicitAny: a handler declares the arguments it takes; what arrives is checked by the handler
export type Handler = (...args: any[]) => unknown;

/** A handler that is told of the call as well, before the arguments of its caller. */
export type ContextHandler = (context: CallContext, ...args: Parameters<Handler>) => unknown;

/**
 * Stands around every call but those of the overlay: `server.use(async (call, next) => { …; return next(); })`. What it returns is the
 * answer; what it throws is the caller's error.
 */
export type Middleware = (call: CallContext, next: () => unknown) => unknown;

/** Endpoints of the overlay itself: too many, and too cheap, for middleware. */
const OVERLAY_PREFIX = "_synapse.";

export interface EndpointOptions {
  readonly description?: string;
  /** False: callable, but not listed by `_synapse.methods`. */
  readonly publish?: boolean;
  /**
   * Names of the parameters, in order, so that callers may give them by name; a trailing `?` marks those that may be missing. Without
   * it the handler gets positional arguments as they come, and keyword arguments as one last object.
   */
  readonly params?: readonly string[];
  /**
   * What the caller must send: one value, as the only argument or as keyword arguments. The handler gets it as the schema gives it back.
   * Without it the arguments come as they are.
   */
  readonly input?: Schema;
  /** What the handler must return: of a stream, each item. Anything else is its own fault, and the caller is told `internal_error`. */
  readonly output?: Schema;
  /** True: the handler gets the {@link CallContext} first, then the arguments. `params` does not name it. Default false. */
  readonly context?: boolean;
}

export interface Endpoint {
  readonly name: string;
  readonly description: string;
  readonly publish: boolean;
  readonly params: readonly Param[] | undefined;
  readonly input: Check | undefined;
  readonly output: Check | undefined;
  readonly invoke: (args: readonly unknown[], context: CallContext) => unknown;
}

/** What can be called. Bounded by the program that registers, never by what peers send. */
export class EndpointRegistry {
  private readonly endpoints = new Map<string, Endpoint>();
  private readonly middleware: Middleware[] = [];

  /** Adds one to those that stand around calls: the first added stands outermost. */
  use(middleware: Middleware): void {
    this.middleware.push(middleware);
  }

  /** @throws SynapseError `bad_options` when the name is empty or taken, or a schema is none. */
  register(name: string, options: EndpointOptions, invoke: Endpoint["invoke"]): void {
    if (name === "") throw new SynapseError("bad_options", "an endpoint needs a name");
    if (this.endpoints.has(name)) throw new SynapseError("bad_options", `endpoint ${name} is registered already`);
    const { description = "", publish = true, params } = options;
    const input = options.input && compile(options.input, "input");
    const output = options.output && compile(options.output, "output");
    this.endpoints.set(name, { name, description, publish, params: params?.map(parseParam), input, output, invoke });
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
    if (endpoint.name.startsWith(OVERLAY_PREFIX)) return endpoint.invoke(argumentsOf(endpoint, request, context), context);
    return within(context, () => this.around(context, () => answer(endpoint, request, context)));
  }

  private around(context: CallContext, innermost: () => unknown): unknown {
    const step = (index: number): unknown => {
      const middleware = this.middleware[index];
      return middleware === undefined ? innermost() : middleware(context, () => step(index + 1));
    };
    return step(0);
  }
}

function answer(endpoint: Endpoint, request: RPCRequest, context: CallContext): unknown {
  const { input, output } = endpoint;
  if (input === undefined && output === undefined) return endpoint.invoke(argumentsOf(endpoint, request, context), context);
  return answerChecked(endpoint, request, context);
}

/** Who calls in the plain dialect has no id to prove. */
function argumentsOf(endpoint: Endpoint, request: RPCRequest, { peerId }: CallContext): readonly unknown[] {
  return bindArguments(endpoint, request, peerId === undefined ? PLAIN_FAULT : badRequest);
}

async function answerChecked(endpoint: Endpoint, request: RPCRequest, context: CallContext): Promise<unknown> {
  const { input, output } = endpoint;
  const args =
    input === undefined ? argumentsOf(endpoint, request, context) : [passed(await input.check(soleValue(request)), "input", badRequest)];
  const result = await endpoint.invoke(args, context);
  if (output === undefined) return result;
  const checked = async (value: unknown) =>
    passed(await output.check(value), "result", (message) => new SynapseError("internal_error", message));
  return isStream(result) ? checkedItems(result, checked) : checked(result);
}

async function* checkedItems(source: Stream, check: (item: unknown) => Promise<unknown>): AsyncGenerator<unknown> {
  for await (const item of source) yield await check(item);
}

function passed(checked: Checked, root: string, fault: (message: string) => SynapseError): unknown {
  if ("faults" in checked) throw fault(describeFaults(root, checked.faults));
  return checked.value;
}

export type Stream = AsyncIterable<unknown> | Iterable<unknown>;

/** What is to be sent item by item: async iterables, and generators. Lists, maps and sets are values. */
export function isStream(value: unknown): value is Stream {
  if (typeof value !== "object" || value === null) return false;
  return Symbol.asyncIterator in value || (Symbol.iterator in value && "next" in value);
}
