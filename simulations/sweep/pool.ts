import { Worker } from "node:worker_threads";
import { messageOf, SynapseError } from "../../routing/index.ts";
import type { Job, JobOutcome } from "./job.ts";

export interface PoolOptions {
  /** How many run at once. */
  readonly workers: number;
  readonly signal?: AbortSignal | undefined;
  /** Told of each as it ends. */
  readonly onOutcome: (job: Job, outcome: JobOutcome) => void;
  /** The program of a worker. Default: the one that simulates. */
  readonly entry?: URL;
}

/**
 * Runs jobs in threads, each on a core of its own. A thread that goes down fails the job that it had, and another takes its place.
 * @throws SynapseError `aborted`.
 */
export function runJobs(jobs: readonly Job[], options: PoolOptions): Promise<void> {
  return new Promise((resolve, reject) => new Pool(jobs, options, resolve, reject).begin());
}

class Pool {
  private readonly options: PoolOptions;
  private readonly waiting: Job[]; // those of the sweep
  private readonly workers = new Set<Worker>(); // at most options.workers
  private readonly resolve: () => void;
  private readonly reject: (error: SynapseError) => void;
  private isOver = false;

  constructor(jobs: readonly Job[], options: PoolOptions, resolve: () => void, reject: (error: SynapseError) => void) {
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
    worker.on("message", (outcome: JobOutcome) => {
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
    this.reject(new SynapseError("aborted", "the sweep was interrupted"));
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

/** The worker that stands beside this very file: compiled, or as TypeScript, which a thread must be taught to read. */
function startWorker(entry: URL | undefined): Worker {
  if (entry !== undefined) return new Worker(entry);
  if (!import.meta.url.endsWith(".ts")) return new Worker(new URL("./worker.js", import.meta.url));
  const [loader, source] = [import.meta.resolve("tsx/esm/api"), new URL("./worker.ts", import.meta.url).href];
  const program = `import(${JSON.stringify(loader)}).then((tsx) => (tsx.register(), import(${JSON.stringify(source)})))`;
  return new Worker(program, { eval: true });
}
