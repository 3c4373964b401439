import { DEFAULT_PORT, formatAddress, isLoopback, parseAddress } from "./address.ts";
import { asPartOfCurrent, DEFAULT_CALL_TIMEOUT_MS, readArguments } from "./call-arguments.ts";
import { SynapseError } from "./errors.ts";
import { checkedLimits, checkedPort } from "./option-checks.ts";
import type { Errand } from "./rpc/attempts.ts";
import { callOver, openOver } from "./rpc/call-over.ts";
import { RpcCore, type RpcOptions } from "./rpc/core.ts";
import { Deadline } from "./rpc/deadline.ts";
import { LazyStream, listStream, type Opened } from "./rpc/lazy-stream.ts";
import type { CallOptions, OutgoingRequest } from "./rpc/outgoing-calls.ts";
import { PlainCaller } from "./rpc/plain-caller.ts";
import { either } from "./runtime.ts";
import { type Service, serviceOf } from "./service.ts";

/** How long a host may take to accept a link and say hello, ms, whatever the call may take after that. */
const DIAL_TIMEOUT_MS = 10_000;
/** Links that a client keeps: the one that it uses, and one that is leaving. */
const MAX_DIALLED = 2;
/** `host:port`, `[v6]:port`, or either with a scheme; a bare v6 host ends like a port without being one. */
const WITH_PORT = /^(tcp:\/\/)?(\[[^\]]*\]|[^:]*):\d+$/;

export interface ClientOptions extends RpcOptions {
  /**
   * `secure`: TLS only. `plain`: the seed's protocol. `auto`, the default: TLS, except that an address of this very machine where nobody
   * speaks it (a Python node) is called in plain.
   */
  readonly dialect?: "auto" | "secure" | "plain";
  /** Of all calls that name no other, ms. Default 30,000. */
  readonly timeoutMs?: number | undefined;
  /** The swarm to speak as a member of. Default none: endpoints can be called in any. */
  readonly swarm?: string;
}

/** Calls the endpoints of one address. Connects when first needed, again when the link was lost, and shares one link among all calls. */
export class Client {
  readonly address: string;
  private readonly core: RpcCore;
  private readonly timeoutMs: number;
  private readonly plain: PlainCaller;
  private readonly dialect: "auto" | "secure" | "plain";
  /** Set from the start, or while calls get through in plain after nobody there spoke TLS. */
  private speaksPlain: boolean;

  /**
   * `new Client("127.0.0.1", 9999)` or `new Client("127.0.0.1:9999")`, with options behind either.
   * @throws SynapseError `bad_address`, `bad_options`.
   */
  constructor(address: string, options: ClientOptions);
  constructor(host: string, port?: number, options?: ClientOptions);
  constructor(host: string, portOrOptions?: number | ClientOptions, maybeOptions: ClientOptions = {}) {
    const [port, options] = typeof portOrOptions === "object" ? [undefined, portOrOptions] : [portOrOptions, maybeOptions];
    const parsed = port === undefined && WITH_PORT.test(host) ? parseAddress(host) : { host, port: checkedPort(port ?? DEFAULT_PORT) };
    this.address = formatAddress(parsed);
    this.core = new RpcCore(options, options.swarm ?? "", MAX_DIALLED);
    this.timeoutMs = checkedLimits(options).timeoutMs ?? DEFAULT_CALL_TIMEOUT_MS;
    this.plain = new PlainCaller(this.core, this.core.transport, this.address);
    this.dialect = options.dialect ?? "auto";
    this.speaksPlain = this.dialect === "plain";
  }

  /**
   * Calls an endpoint: `await client.call("sum", 1, 2)`. {@link kwargs} and {@link callOptions} may stand among the arguments.
   * @throws SynapseError with the code that the other side gave, or one of this side's own.
   */
  async call(endpoint: string, ...args: unknown[]): Promise<unknown> {
    const { request, options: given } = readArguments(endpoint, args);
    const options = asPartOfCurrent({ timeoutMs: this.timeoutMs, ...given });
    const errand = this.errand(request, options, options.signal);
    return this.inItsDialect(
      async () => (await callOver(errand)).result,
      () => this.callPlainly(request, options, errand.deadline),
    );
  }

