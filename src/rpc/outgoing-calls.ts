import type { Runtime, Timer } from "../../dht/index.ts";
import { abortedError, asSynapseError, SynapseError } from "../errors.ts";
import type { Link } from "../transport/transport.ts";
import type { Message, RPCError, RPCResponse } from "./messages.ts";

export interface CallOptions {
  /** How long to wait for the answer, ms. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly meta?: Readonly<Record<string, unknown>> | undefined;
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: SynapseError) => void;
  readonly timer: Timer;
  readonly unlisten: (() => void) | undefined;
}

/** Calls made over a link that wait for their answers. Each ends exactly once: answered, timed out, aborted, or lost with the link. */
export class OutgoingCalls {
  private readonly runtime: Runtime;
  private readonly sendNow: (message: Message) => void;
  private readonly link: Link;
  /** By call id. Bounded by what this process itself asks: each leaves at its timeout at the latest. */
  private readonly pending = new Map<string, Pending>();
  /** Made before the link was ready; released or failed with it, within the handshake's time. */
  private waiting: (() => void)[] | undefined = [];
  private lastId = 0;

  constructor(runtime: Runtime, send: (message: Message) => void, link: Link) {
    this.runtime = runtime;
    this.sendNow = send;
    this.link = link;
  }

  get size(): number {
    return this.pending.size;
  }

  call(endpoint: string, args: readonly unknown[], kwargs: Readonly<Record<string, unknown>>, options: CallOptions): Promise<unknown> {
    const { signal, timeoutMs, meta } = options;
    if (signal?.aborted) return Promise.reject(abortedError(signal));
    this.lastId += 1;
    const id = String(this.lastId);
    return new Promise((resolve, reject) => {
      const timer = this.runtime.schedule(timeoutMs, () => this.giveUp(id, this.timedOut(endpoint, timeoutMs)));
      this.pending.set(id, { resolve, reject, timer, unlisten: signal && this.listen(id, signal) });
      const secure = this.link.dialect === "secure";
      const request: Message = {
        type: "request",
        id,
        endpoint,
        args,
        kwargs,
        ...(secure && { deadline_ms: timeoutMs }),
        ...(secure && meta && { meta }),
      };
      this.whenReady(() => this.trySend(id, request));
    });
  }

  /** The link is ready: what waited for it goes out. */
  release(): void {
    const waiting = this.waiting ?? [];
    this.waiting = undefined;
    for (const send of waiting) send();
  }

  /** An answer has come. One that nobody waits for any more is dropped. */
  settle(response: RPCResponse): void {
    if (response.error === null) this.take(response.id)?.resolve(response.result);
    else if (response.id === "" && this.link.dialect === "plain" && this.pending.size === 1) this.settleOnly(response);
    else this.take(response.id)?.reject(remoteError(response.error, this.link));
  }

  failAll(error: SynapseError): void {
    this.waiting = undefined;
    for (const id of [...this.pending.keys()]) this.take(id)?.reject(error);
  }

  /** The seed's server answers what it cannot understand without an id: with one call under way, it is that one's. */
  private settleOnly({ error }: RPCResponse): void {
    const [id] = this.pending.keys();
    if (id !== undefined && error !== null) this.take(id)?.reject(remoteError(error, this.link));
  }

  private whenReady(send: () => void): void {
    if (this.waiting === undefined) send();
    else this.waiting.push(send);
  }

  private trySend(id: string, request: Message): void {
    if (!this.pending.has(id)) return; // given up while it waited
    try {
      this.sendNow(request);
    } catch (error) {
      this.take(id)?.reject(asSynapseError(error));
    }
  }

  private giveUp(id: string, error: SynapseError): void {
    const pending = this.take(id);
    if (pending === undefined) return;
    pending.reject(error);
    if (this.link.dialect === "secure" && this.waiting === undefined) this.sendNow({ type: "cancel", id });
  }

  private take(id: string): Pending | undefined {
    const pending = this.pending.get(id);
    if (pending === undefined) return undefined;
    this.pending.delete(id);
    pending.timer.cancel();
    pending.unlisten?.();
    return pending;
  }

  private listen(id: string, signal: AbortSignal): () => void {
    const onAbort = () => this.giveUp(id, abortedError(signal));
    signal.addEventListener("abort", onAbort, { once: true });
    return () => signal.removeEventListener("abort", onAbort);
  }

  private timedOut(endpoint: string, timeoutMs: number): SynapseError {
    return new SynapseError("timed_out", `${endpoint} was not answered within ${Math.round(timeoutMs)} ms`, {
      peer: this.link.remoteAddress,
      retryable: true,
    });
  }
}

/** An error that the other side of a link has raised. */
export function remoteError({ code, message }: RPCError, link: Link): SynapseError {
  return new SynapseError(code, message, { peer: link.remoteAddress, remote: true, retryable: code === "busy" });
}
