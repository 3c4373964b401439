import { compileQuery, type Match, type Offer, type PublishReport, type Query, type Rank } from "../dht/index.ts";
import { toHex } from "../routing/index.ts";
import { AgentCapability, type CapabilityOptions } from "./agent-capability.ts";
import { cutOff, nobodyDidIt, type PassedOver, timedOut } from "./ask-errors.ts";
import { callOptions, DEFAULT_CALL_TIMEOUT_MS, kwargs } from "./call-arguments.ts";
import { asSynapseError, SynapseError } from "./errors.ts";
import { Node, type Target } from "./node.ts";
import type { NodeOptions } from "./node-options.ts";
import { checkedLimits } from "./option-checks.ts";
import type { CallContext } from "./rpc/call-context.ts";
import { Deadline } from "./rpc/deadline.ts";
import { isMap } from "./rpc/messages.ts";
import { either, orAborted, sleep } from "./runtime.ts";
import { shapeTextOf } from "./schema-shape.ts";

/** How many agents `ask` looks for at first, and when all of those are gone. */
const ASK_SEARCHES = [8, 128];
/** Capabilities of one agent: as many as the overlay publishes for a node. */
const MAX_CAPABILITIES = 64;
/** How long stop() and withdraw() wait for withdrawals to reach the holders, ms. */
const WITHDRAW_GRACE_MS = 3_000;
/** Bytes of a description that travel in a record; `_agent.info` gives all of it. */
const RECORD_DESCRIPTION_BYTES = 280;

/** Does the work. What it returns is the answer; what it throws is the caller's error. */
export type TaskHandler = (task: string, context: Record<string, unknown>, call: CallContext) => unknown;

export interface AgentOptions extends NodeOptions {
  readonly name: string;
  readonly role?: string;
  readonly capabilities?: readonly (string | CapabilityOptions)[];
}

export interface AskOptions {
  /** What the agent needs to know besides the task. */
  readonly context?: Readonly<Record<string, unknown>> | undefined;
  /** In what order the agents found are asked. Default: as heard of. */
  readonly rank?: Rank | undefined;
  /** For everything: finding, and all agents tried. Default 30,000. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Answer {
  /** What the agent's task handler returned. */
  readonly result: unknown;
  /** Who did the work; undefined when an address or a contact was asked. */
  readonly agent: Match | undefined;
  /** Those that were found and tried before, and why they did not do it. */
  readonly passedOver: readonly PassedOver[];
}

/** A node with a card, capabilities that it publishes, and a handler that does the work. */
export class AgentNode extends Node {
  /** By name; at most {@link MAX_CAPABILITIES}. */
  private readonly offered = new Map<string, AgentCapability>();
  private taskHandler: TaskHandler | undefined;
  /** From here on what is added is published at once; before, the start does it. */
  private publishes = false;

  constructor(options: AgentOptions) {
    super(options);
    for (const capability of options.capabilities ?? []) this.add(capability);
    for (const prefix of ["_agent", "_node"]) this.registerAgentEndpoints(prefix);
  }

  get capabilities(): readonly AgentCapability[] {
    return [...this.offered.values()];
  }

  /** Sets who does the work: `agent.onTask(async (task, context) => …)`. */
  onTask(handler: TaskHandler): this {
    this.taskHandler = handler;
    return this;
  }

  /**
   * Adds a capability, or replaces the one of that name; a started agent publishes it before this resolves.
   * @throws SynapseError `bad_capability`, `too_many`, `bad_record`; what was offered before stays as it was.
   */
  async capability(capability: string | CapabilityOptions): Promise<AgentCapability> {
    const { name } = typeof capability === "string" ? { name: capability } : capability;
    const previous = this.offered.get(name);
    const added = this.add(capability);
    try {
      if (this.publishes) await this.publish(added);
    } catch (error) {
      if (this.offered.get(name) === added) this.restore(name, previous);
      throw error;
    }
    return added;
  }

  /**
   * Offers a capability no more. Resolves once those who hold its record were told, after 3 s at the latest: from then on nobody finds
   * it. False when it was not offered.
   */
  async withdraw(name: string): Promise<boolean> {
    const wasOffered = this.offered.delete(name);
    if (this.publishes) await this.withdrawRecords([name]);
    return wasOffered;
  }

