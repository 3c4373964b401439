import type { Runtime, Timer } from "../../dht/index.ts";
import { abortedError, asSynapseError, SynapseError } from "../errors.ts";
import type { Link } from "../transport/transport.ts";
import type { ItemBatch } from "./item-batch.ts";
import { markNeverRun } from "./lost.ts";
import type { Message, RPCError, RPCRequest, RPCResponse } from "./messages.ts";
import { StreamReader } from "./stream-reader.ts";
import { StreamWriter } from "./stream-writer.ts";

export interface CallOptions {
  /** How long to wait for the answer, ms. Of a stream: for each item. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly meta?: Readonly<Record<string, unknown>> | undefined;
  /** True: a call made while another is answered does not end with that one, nor with its deadline. Default false. */
  readonly detached?: boolean | undefined;
  /**
   * True: the call may run twice without harm. Then it is made again, after a pause, when nobody could be reached or the link was lost,
   * until its time is over. Default false: only a call that surely has not run is made again.
   */
  readonly idempotent?: boolean | undefined;
}

/** A call to make: of which endpoint, with what. */
export interface OutgoingRequest {
  readonly endpoint: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** Items to send while the call is under way. Secure dialect only. */
  readonly input?: AsyncIterable<unknown> | Iterable<unknown> | undefined;
}

/** What the calls need of the link they are made over. */
export interface CallPath {
  readonly link: Link;
  /** @throws SynapseError when the message cannot be sent. */
  send(message: Message): void;
  /** For the items of one stream. @param input they are the caller's own. */
  itemsOf(id: string, input: boolean): ItemBatch;
  /** Resolves when the link has room again; undefined when it has. */
  room(): Promise<void> | undefined;
}

/** A call under way. Exactly one of its ends is reached. */
interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: SynapseError) => void;
  readonly endpoint: string;
  readonly timeoutMs: number;
  /** Where items go, if the caller takes them one by one. */
  readonly reader: StreamReader | undefined;
  /** What this side sends. */
  writer: StreamWriter | undefined;
  timer: Timer;
  /** When an item last came, or was asked for. */
  lastActive: number;
  unlisten: (() => void) | undefined;
}

/** Calls made over a link that wait for their answers. Each ends exactly once: answered, timed out, aborted, or lost with the link. */
export class OutgoingCalls {
  private readonly runtime: Runtime;
  private readonly path: CallPath;
  /** By call id. Bounded by what this process itself asks: each leaves at its timeout at the latest. */
  private pending: Map<string, Pending> | undefined;
  /** Made before the link was ready; released or failed with it, within the handshake's time. */
  private waiting: (() => void)[] | undefined = [];
  private lastId = 0;

  constructor(runtime: Runtime, path: CallPath) {
    this.runtime = runtime;
    this.path = path;
  }

  get size(): number {
    return this.pending?.size ?? 0;
  }

  call(request: OutgoingRequest, options: CallOptions): Promise<unknown> {
    return new Promise((resolve, reject) => this.begin(request, options, { resolve, reject }, undefined));
  }

  /** Ends with the answer if that comes in one piece. In the plain dialect a list is taken apart. */
  stream(request: OutgoingRequest, options: CallOptions): StreamReader {
    const id = String(this.lastId + 1);
    const reader = new StreamReader({
      grant: (items) => this.trySend({ type: "credit", id, items }),
      cancel: () => this.drop(id),
      onWait: () => this.touch(id),
    });
    const resolve = (result: unknown) => {
      for (const value of Array.isArray(result) ? result : [result]) reader.add(value);
      reader.end();
    };
    this.begin(request, options, { resolve, reject: (error) => reader.fail(error) }, reader);
    return reader;
  }

  /** The link is ready: what waited for it goes out. */
  release(): void {
    const waiting = this.waiting ?? [];
    this.waiting = undefined;
    for (const send of waiting) send();
  }

  /**
   * An answer has come. One that nobody waits for any more is dropped. One to a call that is yet to be made ends the link: whoever is
   * answered before it has asked would take the other side for near, and for there.
   */
  settle(response: RPCResponse): void {
    const isForTheOnlyOne = response.error !== null && response.id === "" && this.path.link.dialect === "plain" && this.size === 1;
    // The seed's server answers what it cannot understand without an id: with one call under way, it is that one's.
    const id = isForTheOnlyOne ? (this.pending?.keys().next().value as string) : response.id;
    const pending = this.take(id);
    if (pending === undefined && Number(id) > this.lastId) this.path.link.destroy();
    if (response.error === null) pending?.resolve(response.result);
    else {
      const error = remoteError(response.error, this.path.link);
      pending?.reject(response.refused ? markNeverRun(error) : error);
    }
  }

  /**
   * Something came for a call that could not be understood: an answer, or part of one. The call ends with that; false when there is none.
   */
  fault(id: string, { message }: SynapseError): boolean {
    if (this.pending?.has(id) !== true) return false;
    this.giveUp(id, new SynapseError("bad_answer", `the answer could not be read: ${message}`, { peer: this.path.link.remoteAddress }));
    return true;
  }

  onItem(id: string, value: unknown, bytes: number): void {
    const pending = this.pending?.get(id);
    if (pending?.reader === undefined) return; // given up
    pending.lastActive = this.runtime.now();
    try {
      pending.reader.push(value, bytes);
    } catch (error) {
      this.giveUp(id, asSynapseError(error));
    }
  }

