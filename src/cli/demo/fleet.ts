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
/** The first process to start hosts the one address that all others are given. */
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
  async start(swarm: string): Promise<void> {
    const perProcess = AGENTS / PROCESSES;
    for (let index = 0; index < PROCESSES; index++) {
      const agents = NAMES.slice(index * perProcess, (index + 1) * perProcess).map((name, i) => ({
        name,
        skill: (index * perProcess + i) % SKILLS.length,
      }));
      // The first alone, for its address; then the others, all at once.
      if (index === 0) await this.launch({ swarm, agents, bootstrap: [] });
      else if (index === 1) this.bootstrap = this.hosts[0]?.agents[0]?.address ?? "";
      if (index > 0) this.pending.push(this.launch({ swarm, agents, bootstrap: [this.bootstrap] }));
    }
    await Promise.all(this.pending);
  }

  private readonly pending: Promise<void>[] = []; // PROCESSES - 1

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

  private async launch(orders: HostOrders): Promise<void> {
    const child = fork(fileURLToPath(import.meta.resolve("./host.js")), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
    const report = await new Promise<HostReport>((resolve, reject) => {
      const timer = setTimeout(() => {
        child.kill("SIGKILL");
        reject(new SynapseError("timed_out", `the agents of a process were not up after ${START_TIMEOUT_MS / 1000} s`));
      }, START_TIMEOUT_MS);
      child.once("message", (message) => {
        clearTimeout(timer);
        resolve(message as HostReport);
      });
      child.once("exit", (code) => {
        clearTimeout(timer);
        reject(new SynapseError("unreachable", `a process of agents ended with exit code ${code}`));
      });
      child.once("error", reject);
      child.send(orders);
    });
    this.hosts.push({ process: child, agents: report.agents });
  }
}
