import { accessSync, constants, realpathSync, renameSync, rmSync, type Stats, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { messageOf, SynapseError } from "../../errors.ts";

/**
 * Files that a command will write, by what they are. What cannot be written is found out before the run, not after it; nothing is left
 * behind by that.
 * @throws SynapseError `bad_options`.
 */
export function checkWritable(files: Readonly<Record<string, string | undefined>>): void {
  const seen = new Map<string, string>(); // what is written where; one for each of the files
  for (const [what, path] of Object.entries(files)) {
    if (path === undefined) continue;
    orCannotWrite(what, path, () => tryPlace(path));
    const before = seen.get(resolve(path));
    if (before !== undefined && statOf(path)?.isFile() !== false)
      throw new SynapseError("bad_options", `the ${before} and the ${what} cannot both be written to ${path}`, {
        hint: "give each a file of its own",
      });
    seen.set(resolve(path), what);
  }
}

/**
 * Writes a file that is there either as a whole or not at all: under another name beside it, then renamed.
 * @param what for errors, such as "report".
 * @throws SynapseError `bad_options`.
 */
export function writeWhole(what: string, path: string, text: string): void {
  orCannotWrite(what, path, () => {
    const { file, beside, mode } = placeOf(path);
    if (beside === undefined) return writeFileSync(file, text);
    try {
      writeFileSync(beside, text, { mode });
      renameSync(beside, file);
    } catch (error) {
      rmSync(beside, { force: true });
      throw error;
    }
  });
}

interface Place {
  /** Where a link leads, if it is one. */
  readonly file: string;
  /** The name until it is complete; undefined: it is written where it is to be. */
  readonly beside: string | undefined;
  /** As it was. */
  readonly mode: number;
}

/** Devices and pipes cannot be replaced, nor can a file in a folder that takes no new ones. */
function placeOf(path: string): Place {
  const before = statOf(path);
  const file = before === undefined ? resolve(path) : realpathSync(path);
  const isReplaceable = before === undefined || (before.isFile() && isAllowed(dirname(file)));
  const beside = isReplaceable ? join(dirname(file), `.${basename(file)}.${process.pid}.part`) : undefined;
  return { file, beside, mode: before?.mode ?? 0o666 };
}

function tryPlace(path: string): void {
  const { file, beside } = placeOf(path);
  const before = statOf(path);
  if (before?.isDirectory()) throw new Error("it is a folder");
  if (before !== undefined) accessSync(file, constants.W_OK);
  if (beside === undefined) return;
  writeFileSync(beside, "");
  rmSync(beside);
}

function isAllowed(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

function orCannotWrite(what: string, path: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    const why = messageOf(error).replace(/, \w+ '.*'$/, ""); // the name beside it would tell nobody anything
    throw new SynapseError("bad_options", `cannot write the ${what} to ${path}: ${why}`, {
      hint: "name a file in a folder that is there, and in which you may write",
      cause: error,
    });
  }
}
