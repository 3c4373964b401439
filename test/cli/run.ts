import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** The command line as it is installed: built, in a process of its own. */
const MAIN = fileURLToPath(new URL("../../dist/src/cli/main.js", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

function begin(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  const inherited = { ...process.env };
  delete inherited["SYNAPSE_BOOTSTRAP"];
  delete inherited["SYNAPSE_SWARM"];
  return spawn(process.execPath, [MAIN, ...args], { env: { ...inherited, ...env }, stdio: ["ignore", "pipe", "pipe"] });
}

async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = "";
  for await (const chunk of stream ?? []) text += chunk;
  return text;
}

async function ended(child: ChildProcess): Promise<Ended> {
  const exit = once(child, "exit");
  const [out, err, [code]] = await Promise.all([textOf(child.stdout), textOf(child.stderr), exit]);
  return { code, out, err };
}

/** Runs a command to its end. */
export function synapse(...args: string[]): Promise<Ended> {
  return ended(begin(args));
}

export function synapseWith(env: Readonly<Record<string, string>>, ...args: string[]): Promise<Ended> {
  return ended(begin(args, env));
}

/** Begins a command, and sends it a signal as soon as it has said something. */
export async function synapseUntilItSpeaks(signal: NodeJS.Signals, ...args: string[]): Promise<Ended> {
  const child = begin(args);
  child.stderr?.once("data", () => child.kill(signal));
  return ended(child);
}

export interface Started {
  readonly child: ChildProcess;
  readonly port: number;
  readonly id: string;
  readonly address: string;
  /** Everything it has written to stderr so far. */
  readonly said: () => string;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Starts a node and waits until it says where it listens. */
export async function start(...args: string[]): Promise<Started> {
  const child = begin(["start", "--json", "--listen", "127.0.0.1:0", ...args]);
  let said = "";
  child.stderr?.on("data", (chunk) => (said += chunk));
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  const [line] = (await Promise.race([once(lines, "line"), once(child, "exit").then(() => [undefined])])) as [string | undefined];
  if (line === undefined) throw new Error(`synapse start ended: ${said}`);
  const { id, addresses } = JSON.parse(line) as { id: string; addresses: string[] };
  const address = (addresses[0] ?? "").replace("tcp://", "");
  return {
    child,
    id,
    address,
    port: Number(address.split(":")[1]),
    said: () => said,
    async stop(signal = "SIGTERM") {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const exit = once(child, "exit");
      child.kill(signal);
      const [code] = await exit;
      return code;
    },
  };
}
