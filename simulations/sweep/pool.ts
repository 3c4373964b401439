import { Worker } from "node:worker_threads";
import { messageOf, SynapseError } from "../../routing/index.ts";
import type { PointError } from "./job.ts";

/** What comes of a job whose worker goes down. */
export interface Failed {
  readonly error: PointError;
}

export interface PoolOptions<Job, Outcome> {
  /** How many run at once. */
  readonly workers: number;
  readonly signal?: AbortSignal | undefined;
  /** Told of each as it ends. */
  readonly onOutcome: (job: Job, outcome: Outcome | Failed) => void;
  /** The program of a worker: it answers each job with one outcome. */
  readonly entry: URL;
}

/**
 * Runs jobs in threads, each on a core of its own. A thread that goes down fails the job that it had, and another takes its place.
 * @throws SynapseError `aborted`.
 */
export function runJobs<Job, Outcome>(jobs: readonly Job[], options: PoolOptions<Job, Outcome>): Promise<void> {
  return new Promise((resolve, reject) => new Pool(jobs, options, resolve, reject).begin());
}

/** The program of that name beside a module: compiled, or as TypeScript, as the module is itself. */
export function programBeside(moduleUrl: string, name: string): URL {
  return new URL(`./${name}${moduleUrl.endsWith(".ts") ? ".ts" : ".js"}`, moduleUrl);
}

class Pool<Job, Outcome> {
  private readonly options: PoolOptions<Job, Outcome>;
  private readonly waiting: Job[]; // those that were given
  private readonly workers = new Set<Worker>(); // at most options.workers
  private readonly resolve: () => void;
  private readonly reject: (error: SynapseError) => void;
  private isOver = false;

  constructor(jobs: readonly Job[], options: PoolOptions<Job, Outcome>, resolve: () => void, reject: (error: SynapseError) => void) {
    this.options = options;
    this.waiting = [...jobs];
    this.resolve = resolve;
    this.reject = reject;
  }

  begin(): void {
    const { signal, workers } = this.options;
    signal?.addEventListener("abort", this.abort, { once: true });
    if (signal?.aborted) this.abort();
    while (!this.isOver && this.waiting.length > 0 && this.workers.size < workers) this.hire();
    this.endIfDone();
  }

  private hire(): void {
    const worker = startWorker(this.options.entry);
    let job = this.waiting.shift();
    let why = "it ended without an answer";
    worker.on("error", (error) => {
      why = inWords(error);
    });
    worker.on("message", (outcome: Outcome) => {
      if (job !== undefined) this.options.onOutcome(job, outcome);
      job = this.waiting.shift();
      if (job === undefined) void worker.terminate();
      else worker.postMessage(job);
    });
    worker.on("exit", () => {
      this.workers.delete(worker);
      if (this.isOver) return;
      if (job !== undefined) this.options.onOutcome(job, { error: { code: "simulation_fault", message: `its worker went down: ${why}` } });
      if (this.waiting.length > 0) this.hire();
      else this.endIfDone();
    });
    this.workers.add(worker);
    worker.postMessage(job);
  }

  private endIfDone(): void {
    if (this.isOver || this.waiting.length > 0 || this.workers.size > 0) return;
    this.end();
    this.resolve();
  }

  private readonly abort = (): void => {
    this.end();
    for (const worker of this.workers) void worker.terminate();
    this.reject(new SynapseError("aborted", "the runs were interrupted"));
  };

  private end(): void {
    this.isOver = true;
    this.options.signal?.removeEventListener("abort", this.abort);
  }
}

function inWords(error: unknown): string {
  const isFull = error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY";
  return isFull ? "it ran out of memory; NODE_OPTIONS=--max-old-space-size=8192 gives each 8 GiB" : messageOf(error);
}

/** A thread must be taught to read TypeScript. */
function startWorker(entry: URL): Worker {
  if (!entry.pathname.endsWith(".ts")) return new Worker(entry);
  const loader = import.meta.resolve("tsx/esm/api");
  const program = `import(${JSON.stringify(loader)}).then((tsx) => (tsx.register(), import(${JSON.stringify(entry.href)})))`;
  return new Worker(program, { eval: true });
}
