import { MAX_ADDRESSES } from "../routing/index.ts";
import { DEFAULT_PORT, formatAddress, peerAddress } from "./address.ts";
import type { HandlerFor, Offered } from "./endpoint-types.ts";
import { abortedError, messageOf, SynapseError } from "./errors.ts";
import type { LimitCounts } from "./limit-counts.ts";
import { checkedPort, checkedSignal } from "./option-checks.ts";
import type { CallContext } from "./rpc/call-context.ts";
import { RpcCore, type RpcOptions } from "./rpc/core.ts";
import type { EndpointOptions, Handler, Middleware } from "./rpc/registry.ts";
import { either, sleep, systemRuntime } from "./runtime.ts";
import type { Offers } from "./service.ts";
import { Throttle } from "./throttle.ts";

const DEFAULT_HOST = "127.0.0.1";
/** Lines about callers that were turned away, a minute. */
const REFUSALS_LOGGED = 20;
/** What the names of the protocol's own endpoints begin with: they are called without middleware, and nodes know what they do. */
const RESERVED = ["_synapse.", "_agent.", "_node."];
/** How long calls under way may take after stop(), ms. */
const STOP_GRACE_MS = 5_000;

export interface ServerOptions extends RpcOptions {
  /** Host to listen on. Default 127.0.0.1: nobody but this machine. */
  readonly host?: string | undefined;
  /** Port to listen on; 0 for any that is free. Default 9999. */
  readonly port?: number | undefined;
  /** Addresses to tell others, where they differ from those listened on, at most 4: `["agents.example.com:9999"]`. */
  readonly announce?: readonly string[];
  /** False: calls are made but none are taken. Default true. */
  readonly listen?: boolean;
  /** Gets a line for each thing worth knowing: a failed background task, a caller turned away. Default: nothing is said. */
  readonly log?: (line: string) => void;
}

export interface BackgroundOptions {
  /** Time from the end of one run to the beginning of the next, ms. */
  readonly everyMs: number;
}

interface BackgroundTask extends BackgroundOptions {
  readonly name: string;
  readonly run: (signal: AbortSignal) => unknown;
}

interface Life {
  readonly abort: AbortController;
  /** Resolves with the background tasks once calls are taken; rejects when everything is undone again. */
  readonly begun: Promise<readonly Promise<void>[]>;
}

/** RPC alone: endpoints that others call, background tasks, and a life that starts and stops. */
export class Server {
  /** What this server is made of, for those who build on it. */
  protected readonly core: RpcCore;
  protected readonly log: (line: string) => void;
  private readonly options: ServerOptions;
  private readonly announce: readonly string[] | undefined;
  private readonly tasks: BackgroundTask[] = []; // bounded by the program that registers them
  /** From start() to stop(), or to the failure of start(). */
  private life: Life | undefined;
  /** Settles when the last life has ended: the next one begins after it. */
  private ended = Promise.resolve();

  /** @throws SynapseError `bad_options`, `bad_address`. */
  constructor(options: ServerOptions = {}, swarm = "") {
    checkedPort(options.port ?? DEFAULT_PORT);
    this.options = options;
    this.log = options.log ?? (() => undefined);
    this.announce = announced(options.announce);
    const refused = new Throttle(options.runtime ?? systemRuntime, (line) => this.log(line), REFUSALS_LOGGED);
    this.core = new RpcCore({ onRefused: (address, error) => refused.say(`turned away ${address}: ${error.message}`), ...options }, swarm);
    this.builtin("_synapse.ping", [], () => "pong");
    this.builtin("_synapse.methods", [], (_, { peerId }) => this.listMethods(peerId !== undefined));
  }

