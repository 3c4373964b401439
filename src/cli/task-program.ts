import { type ChildProcess, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import pLimit from "p-limit";
import type { TaskHandler } from "../agent-node.ts";
import { SynapseError } from "../errors.ts";

/** Programs running at once, and tasks waiting for one to end. Beyond that callers are told `busy`, and go to another agent. */
const MAX_RUNNING = 8;
const MAX_WAITING = 64;
/** Longest result, bytes: what fits into a frame with room for what is around it. */
const MAX_RESULT_BYTES = 4 * 1024 * 1024 - 1_024;
/** Between asking a program to end and ending it, ms. */
const KILL_AFTER_MS = 2_000;

/**
 * Has tasks done by a program: task and context go to its stdin as one line of JSON, what it writes to stdout is the result. What it
 * writes to stderr appears on ours and never goes to the caller.
 */
export function programHandler(command: string, log: (line: string) => void): TaskHandler {
  const limit = pLimit(MAX_RUNNING);
  return (task, context, call) => {
    if (limit.pendingCount >= MAX_WAITING) {
      throw new SynapseError("busy", `${limit.pendingCount} tasks are waiting here`, { retryable: true });
    }
    return limit(() => runProgram(command, asJson({ task, context }), call.signal, log));
  };
}

/** What JSON cannot say goes as text: bytes as base64, large integers as their digits. */
function asJson(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => {
    if (item instanceof Uint8Array) return Buffer.from(item.buffer, item.byteOffset, item.length).toString("base64");
    return typeof item === "bigint" ? item.toString() : item;
  });
}

function runProgram(command: string, input: string, signal: AbortSignal, log: (line: string) => void): Promise<string> {
  if (signal.aborted) return Promise.reject(new SynapseError("aborted", "the caller gave up"));
  // A group of its own, so that what the shell starts ends with it.
  const child = spawn(command, { shell: true, stdio: ["pipe", "pipe", "inherit"], detached: process.platform !== "win32" });
  const end = () => endGroup(child);
  signal.addEventListener("abort", end, { once: true });
  child.stdin.on("error", () => undefined); // it need not read its task
  child.stdin.end(`${input}\n`);
  const result = collect(child.stdout, end);
  return new Promise((resolve, reject) => {
    child.on("error", (error) => reject(new SynapseError("task_failed", "the agent's program could not be started", { cause: error })));
    child.on("close", (code, killedBy) => {
      signal.removeEventListener("abort", end);
      const text = result();
      if (text === undefined) reject(new SynapseError("task_failed", `the result is longer than ${MAX_RESULT_BYTES} bytes`));
      else if (code === 0) resolve(text);
      else {
        const how = code === null ? `was ended by ${killedBy}` : `ended with exit code ${code}`;
        log(`a task failed: ${command} ${how}`);
        reject(new SynapseError("task_failed", `the agent's program ${how}`));
      }
    });
  });
}

/** Gathers what a program writes, until it is too much. Gives a function that tells the text, or undefined when it was. */
function collect(from: Readable, onTooLong: () => void): () => string | undefined {
  const chunks: Buffer[] = []; // at most MAX_RESULT_BYTES together
  let bytes = 0;
  from.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= MAX_RESULT_BYTES) chunks.push(chunk);
    else {
      from.destroy();
      onTooLong();
    }
  });
  const text = () => Buffer.concat(chunks).toString("utf8");
  return () => (bytes > MAX_RESULT_BYTES ? undefined : text().replace(/\r?\n$/, ""));
}

function endGroup(child: ChildProcess): void {
  const signalGroup = (name: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined && process.platform !== "win32") process.kill(-child.pid, name);
      else child.kill(name);
    } catch {
      // it has ended by itself
    }
  };
  signalGroup("SIGTERM");
  const timer = setTimeout(() => signalGroup("SIGKILL"), KILL_AFTER_MS);
  child.once("close", () => clearTimeout(timer));
}
