import { getHeapStatistics } from "node:v8";
import { Worker } from "node:worker_threads";
import { SynapseError, systemCodeOf } from "../../errors.ts";
import { ExitCode } from "../exit-codes.ts";
import { Output } from "../output.ts";
import { describeTerminal } from "./terminal.ts";

/**
 * Room for young objects, MiB: what a simulated message leaves behind is then dead before it is looked at. A thread has a sixth of it by
 * itself, and simulations take an eighth more time.
 */
const YOUNG_MIB = 96;

/** How long a thread may take to end by itself when it is told to, ms: what it has begun is put away by then, or it does not listen. */
const GRACE_MS = 400;

/** What a thread is told when the command is to end. */
export const STOP = "stop";

/**
 * Runs this very command line in a thread, and waits for its end. A signal reaches the main thread alone, which has nothing else to do:
 * so a Ctrl-C ends a command even when a scenario or an agent in it loops for ever.
 * @throws whatever nobody caught in the thread; SynapseError `simulation_fault` when it ran out of memory.
 */
export function superviseThread(options: { readonly json?: boolean }): Promise<void> {
  const worker = new Worker(new URL("../main.js", import.meta.url), {
    argv: process.argv.slice(2),
    workerData: describeTerminal(),
    resourceLimits: {
      maxYoungGenerationSizeMb: YOUNG_MIB,
      maxOldGenerationSizeMb: Math.floor(getHeapStatistics().heap_size_limit / 2 ** 20),
    },
  });
  const stopListening = onSignals(
    () => worker.postMessage(STOP),
    () => endAtOnce(new Output(options.json === true)),
  );
  return new Promise<void>((resolve, reject) => {
    worker.on("error", (error) => reject(inWords(error)));
    worker.on("exit", (code) => {
      process.exitCode = code;
      resolve();
    });
  }).finally(stopListening);
}

/** The first signal asks; what has not ended a moment later, or at the second one, is ended. Gives what forgets about signals. */
function onSignals(ask: () => void, end: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const onSignal = () => {
    if (timer !== undefined) return end();
    timer = setTimeout(end, GRACE_MS);
    ask();
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return () => {
    clearTimeout(timer);
    process.off("SIGINT", onSignal);
    process.off("SIGTERM", onSignal);
  };
}

/** The end of the process is the end of its threads, whatever they are at. */
function endAtOnce(output: Output): never {
  output.clearLine();
  output.interrupted(new SynapseError("aborted", "the simulation was interrupted"));
  process.exit(ExitCode.interrupted);
}

function inWords(error: unknown): unknown {
  const isFull = systemCodeOf(error) === "ERR_WORKER_OUT_OF_MEMORY";
  if (!isFull) return error;
  return new SynapseError("simulation_fault", "the simulation ran out of memory", {
    hint: "NODE_OPTIONS=--max-old-space-size=8192 gives it 8 GiB; fewer --nodes need less",
    cause: error,
  });
}
