import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { type Identity, SynapseError } from "../../src/index.ts";
import { selfSignedCertificate } from "../../src/transport/certificate.ts";

const PEER = fileURLToPath(new URL("peer.py", import.meta.url));
/** Debian's package serves Debian's Python, which need not be the first of that name. */
const PYTHONS = ["python3", "/usr/bin/python3"];
const python = PYTHONS.find((command) => spawnSync(command, ["-c", "import msgpack"], { timeout: 30_000 }).status === 0);

/** Why there is no Python peer on this machine; undefined where there is one. */
export const missing = python === undefined ? "no Python with msgpack here: apt-get install python3-msgpack" : undefined;
/** On a user's machine the tests may be left out for that reason; where everything is to be checked they fail. */
export const isLeftOut = missing !== undefined && !process.env["CI"];

interface Line {
  readonly n: number;
  readonly result?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

interface Order {
  readonly endpoint?: string;
  readonly stream?: string;
  readonly args?: string;
  readonly kwargs?: string;
  readonly input?: string;
  readonly items?: number;
  readonly deadline_ms?: number;
  /** The code with which the input breaks after its last item; `"never"`: it goes on without a further one. */
  readonly breaks?: string;
}

type OfStreams = "open" | "read" | "drain" | "waiting" | "begin" | "sent" | "greedy" | "answer" | "cancel";
type OfLinks = "pieces" | "chunks" | "heard" | "told" | "ended" | "vanish" | "greet" | "rest";
type Action = "call" | "express" | OfStreams | OfLinks;

/** What the Python peer says in its hello. */
export interface PythonHello {
  readonly features?: readonly string[];
  readonly swarm?: string;
}

export interface PythonServerOptions extends PythonHello {
  readonly oneShot?: boolean;
  readonly trusted?: readonly Identity[];
  /** What its first callers hear in place of hello, as Python writes it: a list, `None` for those who hear nothing. */
  readonly hellos?: string;
}

/** The lines that a process of the Python peer prints; it ends when the test is over. */
function start(args: readonly string[]): { readonly child: ChildProcessWithoutNullStreams; readonly lines: AsyncIterator<string> } {
  if (python === undefined) throw new Error(missing);
  const child = spawn(python, ["-B", PEER, ...args]);
  const gone = once(child, "exit");
  child.stderr.pipe(process.stderr);
  onTestFinished(async () => {
    child.kill();
    await gone;
  });
  return { child, lines: createInterface(child.stdout)[Symbol.asyncIterator]() };
}

async function lineOf<T>(lines: AsyncIterator<string>): Promise<T> {
  const { done, value } = await lines.next();
  if (done) throw new Error("the Python peer ended");
  const line = JSON.parse(value) as T & Pick<Line, "error">;
  if (line.error !== undefined) throw new SynapseError(line.error.code, line.error.message);
  return line;
}

/** Starts its server. Over TLS it takes callers of these identities alone. */
export async function pythonServer(options: PythonServerOptions = {}) {
  const { oneShot, trusted, hellos } = options;
  const trust = trusted ? ["--trust", await certificates(trusted)] : [];
  const { lines } = start([
    "serve",
    ...(oneShot ? ["--one-shot"] : []),
    ...trust,
    ...(hellos ? ["--hellos", hellos] : []),
    ...hello(options),
  ]);
  return lineOf<{ readonly port: number; readonly id: string | null }>(lines);
}

function hello({ features, swarm }: PythonHello): string[] {
  return [...(features ? ["--features", features.join(",")] : []), ...(swarm ? ["--swarm", swarm] : [])];
}

async function certificates(identities: readonly Identity[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "synapse-interop-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "trusted.pem");
  await writeFile(file, identities.map(({ privateKey }) => selfSignedCertificate(privateKey)).join(""));
  return file;
}

/** Its client, connected to a port of this machine. What goes in and comes out is written as Python writes it. */
export class PythonClient {
  readonly id: string | null;
  /** The id that the other side has proved to it. */
  readonly peer: string | null;
  readonly hello: Readonly<Record<string, unknown>> | null;
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly pending = new Map<number, (line: Line) => void>();
  private lastOrder = 0;

  private constructor(child: ChildProcessWithoutNullStreams, greeting: Pick<PythonClient, "id" | "peer" | "hello">) {
    this.child = child;
    this.id = greeting.id;
    this.peer = greeting.peer;
    this.hello = greeting.hello;
  }

  static async connect(port: number, dialect: "plain" | "secure", options: PythonHello = {}): Promise<PythonClient> {
    const { child, lines } = start(["drive", String(port), ...(dialect === "secure" ? ["--tls"] : []), ...hello(options)]);
    const client = new PythonClient(child, await lineOf(lines));
    void client.listen(lines);
    return client;
  }

  call(endpoint: string, args = "[]", more: Order = {}): Promise<string> {
    return this.order("call", { endpoint, args, ...more });
  }

  /** Resolves with Python's `repr` of what came of it. */
  order(action: Action, order: Order = {}): Promise<string> {
    this.lastOrder += 1;
    const n = this.lastOrder;
    this.child.stdin.write(`${JSON.stringify({ n, do: action, ...order })}\n`);
    return new Promise((resolve, reject) => {
      this.pending.set(n, ({ result, error }) => {
        if (error === undefined) resolve(result ?? "");
        else reject(new SynapseError(error.code, error.message));
      });
    });
  }

  private async listen(lines: AsyncIterator<string>): Promise<void> {
    for (let next = await lines.next(); !next.done; next = await lines.next()) {
      const line = JSON.parse(next.value) as Line;
      this.pending.get(line.n)?.(line);
      this.pending.delete(line.n);
    }
  }
}
