import { writeSync } from "node:fs";
import { systemCodeOf } from "../errors.ts";
import { ExitCode } from "./exit-codes.ts";

/** How long a full pipe is left alone before the next try, ms. */
const PAUSE_MS = 2;

/** Writes before it returns, so that nothing is lost when the thread ends, and whoever reads more slowly holds the writer up. */
export function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSome(fd, bytes.subarray(at));
}

/** The same for what others read: where nobody does any more, as in `… | head`, the command is done. */
export function writeWhileRead(fd: number, bytes: Uint8Array): void {
  try {
    writeAll(fd, bytes);
  } catch (error) {
    if (systemCodeOf(error) === "EPIPE") process.exit(ExitCode.done);
    throw error;
  }
}

/** As much as there is room for, which may be nothing. */
function writeSome(fd: number, bytes: Uint8Array): number {
  try {
    return writeSync(fd, bytes);
  } catch (error) {
    if (systemCodeOf(error) !== "EAGAIN") throw error;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    return 0;
  }
}
