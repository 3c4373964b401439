import { link, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { messageOf, SynapseError, systemCodeOf } from "./errors.ts";

/** Times that a lock which others take and leave meanwhile is tried. */
const MAX_TRIES = 8;

/** Locks of this process, by their paths; at most two for each node that runs in it. */
const held = new Set<string>();

/**
 * Files that one node at a time may use: two with one key would be one node at two places, of which others reach now this and now that one;
 * and each would overwrite the contacts that the other has kept. Beside each file stands another that names the process; what a process
 * leaves behind that was killed is taken over. Processes that cannot see each other, in two containers or on two machines, are not kept
 * apart.
 */
export class FileLocks {
  private taken: string[] = []; // at most one for each file it is given

  /** @throws SynapseError `in_use`, `bad_options`; what it has taken by then, {@link release} gives back. */
  async take(files: readonly (string | undefined)[]): Promise<void> {
    for (const file of files) {
      if (file === undefined) continue;
      const path = `${resolve(file)}.lock`;
      await takeOne(path, file);
      this.taken.push(path);
    }
  }

  async release(): Promise<void> {
    for (const path of this.taken.splice(0)) {
      held.delete(path);
      await rm(path, { force: true }).catch(() => undefined); // whoever comes next sees that nobody has it
    }
  }
}

async function takeOne(path: string, file: string): Promise<void> {
  if (held.has(path)) throw inUse(file, process.pid, path);
  held.add(path); // before anything is awaited: two nodes of this process may start at once
  try {
    await write(path, file);
  } catch (error) {
    held.delete(path);
    if (error instanceof SynapseError) throw error;
    throw new SynapseError("bad_options", `cannot write ${path}, which shows who uses ${file}: ${messageOf(error)}`, {
      hint: "let this user write in that folder, or name a file in another",
      cause: error,
    });
  }
}

/** Written whole under another name first, then linked into place: of several who do that one succeeds, and nobody reads half of it. */
async function write(path: string, file: string): Promise<void> {
  const draft = `${path}.${process.pid}`;
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(draft, await nameOf(process.pid), { mode: 0o600 });
  try {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      if (await linked(draft, path)) return;
      await removeStale(path, file);
    }
    throw inUse(file, undefined, path);
  } finally {
    await rm(draft, { force: true });
  }
}

async function linked(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (systemCodeOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** @throws SynapseError `in_use` where it is not. */
async function removeStale(path: string, file: string): Promise<void> {
  const found = await textOf(path);
  if (found === undefined) return;
  const pid = Number(/^\d+/.exec(found)?.[0]);
  if (await isAlive(pid, found)) throw inUse(file, pid, path);
  const aside = `${path}.${process.pid}.stale`;
  await rename(path, aside).catch(() => undefined);
  // Another may have taken it over in between: then it is his that was moved, and goes back.
  const moved = await textOf(aside);
  if (moved !== undefined && moved !== found) await link(aside, path).catch(() => undefined);
  await rm(aside, { force: true });
}

/**
 * Whether the process that a lock names still runs. One with this process's own number is one of a former life: this process knows what it
 * has.
 */
async function isAlive(pid: number, name: string): Promise<boolean> {
  if (!(pid > 0) || pid === process.pid) return false;
  try {
    process.kill(pid, 0); // nothing is sent
  } catch (error) {
    if (systemCodeOf(error) !== "EPERM") return false;
  }
  return (await nameOf(pid)) === name;
}

/** The number of a process, and when it began where the system tells: numbers are given again. */
async function nameOf(pid: number): Promise<string> {
  const stat = await textOf(`/proc/${pid}/stat`);
  const began = stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19]; // field 22 of proc_pid_stat(5), counted from behind the name
  return began === undefined ? `${pid}\n` : `${pid} ${began}\n`;
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return undefined;
  }
}

function inUse(file: string, pid: number | undefined, path: string): SynapseError {
  const whom = pid === undefined ? "other processes" : pid === process.pid ? "another node of this process" : `process ${pid}`;
  return new SynapseError("in_use", `${file} is in use by ${whom}`, {
    hint: `end that node first, or name another file; should nobody use it, remove ${path}`,
  });
}
