import { asSynapseError, SynapseError } from "../errors.ts";
import { OverLimit } from "../limit-counts.ts";
import { within } from "./call-context.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionHost } from "./connection-host.ts";
import { IncomingCall } from "./incoming-call.ts";
import type { ItemBatch } from "./item-batch.ts";
import { badRequest, type RPCRequest, responseError, responseOk, responseRefusal } from "./messages.ts";
import { isStream, type Stream } from "./registry.ts";
import { StreamReader } from "./stream-reader.ts";
import { StreamWriter } from "./stream-writer.ts";

/** Items gathered into a list for a caller that takes no stream; a further one is an error. */
const MAX_COLLECTED = 10_000;

/** The calls that the other side of a link has made: hands them to the registry and sends the answers back in the order they end. */
export class IncomingCalls {
  private readonly host: ConnectionHost;
  private readonly connection: Connection;
  /** At most limits.maxCallsPerLink. In the plain dialect two calls with the same id are two calls. */
  private calls: Set<IncomingCall> | undefined;
  /** Of the secure dialect, where cancels, credit and items name the call. The same bound. */
  private byId: Map<string, IncomingCall> | undefined;

  constructor(host: ConnectionHost, connection: Connection) {
    this.host = host;
    this.connection = connection;
  }

  get size(): number {
    return this.calls?.size ?? 0;
  }

  /** @param cost what its arguments take here, bytes: until the handler has returned. */
  serve(request: RPCRequest, cost: number): void {
    const refusal = this.refusalOf(request) ?? this.charge(cost);
    if (refusal !== undefined) {
      this.refuse(request.id, refusal);
      return;
    }
    const call = new IncomingCall(request, this.connection, this.host.runtime, request.input ? this.inputOf(request.id) : undefined, cost);
    this.keep(call);
    let result: unknown;
    try {
      result = this.host.registry.dispatch(request, call);
    } catch (error) {
      this.finish(call, asSynapseError(error));
      return;
    }
    if (!isThenable(result)) this.answer(call, result);
    else {
      Promise.resolve(result).then(
        (value: unknown) => this.answer(call, value),
        (error: unknown) => this.finish(call, asSynapseError(error)),
      );
    }
  }

  /** Says to a call that it was not taken. */
  refuse(id: string, error: SynapseError): void {
    this.host.limitCounter.note(error);
    this.connection.send(this.connection.link.dialect === "secure" ? responseRefusal(id, error) : responseError(id, error));
  }

  /** Part of the caller's stream came that could not be understood: the call ends with that; false when there is none. */
  fault(id: string, error: SynapseError): boolean {
    const call = this.byId?.get(id);
    if (call === undefined) return false;
    this.respond(id, error);
    call.abort();
    return true;
  }

  private keep(call: IncomingCall): void {
    this.calls ??= new Set();
    this.calls.add(call);
    if (this.connection.link.dialect === "plain") return;
    this.byId ??= new Map();
    this.byId.set(call.id, call);
  }

  /** The caller no longer wants the answer. The call counts until its handler has returned. */
  cancel(id: string): void {
    this.byId?.get(id)?.abort();
  }

  onItem(id: string, value: unknown, bytes: number): void {
    const call = this.byId?.get(id);
    try {
      call?.sent?.push(value, bytes);
    } catch (error) {
      // The call keeps its place until the handler has returned, or whoever misbehaves could have any number of them at work.
      this.fault(id, asSynapseError(error));
    }
  }

  onEnd(id: string): void {
    this.byId?.get(id)?.sent?.end();
  }

  onCredit(id: string, items: number): void {
    this.byId?.get(id)?.writer?.grant(items);
  }

  abortAll(): void {
    for (const call of this.calls ?? []) call.abort();
    this.calls?.clear();
    this.byId?.clear();
  }

