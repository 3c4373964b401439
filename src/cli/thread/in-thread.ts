import { parentPort } from "node:worker_threads";
import { type CommandContext, inContext } from "../command.ts";
import { Output } from "../output.ts";
import { STOP, superviseThread } from "./supervise.ts";
import { isCommandThread } from "./terminal.ts";

/** A thread of Node's reads no TypeScript: run from its sources, a command stays where it is. */
const IS_SOURCE = import.meta.url.endsWith(".ts");

/**
 * Runs what a command does in a thread of its own, for commands that run code of the user's or compute for long. The main thread only
 * waits for signals; the thread is given the same command line, and comes here a second time.
 */
export async function inThread(options: { readonly json?: boolean }, run: (context: CommandContext) => Promise<void>): Promise<void> {
  if (IS_SOURCE) return inContext(options, run);
  if (!isCommandThread()) return superviseThread(options);
  const abort = new AbortController();
  parentPort?.on("message", (message) => {
    if (message === STOP) abort.abort();
  });
  parentPort?.unref(); // or a command that has nothing left to do would not end
  return run({ output: new Output(options.json === true), signal: abort.signal });
}