  onEnd(id: string): void {
    this.take(id)?.reader?.end();
  }

  onCredit(id: string, items: number): void {
    this.pending?.get(id)?.writer?.grant(items);
  }

  failAll(error: SynapseError): void {
    this.waiting = undefined;
    for (const id of [...(this.pending?.keys() ?? [])]) this.take(id)?.reject(error);
  }

  private begin(
    request: OutgoingRequest,
    options: CallOptions,
    { resolve, reject }: Pick<Pending, "resolve" | "reject">,
    reader: StreamReader | undefined,
  ): void {
    const { signal, timeoutMs } = options;
    this.lastId += 1;
    const id = String(this.lastId);
    if (signal?.aborted) {
      reject(abortedError(signal));
      return;
    }
    const { endpoint } = request;
    const timer = this.runtime.schedule(timeoutMs, () => this.onTimer(id));
    const unlisten = signal && this.listen(id, signal);
    const lastActive = this.runtime.now();
    this.pending ??= new Map();
    this.pending.set(id, { resolve, reject, endpoint, timeoutMs, reader, writer: undefined, timer, lastActive, unlisten });
    const message = this.messageOf(id, request, options, reader !== undefined);
    if (this.waiting === undefined) this.open(id, message, request);
    else this.waiting.push(() => this.open(id, message, request));
  }

  private messageOf(id: string, { endpoint, args, kwargs, input }: OutgoingRequest, options: CallOptions, isStream: boolean): RPCRequest {
    if (this.path.link.dialect === "plain") return { type: "request", id, endpoint, args, kwargs };
    return {
      type: "request",
      id,
      endpoint,
      args,
      kwargs,
      deadline_ms: isStream ? undefined : options.timeoutMs, // a stream lasts as long as it goes on
      stream: isStream || undefined,
      meta: options.meta,
      input: input === undefined ? undefined : true,
    };
  }

  private open(id: string, message: RPCRequest, { input }: OutgoingRequest): void {
    const pending = this.pending?.get(id);
    if (pending === undefined) return; // given up while it waited
    try {
      if (input !== undefined && this.path.link.dialect === "plain")
        throw new SynapseError("bad_request", "the plain dialect carries no stream to the callee", { hint: "call with TLS" });
      this.path.send(message);
    } catch (error) {
      this.take(id)?.reject(asSynapseError(error));
      return;
    }
    if (input !== undefined) void this.upload(id, pending, input);
  }

  /** Sends the caller's own stream. Where that breaks, so does the call. */
  private async upload(id: string, pending: Pending, input: AsyncIterable<unknown> | Iterable<unknown>): Promise<void> {
    const items = this.path.itemsOf(id, true);
    try {
      pending.writer = new StreamWriter(input, { send: (value) => items.add(value), room: () => this.path.room() });
      await pending.writer.run();
      if (!this.pending?.has(id)) return; // what was gathered leaves at the end of the turn, and is dropped over there
      items.flush();
      this.path.send({ type: "end", id, input: true });
    } catch (error) {
      this.giveUp(id, asSynapseError(error));
    }
  }

  private onTimer(id: string): void {
    const pending = this.pending?.get(id);
    if (pending === undefined) return;
    const { endpoint, timeoutMs, reader } = pending;
    const left = pending.lastActive + timeoutMs - this.runtime.now();
    // A stream whose reader is slow is not late: it is the reader that is waited for.
    if (reader?.isAwaited === false) pending.timer = this.runtime.schedule(timeoutMs, () => this.onTimer(id));
    else if (reader !== undefined && left > 0) pending.timer = this.runtime.schedule(left, () => this.onTimer(id));
    else this.giveUp(id, this.timedOut(endpoint, timeoutMs));
  }

  private touch(id: string): void {
    const pending = this.pending?.get(id);
    if (pending !== undefined) pending.lastActive = this.runtime.now();
  }

  private giveUp(id: string, error: SynapseError): void {
    const pending = this.take(id);
    if (pending === undefined) return;
    pending.reject(error);
    this.sendCancel(id);
  }

  /** The reader of a stream has had enough. */
  private drop(id: string): void {
    if (this.take(id) !== undefined) this.sendCancel(id);
  }

  private sendCancel(id: string): void {
    if (this.path.link.dialect === "secure" && this.waiting === undefined) this.trySend({ type: "cancel", id });
  }

  private trySend(message: Message): void {
    if (this.path.link.dialect === "secure") this.path.send(message);
  }

  private take(id: string): Pending | undefined {
    const pending = this.pending?.get(id);
    if (pending === undefined) return undefined;
    this.pending?.delete(id);
    pending.timer.cancel();
    pending.unlisten?.();
    pending.writer?.stop();
    return pending;
  }

  private listen(id: string, signal: AbortSignal): () => void {
    const onAbort = () => this.giveUp(id, abortedError(signal));
    signal.addEventListener("abort", onAbort, { once: true });
    return () => signal.removeEventListener("abort", onAbort);
  }

  private timedOut(endpoint: string, timeoutMs: number): SynapseError {
    return new SynapseError("timed_out", `${endpoint} was not answered within ${Math.round(timeoutMs)} ms`, {
      peer: this.path.link.remoteAddress,
      retryable: true,
    });
  }
}

/** An error that the other side of a link has raised. */
export function remoteError({ code, message }: RPCError, link: Link): SynapseError {
  return new SynapseError(code, message, { peer: link.remoteAddress, remote: true, retryable: code === "busy" });
}