  /**
   * Has a task done by an agent found for a query (see {@link find}), the next one found if one is gone. With an address (`host:port`), a
   * contact or a match, exactly that one is asked.
   *
   * An agent that fails at the task has answered: its error is thrown and nobody else is tried. One that vanishes while it works is gone,
   * and the task is given to the next: a task may then have been begun twice.
   *
   * @throws SynapseError `bad_options`, `bad_query`, `not_found` when nobody offers it, `unreachable` when all who do are gone,
   * `timed_out`, `aborted`, or the agent's own error.
   */
  async ask(target: Target | Query, task: string, options: AskOptions = {}): Promise<Answer> {
    const { timeoutMs = DEFAULT_CALL_TIMEOUT_MS, signal } = checkedLimits(options);
    const { context, rank } = options;
    if (isQuery(target)) return this.askAny(target, task, { context, rank, signal }, timeoutMs);
    return {
      result: await this.askOne(target, task, { context, signal }, timeoutMs),
      agent: typeof target === "object" && "record" in target ? target : undefined,
      passedOver: [],
    };
  }

  protected override get capabilityNames(): string[] {
    return [...this.offered.keys()];
  }

  protected override async onStarted(signal?: AbortSignal): Promise<void> {
    await super.onStarted(signal);
    this.publishes = true;
    await orAborted(signal, () => Promise.all(this.capabilities.map((capability) => this.publish(capability))));
  }

  protected override async onStopping(): Promise<void> {
    if (this.publishes) {
      this.publishes = false;
      await this.withdrawRecords(this.overlay.published.map(({ capability }) => capability));
    }
    await super.onStopping();
  }

  /** Tells the holders of records that they are withdrawn, and waits for that no longer than the grace. */
  private async withdrawRecords(names: readonly string[]): Promise<void> {
    const withdrawn = names.map((name) => new Promise((resolve) => this.overlay.withdraw(name, resolve)));
    const done = new AbortController(); // a timer left behind would keep the process
    const grace = sleep(this.core.runtime, WITHDRAW_GRACE_MS, done.signal).catch(() => undefined);
    await Promise.race([Promise.all(withdrawn), grace]);
    done.abort();
  }

  private add(capability: string | CapabilityOptions): AgentCapability {
    const added = new AgentCapability(capability);
    if (this.offered.size >= MAX_CAPABILITIES && !this.offered.has(added.name))
      throw new SynapseError("too_many", `an agent offers at most ${MAX_CAPABILITIES} capabilities`, {
        hint: "tell by attributes what differs between them: code-review with lang=go, found by 'code-review lang=go'",
      });
    this.offered.set(added.name, added);
    return added;
  }

  private restore(name: string, previous: AgentCapability | undefined): void {
    if (previous === undefined) this.offered.delete(name);
    else this.offered.set(name, previous);
  }

  /** With the shapes of its schemas where its record has room for them. */
  private publish(capability: AgentCapability): Promise<PublishReport> {
    return new Promise((resolve) => {
      try {
        this.overlay.publish(this.offerOf(capability, shapesOf(capability)), resolve);
      } catch (error) {
        if (asSynapseError(error).code !== "bad_record") throw error;
        this.overlay.publish(this.offerOf(capability, {}), resolve);
      }
    });
  }

  private offerOf(capability: AgentCapability, shapes: Readonly<Record<string, string>>): Offer {
    const { name, role } = this;
    const { version } = capability;
    const attributes = { ...shapes, ...capability.attributes };
    const description = truncateBytes(capability.description || this.description, RECORD_DESCRIPTION_BYTES);
    return { capability: capability.name, name: truncateBytes(name, 64), role: truncateBytes(role, 64), description, version, attributes };
  }