  /**
   * Registers an endpoint: `server.endpoint("sum", { description: "Add two numbers" }, (a, b) => a + b)`. The options may be left out.
   *
   * A handler gets what its caller sends and nothing else, as in Python. One that wants to know who calls, or when the caller gives up,
   * asks for the context and gets it first: `server.endpoint("greet", { context: true }, ({ peerId, signal }, name) => …)`.
   * @throws SynapseError `bad_options` when the name is taken, or one of the protocol (`_synapse.…`, `_agent.…`, `_node.…`).
   */
  endpoint<N extends string, H extends Handler>(name: N, handler: H): this & Offers<Record<N, H>>;
  endpoint<N extends string, const O extends EndpointOptions, H extends HandlerFor<O>>(
    name: N,
    options: O,
    handler: H,
  ): this & Offers<Record<N, Offered<O, H>>>;
  endpoint(name: string, optionsOrHandler: EndpointOptions | Handler, maybeHandler?: Handler): this {
    const options = typeof optionsOrHandler === "function" ? {} : optionsOrHandler;
    const handler = typeof optionsOrHandler === "function" ? optionsOrHandler : maybeHandler;
    if (handler === undefined) throw new SynapseError("bad_options", `endpoint ${name} has no handler`);
    const prefix = RESERVED.find((each) => name.startsWith(each));
    if (prefix !== undefined)
      throw new SynapseError("bad_options", `endpoint ${name}: names that begin with ${prefix} are the protocol's own`, {
        hint: "choose another name",
      });
    this.core.registry.register(name, options, (args, call) => (options.context ? handler(call, ...args) : handler(...args)));
    return this;
  }

  /** Stands around every call from now on, but for those of the overlay: for permissions, logs, figures, limits. See {@link Middleware}. */
  use(middleware: Middleware): this {
    this.core.registry.use(middleware);
    return this;
  }

  /**
   * Registers a task that runs once at the start and then again and again. It may fail; the next run comes all the same. Its signal is
   * aborted when the server stops.
   */
  background(name: string, options: BackgroundOptions, run: (signal: AbortSignal) => unknown): this {
    if (!(options.everyMs > 0)) throw new SynapseError("bad_options", `background task ${name}: everyMs must be more than 0`);
    this.tasks.push({ name, everyMs: options.everyMs, run });
    return this;
  }

  /**
   * Listens and begins the background tasks. Resolves when calls are taken. Started while it stops, it starts when it has stopped.
   * @throws SynapseError `aborted` when the signal says so or stop() is called meanwhile; nothing is left running then.
   */
  async start(options: { readonly signal?: AbortSignal | undefined } = {}): Promise<this> {
    if (options.signal !== undefined) checkedSignal(options.signal);
    if (options.signal?.aborted) throw abortedError(options.signal);
    if (this.life !== undefined) throw new SynapseError("bad_options", "this server has been started already");
    const abort = new AbortController();
    const life = { abort, begun: this.begin(abort.signal, options.signal) };
    this.life = life;
    try {
      await life.begun;
      if (abort.signal.aborted) throw abortedError(abort.signal); // at the very last moment
    } catch (error) {
      if (this.life === life) this.life = undefined;
      throw error;
    }
    return this;
  }

  /**
   * Takes no further calls, stops background tasks, lets calls under way end (up to 5 s), closes every link. A start under way is given
   * up. Resolves when all of that is done, at once where there is nothing to stop.
   */
  stop(): Promise<void> {
    const { life } = this;
    if (life === undefined) return this.ended;
    this.life = undefined;
    this.ended = this.end(life);
    return this.ended;
  }

  /** Starts, prints what it offers, and serves until the process is told to end (SIGINT or SIGTERM). */
  async run(print: (line: string) => void = console.log): Promise<void> {
    await this.start();
    for (const line of this.describe()) print(line);
    await new Promise<void>((resolve) => {
      // Both at once, so that a second signal ends a process that takes too long to stop.
      const end = () => {
        process.off("SIGINT", end).off("SIGTERM", end);
        resolve();
      };
      process.on("SIGINT", end).on("SIGTERM", end);
    });
    await this.stop();
  }

  /** Addresses at which others reach this server, once it is started. */
  get addresses(): readonly string[] {
    return this.core.addresses;
  }

  get port(): number {
    return this.core.port;
  }