  private refusalOf({ id }: RPCRequest): SynapseError | undefined {
    const { maxCallsPerLink } = this.host.limits;
    if (this.size >= maxCallsPerLink)
      return new OverLimit("maxCallsPerLink", "busy", `more than ${maxCallsPerLink} calls at once on this link`, { retryable: true });
    return this.byId?.has(id) ? badRequest(`a call with the id ${JSON.stringify(id)} is under way`) : undefined;
  }

  private charge(cost: number): SynapseError | undefined {
    try {
      this.connection.budget.take(cost);
      return undefined;
    } catch (error) {
      return asSynapseError(error);
    }
  }

  private inputOf(id: string): StreamReader {
    return new StreamReader({
      grant: (items) => this.connection.send({ type: "credit", id, items, input: true }),
      cancel: () => undefined, // the answer will tell the caller that no more is read
      budget: this.connection.budget,
    });
  }

  /** The handler has returned. */
  private answer(call: IncomingCall, result: unknown): void {
    if (!isStream(result)) this.finish(call, result);
    else if (call.wantsStream) void this.stream(call, result);
    else void this.collect(call, result);
  }

  private async stream(call: IncomingCall, source: Stream): Promise<void> {
    const path = this.connection;
    const items = path.itemsOf(call.id, false);
    const send = (value: unknown) => sendItem(items, value);
    try {
      call.writer = new StreamWriter(source, { send, room: () => path.room(), run: (work) => within(call, work) });
      if (call.isAborted) call.writer.stop();
      await call.writer.run();
      if (call.isAborted) items.drop();
      else items.flush();
      this.finish(call, undefined, "end");
    } catch (error) {
      items.flush(); // what came before the error is the reader's
      this.finish(call, asSynapseError(error));
    }
  }

  /** For callers that take no stream: the whole of it, as a list. */
  private async collect(call: IncomingCall, source: Stream): Promise<void> {
    const list: unknown[] = []; // at most MAX_COLLECTED
    const take = (value: unknown) => {
      if (list.push(value) > MAX_COLLECTED)
        throw new SynapseError("too_many", `the answer is a stream of more than ${MAX_COLLECTED} items`, { hint: "call it as a stream" });
    };
    try {
      call.writer = new StreamWriter(source, { send: take, room: () => undefined, run: (work) => within(call, work) });
      call.writer.grant(MAX_COLLECTED);
      if (call.isAborted) call.writer.stop();
      await call.writer.run();
      this.finish(call, list);
    } catch (error) {
      this.finish(call, asSynapseError(error));
    }
  }

  private finish(call: IncomingCall, result: unknown, how: "answer" | "end" = "answer"): void {
    call.end();
    call.sent?.return(); // what it has not read, nobody will
    this.connection.budget.giveBack(call.cost);
    if (this.calls?.delete(call) !== true) return; // the link has closed: nobody is left to answer
    if (this.byId?.get(call.id) === call) this.byId?.delete(call.id);
    if (this.size === 0) this.calls = undefined; // an idle link takes half as much again with an empty set
    if (!call.isAborted) call.markAnswered();
    // One that was aborted has no reader: its caller has given up, or was told why at once.
    if (!call.isAborted) {
      if (how === "end") this.connection.send({ type: "end", id: call.id });
      else this.respond(call.id, result);
    }
    this.connection.onDone();
  }

  private respond(id: string, result: unknown): void {
    this.host.limitCounter.note(result);
    try {
      this.connection.send(result instanceof SynapseError ? responseError(id, result) : responseOk(id, result));
    } catch (error) {
      // What the handler returned cannot be sent. That is its fault, and its caller's to know.
      this.connection.send(responseError(id, unsendable(error, "the result")));
    }
  }
}

function sendItem(items: ItemBatch, value: unknown): void {
  try {
    items.add(value);
  } catch (error) {
    throw unsendable(error, "an item of the stream");
  }
}

function unsendable(error: unknown, what: string): SynapseError {
  const { code, message } = asSynapseError(error);
  const said = `${what} ${message}`;
  return code === "frame_too_large" ? new SynapseError("frame_too_large", said) : new SynapseError("internal_error", said);
}

/** Promises, and whatever else can be awaited: query builders are no promises. */
function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}
