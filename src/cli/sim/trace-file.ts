import { closeSync, openSync } from "node:fs";
import type { TraceLineKind, TraceOptions } from "synapse-p2p/simulations";
import { messageOf, SynapseError } from "../../errors.ts";
import { writeWhileRead } from "../write-all.ts";

/** Instead of a file. */
export const STDOUT = "-";
const STDOUT_FD = 1;

export interface TraceFlags {
  readonly trace?: string;
  readonly traceKinds?: string;
}

/**
 * Opens the file that a trace goes to. Each block is written before the simulation goes on: whoever reads more slowly holds it up, and
 * nothing is collected in memory.
 * @throws SynapseError `bad_options`, when a kind is not known or the file cannot be written.
 */
export async function openTrace({ trace, traceKinds }: TraceFlags): Promise<{ options: TraceOptions; close: () => void } | undefined> {
  if (trace === undefined && traceKinds !== undefined) throw new SynapseError("bad_options", "--trace-kinds needs --trace FILE");
  if (trace === undefined) return undefined;
  const kinds = traceKinds === undefined ? undefined : await kindsIn(traceKinds);
  const fd = trace === STDOUT ? STDOUT_FD : openFile(trace);
  return {
    options: { write: (lines) => writeBlock(fd, lines, trace), ...(kinds && { kinds }) },
    close: () => {
      if (fd !== STDOUT_FD) closeSync(fd);
    },
  };
}

async function kindsIn(text: string): Promise<TraceLineKind[]> {
  const { TRACE_LINE_KINDS } = await import("synapse-p2p/simulations");
  return text.split(",").map((name) => {
    const kind = TRACE_LINE_KINDS.find((each) => each === name.trim());
    if (kind !== undefined) return kind;
    throw new SynapseError("bad_options", `there is no kind of trace line ${JSON.stringify(name)}`, {
      hint: `kinds: ${TRACE_LINE_KINDS.join(", ")}`,
    });
  });
}

function openFile(path: string): number {
  try {
    return openSync(path, "w");
  } catch (error) {
    throw new SynapseError("bad_options", `cannot write the trace to ${path}: ${messageOf(error)}`, { cause: error });
  }
}

function writeBlock(fd: number, lines: string, path: string): void {
  try {
    writeWhileRead(fd, Buffer.from(lines));
  } catch (error) {
    throw new SynapseError("bad_options", `cannot write the trace to ${path}: ${messageOf(error)}`, { cause: error });
  }
}