  /** How often each limit was met since this server was made. */
  get limitCounts(): LimitCounts {
    return this.core.limitCounter.counts;
  }

  /** What this server offers, line by line: the listing that `run()` prints. */
  describe(): string[] {
    const { host = DEFAULT_HOST } = this.options;
    const endpoints = this.core.registry.list().filter(({ name }) => !name.startsWith("_"));
    const lines = [this.options.listen === false ? "not listening" : `listening on ${formatAddress({ host, port: this.port })}`];
    for (const { name, description, publish } of endpoints)
      lines.push(`  endpoint ${name}${publish ? "" : " (private)"}${description && ` – ${description}`}`);
    for (const { name, everyMs } of this.tasks) lines.push(`  task     ${name}, every ${everyMs / 1000} s`);
    return lines;
  }

  /** Registers an endpoint of the protocol itself: callable, not listed. */
  protected builtin(name: string, params: readonly string[], invoke: (args: readonly unknown[], context: CallContext) => unknown): void {
    this.core.registry.register(name, { publish: false, params }, invoke);
  }

  /** For those who build on this: runs when the server listens, before start() resolves. Aborted when it is to give up. */
  protected async onStarted(_signal?: AbortSignal): Promise<void> {}

  /** Runs before links are closed, even if the start got no further than the beginning. */
  protected async onStopping(): Promise<void> {}

  private async begin(stopped: AbortSignal, given: AbortSignal | undefined): Promise<readonly Promise<void>[]> {
    await this.ended.catch(() => undefined); // whoever stopped it was told
    const signal = either(given, stopped);
    try {
      await this.open(signal);
    } catch (error) {
      await this.undo(0);
      throw error;
    }
    return this.tasks.map((task) => this.repeat(task, stopped));
  }

  private async open(signal: AbortSignal): Promise<void> {
    const { host = DEFAULT_HOST, port = DEFAULT_PORT, listen = true } = this.options;
    if (signal.aborted) throw abortedError(signal);
    this.core.open();
    if (listen) await this.core.listen({ host, port }, this.announce);
    if (signal.aborted) throw abortedError(signal);
    await this.onStarted(signal);
    if (signal.aborted) throw abortedError(signal);
  }

  private async end({ abort, begun }: Life): Promise<void> {
    abort.abort();
    let tasks: readonly Promise<void>[];
    try {
      tasks = await begun;
    } catch {
      return; // it never began: everything is undone, and whoever started it is told
    }
    await this.undo(STOP_GRACE_MS);
    await Promise.all(tasks);
  }

  private async undo(graceMs: number): Promise<void> {
    this.core.stopTaking();
    try {
      await this.onStopping();
    } finally {
      await this.core.close(graceMs);
    }
  }

  /** Python's reader is strict: what it does not know is told in the secure dialect alone. */
  private listMethods(isSecure: boolean) {
    const published = this.core.registry.list().filter(({ publish }) => publish);
    return published.map(({ name, publish, description, input, output }) => ({
      name,
      publish,
      description,
      ...(isSecure && input?.jsonSchema && { input_schema: input.jsonSchema }),
      ...(isSecure && output?.jsonSchema && { output_schema: output.jsonSchema }),
    }));
  }

  private async repeat(task: BackgroundTask, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await task.run(signal);
      } catch (error) {
        this.log(`background task ${task.name} failed: ${messageOf(error)}`);
      }
      await sleep(this.core.runtime, task.everyMs, signal).catch(() => undefined);
    }
  }
}

/** Addresses to announce, in the form in which they travel. */
function announced(addresses: readonly string[] | undefined): readonly string[] | undefined {
  if (addresses === undefined) return undefined;
  if (addresses.length > MAX_ADDRESSES)
    throw new SynapseError("bad_options", `announce takes at most ${MAX_ADDRESSES} addresses, not ${addresses.length}`);
  return addresses.map((address) => {
    const dialable = peerAddress(address);
    if (dialable === undefined) throw new SynapseError("bad_address", `nobody here can dial ${address}: announce tcp:// addresses`);
    return dialable;
  });
}