  private async askAny(query: string | Query, task: string, options: AskOptions, timeoutMs: number): Promise<Answer> {
    const { signal, rank } = options;
    const { text } = compileQuery(query);
    const { runtime } = this.core;
    const deadline = new Deadline(runtime, timeoutMs);
    const timeout = new AbortController();
    const timer = runtime.schedule(timeoutMs, () => timeout.abort());
    const within = either(signal, timeout.signal);
    const passedOver: PassedOver[] = []; // at most the last of ASK_SEARCHES
    try {
      for await (const agent of this.candidates(query, text, rank, within)) {
        try {
          const left = Math.max(1, deadline.leftMs);
          return { result: await this.askOne(agent, task, { ...options, signal: within }, left), agent, passedOver };
        } catch (thrown) {
          const error = asSynapseError(thrown);
          if (!isGone(error)) throw error;
          passedOver.push({ agent, error });
        }
      }
    } catch (error) {
      if (timeout.signal.aborted && !signal?.aborted) throw timedOut(text, timeoutMs);
      throw deadline.named(error, `no agent for ${text} had answered`);
    } finally {
      timer.cancel();
    }
    throw nobodyDidIt(text, passedOver);
  }

  /** Agents that a query finds, each once, never this one: a few at first, more when those do not suffice. */
  private async *candidates(query: string | Query, text: string, rank: Rank | undefined, signal: AbortSignal): AsyncGenerator<Match> {
    const tried = new Set([toHex(this.id)]); // at most the last of ASK_SEARCHES, and this
    for (const limit of ASK_SEARCHES) {
      const { matches, report } = await this.find(query, { limit, rank, patient: false, signal });
      for (const match of matches) {
        const publisher = toHex(match.record.publisher);
        if (tried.has(publisher)) continue;
        tried.add(publisher);
        yield match;
      }
      if (report.truncated) continue;
      const nobodyAnswered = !report.complete && report.failed >= report.requests;
      if (nobodyAnswered && tried.size === 1) throw cutOff(text);
      return;
    }
  }

  private askOne(target: Target, task: string, options: AskOptions, timeoutMs: number): Promise<unknown> {
    const { context, signal } = options;
    return this.call(
      target,
      "_agent.ask",
      task,
      ...(context === undefined ? [] : [kwargs({ context })]),
      callOptions({ timeoutMs, signal }),
    );
  }

  private registerAgentEndpoints(prefix: string): void {
    const { name, role, description } = this;
    this.builtin(`${prefix}.info`, [], () => ({ name, role, description, capabilities: this.capabilityNames }));
    this.builtin(`${prefix}.capabilities`, [], () => this.capabilities.map(describeCapability));
    this.builtin(`${prefix}.ask`, ["task", "context?"], ([task, context], call) => {
      if (this.taskHandler === undefined) throw new SynapseError("internal_error", "agent has no task handler");
      if (typeof task !== "string") throw new SynapseError("bad_request", "task must be text");
      if (context !== undefined && context !== null && !isMap(context)) throw new SynapseError("bad_request", "context must be a map");
      return this.taskHandler(task, isMap(context) ? context : {}, call);
    });
  }
}

/** What is neither an address, a contact nor a match. No query has a colon before its first space or sign. */
function isQuery(target: Target | Query): target is string | Query {
  return typeof target === "string" ? !/^[^\s(){}|=<>!@"]*:/.test(target) : "kind" in target;
}

function shapesOf({ inputSchema, outputSchema }: AgentCapability): Record<string, string> {
  const [accepts, returns] = [shapeTextOf(inputSchema), shapeTextOf(outputSchema)];
  return { ...(accepts !== undefined && { accepts }), ...(returns !== undefined && { returns }) };
}

/** In the shape of the Python agent. */
function describeCapability({ name, description, inputSchema, outputSchema }: AgentCapability) {
  return { name, description, input_schema: inputSchema, output_schema: outputSchema };
}

/** Whether an error means that this agent cannot take the task, so that another should have it. */
function isGone(error: SynapseError): boolean {
  if (error.remote) return error.code === "busy";
  return error.code !== "aborted" && error.code !== "bad_request" && error.code !== "frame_too_large" && error.code !== "timed_out";
}

/** The longest beginning of a text that takes no more bytes, with an ellipsis where something was left off. */
function truncateBytes(text: string, most: number): string {
  if (Buffer.byteLength(text) <= most) return text;
  const cut = new TextDecoder().decode(Buffer.from(text).subarray(0, most - 3));
  return `${cut.replace(/\ufffd+$/, "")}…`; // half a character at the end has become that sign
}
