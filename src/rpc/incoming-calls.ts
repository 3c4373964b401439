import type { Runtime, Timer } from "../../dht/index.ts";
import type { Contact, NodeId } from "../../routing/index.ts";
import { asSynapseError, SynapseError } from "../errors.ts";
import type { Connection, ConnectionHost } from "./connection.ts";
import { type Message, type RPCRequest, responseError, responseOk } from "./messages.ts";
import type { CallContext } from "./registry.ts";

/** Longest deadline kept, ms: a day, and well under what timers can count. */
const MAX_DEADLINE_MS = 24 * 60 * 60 * 1_000;

/** One call being worked on. Its signal is made only for handlers that look at it. */
class IncomingCall implements CallContext {
  readonly endpoint: string;
  readonly meta: Readonly<Record<string, unknown>>;
  private readonly connection: Connection;
  private readonly runtime: Runtime;
  /** When the caller stops waiting, on this host's clock. */
  private readonly deadline: number | undefined;
  private controller: AbortController | undefined;
  private timer: Timer | undefined;
  private aborted = false;
  private ended = false;

  constructor(request: RPCRequest, connection: Connection, runtime: Runtime) {
    this.endpoint = request.endpoint;
    this.meta = request.meta ?? {};
    this.connection = connection;
    this.runtime = runtime;
    this.deadline = request.deadline_ms === undefined ? undefined : runtime.now() + Math.min(request.deadline_ms, MAX_DEADLINE_MS);
  }

  get peerId(): NodeId | undefined {
    return this.connection.link.peerId;
  }

  get peerContact(): Contact | undefined {
    return this.connection.peerContact;
  }

  get remoteAddress(): string {
    return this.connection.link.remoteAddress;
  }

  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.aborted) this.abort();
      else if (this.deadline !== undefined && !this.ended)
        this.timer = this.runtime.schedule(Math.max(0, this.deadline - this.runtime.now()), () => this.abort());
    }
    return this.controller.signal;
  }

  abort(): void {
    this.aborted = true;
    this.end();
    this.controller?.abort(new SynapseError("aborted", "the caller has given up"));
  }

  /** Nobody waits for the handler any more: it has answered, or its caller is gone. */
  end(): void {
    this.ended = true;
    this.timer?.cancel();
  }
}

/** The calls that the other side of a link has made: hands them to the registry and sends the answers back in the order they end. */
export class IncomingCalls {
  private readonly host: ConnectionHost;
  private readonly connection: Connection;
  private readonly send: (message: Message) => void;
  /** At most limits.maxCallsPerLink. Two calls with the same id are two calls. */
  private readonly calls = new Map<IncomingCall, string>();

  constructor(host: ConnectionHost, connection: Connection, send: (message: Message) => void) {
    this.host = host;
    this.connection = connection;
    this.send = send;
  }

  get size(): number {
    return this.calls.size;
  }

  serve(request: RPCRequest): void {
    if (this.calls.size >= this.host.limits.maxCallsPerLink) {
      this.respond(
        request.id,
        new SynapseError("busy", `more than ${this.host.limits.maxCallsPerLink} calls at once on this link`, { retryable: true }),
      );
      return;
    }
    const call = new IncomingCall(request, this.connection, this.host.runtime);
    this.calls.set(call, request.id);
    let result: unknown;
    try {
      result = this.host.registry.dispatch(request, call);
    } catch (error) {
      this.finish(call, request.id, asSynapseError(error));
      return;
    }
    if (!isThenable(result)) this.finish(call, request.id, result);
    else {
      Promise.resolve(result).then(
        (value: unknown) => this.finish(call, request.id, value),
        (error: unknown) => this.finish(call, request.id, asSynapseError(error)),
      );
    }
  }

  cancel(id: string): void {
    for (const [call, callId] of this.calls) if (callId === id) call.abort();
  }

  abortAll(): void {
    for (const call of this.calls.keys()) call.abort();
    this.calls.clear();
  }

  private finish(call: IncomingCall, id: string, result: unknown): void {
    call.end();
    if (!this.calls.delete(call)) return; // the link has closed: nobody is left to answer
    this.respond(id, result);
    this.connection.onCallEnded();
  }

  private respond(id: string, result: unknown): void {
    try {
      this.send(result instanceof SynapseError ? responseError(id, result) : responseOk(id, result));
    } catch (error) {
      // What the handler returned cannot be sent. That is its fault, and its caller's to know.
      const { code, message } = asSynapseError(error);
      this.send(responseError(id, { code: code === "bad_request" ? "internal_error" : code, message: `the result ${message}` }));
    }
  }
}

/** Promises, and whatever else can be awaited: query builders are no promises. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
