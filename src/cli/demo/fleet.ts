import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { SynapseError } from "../../errors.ts";
import type { HostedAgent, HostOrders, HostReport } from "./host.ts";
import { SKILLS } from "./skills.ts";

export const PROCESSES = 4;
const NAMES = [
  ...["ada", "alan", "anita", "barbara", "charles", "dennis", "donald", "edsger"],
  ...["frances", "grace", "hedy", "ivan", "jean", "john", "katherine", "ken"],
  ...["leslie", "linus", "lynn", "margaret", "niklaus", "radia", "sophie", "tim"],
];
export const AGENTS = NAMES.length;
/** Time for a process to have its agents in the network, and to leave it, ms. */
const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 8_000;

export interface Host {
  readonly process: ChildProcess;
  readonly agents: readonly HostedAgent[];
}

/** The demonstration's agents: {@link AGENTS} of them in {@link PROCESSES} processes, joined through one address. */
export class Fleet {
  readonly hosts: Host[] = []; // PROCESSES
  bootstrap = "";

  /** Starts all processes; resolves when every agent is in the network. */
  async start(swarm: string, signal?: AbortSignal): Promise<void> {
    const [first, ...others] = crews();
    if (first === undefined) return;
    await this.launch({ swarm, agents: first, bootstrap: [] }, signal); // the first alone, for its address
    this.bootstrap = this.hosts[0]?.agents[0]?.address ?? "";
    await Promise.all(others.map((agents) => this.launch({ swarm, agents, bootstrap: [this.bootstrap] }, signal)));
  }

  /** The process in which an agent lives. */
  hostOf(nodeId: string): Host | undefined {
    return this.hosts.find(({ agents }) => agents.some(({ id }) => id === nodeId));
  }

  /** As a crash would: nothing is said to anybody. */
  async kill(host: Host): Promise<void> {
    const ended = once(host.process, "exit");
    host.process.kill("SIGKILL");
    await ended;
  }

  /** Has all agents leave, and ends the processes. */
  async stop(): Promise<void> {
    await Promise.all(
      this.hosts.map(async ({ process: child }) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = once(child, "exit");
        const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
        if (child.connected) child.disconnect(); // its sign to stop
        await ended;
        clearTimeout(timer);
      }),
    );
  }

  private async launch(orders: HostOrders, signal: AbortSignal | undefined): Promise<void> {
    const child = fork(fileURLToPath(import.meta.resolve("./host.js")), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    try {
      this.hosts.push({ process: child, agents: (await reportOf(child, orders, signal)).agents });
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
  }
}

/** Gives a process its orders and waits until its agents are in the network. */
function reportOf(child: ChildProcess, orders: HostOrders, signal: AbortSignal | undefined): Promise<HostReport> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(new SynapseError("aborted", "interrupted"));
    const timer = setTimeout(
      () => reject(new SynapseError("timed_out", `the agents of a process were not up after ${START_TIMEOUT_MS / 1000} s`)),
      START_TIMEOUT_MS,
    );
    const settled = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
    };
    if (signal?.aborted) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    child.once("error", reject);
    child.once("exit", (code) => {
      settled();
      reject(new SynapseError("unreachable", `a process of agents ended with exit code ${code}`));
    });
    child.once("message", (message) => {
      settled();
      resolve(message as HostReport);
    });
    child.send(orders);
  });
}

/** Who lives in which process, and what each can do: skills go round, so that no process has all agents of one. */
function crews(): HostOrders["agents"][] {
  const perProcess = AGENTS / PROCESSES;
  const agents = NAMES.map((name, index) => ({ name, skill: index % SKILLS.length }));
  return Array.from({ length: PROCESSES }, (_, index) => agents.slice(index * perProcess, (index + 1) * perProcess));
}
