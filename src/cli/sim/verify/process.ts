import { type ChildProcess, fork } from "node:child_process";
import { extname } from "node:path";
import type { Scenario } from "synapse-p2p/simulations";
import { messageOf, SynapseError } from "../../../errors.ts";
import { commandOf } from "../scenario-options.ts";
import type { Message, Outcome, Task } from "./task.ts";

/** What a process writes to stderr is kept so far, characters: enough for the line that says why it went down. */
const MAX_STDERR = 16_384;

/** What came of a task. */
export interface Ran {
  /** Of Node. */
  readonly version: string;
  readonly scenario: Scenario;
  readonly outcomes: ReadonlyMap<number, Outcome>; // by seed, one for each
}

export interface ProcessOptions {
  /** The Node executable. */
  readonly node: string;
  readonly signal: AbortSignal;
  readonly onOutcome?: () => void;
}

/**
 * Runs a task in a process of its own.
 * @throws SynapseError `bad_options` when it cannot be started, `simulation_fault` when it goes down, `aborted`; whatever the process says.
 */
export function runTask(task: Task, options: ProcessOptions): Promise<Ran> {
  return new Promise((resolve, reject) => new TaskProcess(task, options, resolve, reject).begin());
}

class TaskProcess {
  private readonly task: Task;
  private readonly options: ProcessOptions;
  private readonly resolve: (ran: Ran) => void;
  private readonly reject: (error: SynapseError) => void;
  private readonly child: ChildProcess;
  private readonly outcomes = new Map<number, Outcome>(); // one for each seed of the task
  private began: { readonly version: string; readonly scenario: Scenario } | undefined;
  private stderr = ""; // at most MAX_STDERR

  constructor(task: Task, options: ProcessOptions, resolve: (ran: Ran) => void, reject: (error: SynapseError) => void) {
    this.task = task;
    this.options = options;
    this.resolve = resolve;
    this.reject = reject;
    this.child = fork(workerBesideThis(), { execPath: options.node, stdio: ["ignore", "ignore", "pipe", "ipc"] });
  }

  begin(): void {
    const { child, options } = this;
    child.on("message", (message: Message) => this.hear(message));
    child.on("error", (error) => this.end(new SynapseError("bad_options", `cannot run ${options.node}: ${messageOf(error)}`)));
    child.on("close", (code, killedBy) => this.end(this.outcomeOfEnd(code, killedBy)));
    child.stderr?.on("data", (chunk) => {
      this.stderr = (this.stderr + chunk).slice(0, MAX_STDERR);
    });
    options.signal.addEventListener("abort", this.abort, { once: true });
    if (options.signal.aborted) this.abort();
    else child.send(this.task, () => undefined); // when it cannot be sent the process has gone down, which is told
  }

  private hear(message: Message): void {
    if (message.kind === "failed") this.end(errorIn(message));
    else if (message.kind === "began") this.began = message;
    else {
      this.outcomes.set(message.outcome.seed, message.outcome);
      this.options.onOutcome?.();
    }
  }

  private outcomeOfEnd(code: number | null, killedBy: string | null): Ran | SynapseError {
    const { began, outcomes, task, options } = this;
    if (began !== undefined && outcomes.size === task.seeds.length) return { ...began, outcomes };
    if (killedBy === "SIGINT") return interrupted(); // a Ctrl-C reaches all at once, and this one may be heard first
    const why = /^.*(?:Error|FATAL ERROR).*$/m.exec(this.stderr)?.[0].trim() ?? killedBy ?? `exit code ${code}`;
    return began === undefined ? notBegun(options.node, why) : wentDown(task, task.seeds[outcomes.size], options.node, why);
  }

  private readonly abort = (): void => this.end(interrupted());

  private end(result: Ran | SynapseError): void {
    this.options.signal.removeEventListener("abort", this.abort);
    // One that could not be started has no pid, and killing that would kill this process and all beside it.
    if (this.child.pid) this.child.kill("SIGKILL");
    if (result instanceof SynapseError) this.reject(result);
    else this.resolve(result);
  }
}

function notBegun(node: string, why: string): SynapseError {
  return new SynapseError("bad_options", `${node} ended before it could run anything: ${why}`, { hint: "it must be Node 20.19 or later" });
}

function wentDown({ scenario, flags }: Task, seed: number | undefined, node: string, why: string): SynapseError {
  const hint = `\`${commandOf(scenario, flags, {}, { seed })}\` runs it alone`;
  return new SynapseError("simulation_fault", `the process of ${node} went down at seed ${seed}: ${why}`, { hint });
}

function errorIn({ code, message, hint }: Extract<Message, { readonly kind: "failed" }>): SynapseError {
  return new SynapseError(code, message, hint === undefined ? {} : { hint });
}

function interrupted(): SynapseError {
  return new SynapseError("aborted", "the verification was interrupted");
}

/** Compiled, or as TypeScript where this is. */
function workerBesideThis(): URL {
  return new URL(`./worker${extname(import.meta.url)}`, import.meta.url);
}
