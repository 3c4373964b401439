import { workerData } from "node:worker_threads";
import { writeAll, writeWhileRead } from "../write-all.ts";

/** A place to write to: a stream of Node's, or what a thread has in its place. */
export interface Sink {
  readonly isTTY?: boolean;
  /** Of the terminal; 0 where it does not say. */
  readonly columns?: number;
  write(text: string): unknown;
}

/** What a thread is told about where it writes to: only the main thread can ask the terminal. */
export interface Terminal {
  readonly kind: "synapse terminal";
  /** Whether they are terminals. */
  readonly out: boolean;
  readonly err: boolean;
  /** How wide stderr is now, shared between the threads: a window can be made wider at any time. */
  readonly columns: Int32Array;
  /** 1 once either thread has said that the command was interrupted. */
  readonly told: Int32Array;
}

/** That of the thread that this one has begun, if any. */
let described: Terminal | undefined;

const STDOUT_FD = 1;
const STDERR_FD = 2;

/** For a thread that is about to begin; it is kept up to date as long as the process lives. */
export function describeTerminal(): Terminal {
  const { stdout, stderr } = process;
  const columns = new Int32Array(new SharedArrayBuffer(4));
  const note = () => Atomics.store(columns, 0, stderr.columns ?? 0);
  note();
  stderr.on("resize", note);
  const told = new Int32Array(new SharedArrayBuffer(4));
  described = { kind: "synapse terminal", out: stdout.isTTY === true, err: stderr.isTTY === true, columns, told };
  return described;
}

/** Whether nobody has said yet that the command was interrupted: the main thread may lose patience just as its thread says so. */
export function isFirstToTell(): boolean {
  const told = (terminalOfThread() ?? described)?.told;
  return told === undefined || Atomics.exchange(told, 0, 1) === 0;
}

/** Whether this is a thread in which the main thread has a command run. */
export function isCommandThread(): boolean {
  return terminalOfThread() !== undefined;
}

/**
 * Where commands write: in a thread of their own straight to the files, since what Node's streams hold back there would be lost when
 * the thread is ended.
 */
export function sinks(): { readonly out: Sink; readonly err: Sink } {
  const terminal = terminalOfThread();
  if (terminal === undefined) return { out: process.stdout, err: process.stderr };
  return {
    out: { isTTY: terminal.out, write: (text) => writeWhileRead(STDOUT_FD, Buffer.from(text)) },
    err: {
      isTTY: terminal.err,
      get columns() {
        return Atomics.load(terminal.columns, 0);
      },
      write: (text) => writeIfHeard(Buffer.from(text)),
    },
  };
}

/** Nobody may be left who reads what is said beside the data; exit codes stay what they are. */
function writeIfHeard(bytes: Uint8Array): void {
  try {
    writeAll(STDERR_FD, bytes);
  } catch {
    // there is no better place to say it
  }
}

function terminalOfThread(): Terminal | undefined {
  const data = workerData as Partial<Terminal> | null;
  return data?.kind === "synapse terminal" ? (data as Terminal) : undefined;
}