  /**
   * Calls an endpoint and reads its answer item by item: `for await (const token of client.stream("generate", prompt))`. Ending the loop
   * ends the call over there. The timeout of {@link callOptions} is for each item, not for all of them. Where plain is spoken, and where
   * the endpoint answers in one piece, the items are those of the list that comes.
   * @throws SynapseError as {@link call}, from the loop.
   */
  stream(endpoint: string, ...args: unknown[]): AsyncIterableIterator<unknown> {
    const { request, options } = readArguments(endpoint, args);
    return new LazyStream((left) => this.open(request, asPartOfCurrent({ timeoutMs: this.timeoutMs, ...options }), left));
  }

  /**
   * The endpoints of a server as typed functions: `const { sum } = client.service<typeof server>(); await sum(1, 2)`. The type of the
   * server is all that is needed of it: `import type`.
   */
  service<S>(): Service<S> {
    return serviceOf<S>(this);
  }

  /** Closes the link, for good. Calls under way fail. */
  async close(): Promise<void> {
    this.plain.close();
    await this.core.close(0);
  }

  private errand(request: OutgoingRequest, options: CallOptions, signal: AbortSignal | undefined): Errand {
    const { runtime, pool } = this.core;
    const { timeoutMs } = options;
    const deadline = new Deadline(runtime, timeoutMs);
    const connect = () => pool.connectAddress(this.address, { timeoutMs, deadline, dialTimeoutMs: DIAL_TIMEOUT_MS, signal });
    return { runtime, connect, request, options, deadline, ended: pool.closed };
  }

  private open(request: OutgoingRequest, options: CallOptions, left: AbortSignal): Promise<Opened> {
    const signal = either(options.signal, left);
    return this.inItsDialect(
      () => openOver(this.errand(request, options, signal), left),
      async () => {
        const rest = listStream(await this.callPlainly(request, { ...options, signal }));
        return { first: await rest.next(), rest };
      },
    );
  }

  /** Does what it is given for the dialect that the server speaks, as far as is known; in plain after all, where it speaks no TLS. */
  private async inItsDialect<T>(securely: () => Promise<T>, plainly: () => Promise<T>): Promise<T> {
    if (this.isClosed) throw closedError(this.address);
    try {
      if (!this.speaksPlain) {
        try {
          return await securely();
        } catch (error) {
          if (!this.shouldSpeakPlain(error)) throw error;
          this.speaksPlain = true;
        }
      }
      return await plainly();
    } catch (error) {
      throw this.isClosed && isWithoutConnection(error) ? closedError(this.address) : error;
    }
  }

  private async callPlainly(request: OutgoingRequest, options: CallOptions, deadline?: Deadline): Promise<unknown> {
    try {
      return await this.plain.call(request, options, deadline);
    } catch (error) {
      // Who listens there next may speak TLS: plain counts only while it works.
      if (this.dialect === "auto" && isWithoutConnection(error)) this.speaksPlain = false;
      throw error;
    }
  }

  private get isClosed(): boolean {
    return this.core.pool.closed.aborted;
  }

  private shouldSpeakPlain(error: unknown): boolean {
    const isNotSynapse = error instanceof SynapseError && error.code === "not_synapse" && !error.remote;
    return this.dialect === "auto" && isNotSynapse && isLoopback(parseAddress(this.address).host);
  }
}

function isWithoutConnection(error: unknown): boolean {
  return error instanceof SynapseError && !error.remote && (error.code === "unreachable" || error.code === "connection_lost");
}

function closedError(address: string): SynapseError {
  return new SynapseError("connection_lost", `this client was closed: it calls ${address} no more`, {
    hint: "close it when all its calls have been answered; for more calls make a new one",
  });
}
