import type { Runtime, Timer } from "../../dht/index.ts";
import type { Contact, NodeId } from "../../routing/index.ts";
import { SynapseError } from "../errors.ts";
import type { CallContext } from "./call-context.ts";
import type { Connection } from "./connection.ts";
import type { RPCRequest } from "./messages.ts";
import type { StreamReader } from "./stream-reader.ts";
import type { StreamWriter } from "./stream-writer.ts";

/** Longest deadline kept, ms: a day, and well under what timers can count. */
const MAX_DEADLINE_MS = 24 * 60 * 60 * 1_000;

/** The input of a call that brings none. */
const NOTHING: AsyncIterable<unknown> = {
  async *[Symbol.asyncIterator]() {
    // at its end from the beginning
  },
};

/** One call being worked on. Its signal is made only for handlers that look at it. */
export class IncomingCall implements CallContext {
  readonly id: string;
  readonly endpoint: string;
  readonly meta: Readonly<Record<string, unknown>>;
  /** Whether the caller takes the answer item by item. */
  readonly wantsStream: boolean;
  /** What the caller sends. */
  readonly sent: StreamReader | undefined;
  /** What goes back, once the handler has returned a stream. */
  writer: StreamWriter | undefined;
  /** What its arguments take here, bytes. */
  readonly cost: number;
  private readonly connection: Connection;
  private readonly runtime: Runtime;
  /** When the caller stops waiting, on this host's clock. */
  private readonly deadline: number | undefined;
  private controller: AbortController | undefined;
  private timer: Timer | undefined;
  private aborted = false;
  private ended = false;
  private answered = false;

  constructor(request: RPCRequest, connection: Connection, runtime: Runtime, sent: StreamReader | undefined, cost: number) {
    this.id = request.id;
    this.endpoint = request.endpoint;
    this.meta = request.meta ?? {};
    this.wantsStream = request.stream ?? false;
    this.sent = sent;
    this.cost = cost;
    this.connection = connection;
    this.runtime = runtime;
    this.deadline = request.deadline_ms === undefined ? undefined : runtime.now() + Math.min(request.deadline_ms, MAX_DEADLINE_MS);
  }

  get input(): AsyncIterable<unknown> {
    return this.sent ?? NOTHING;
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

  get leftMs(): number | undefined {
    return this.deadline === undefined ? undefined : Math.max(0, this.deadline - this.runtime.now());
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

  get isAnswered(): boolean {
    return this.answered;
  }

  /** The answer has left. */
  markAnswered(): void {
    this.answered = true;
  }

  /** The caller has given up, or is gone. */
  get isAborted(): boolean {
    return this.aborted;
  }

  abort(): void {
    const reason = new SynapseError("aborted", "the caller has given up");
    this.aborted = true;
    this.end();
    this.writer?.stop();
    this.sent?.fail(reason);
    this.controller?.abort(reason);
  }

  /** Nobody waits for the handler any more: it has answered, or its caller is gone. */
  end(): void {
    this.ended = true;
    this.timer?.cancel();
  }
}
