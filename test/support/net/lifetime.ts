import { onTestFinished } from "vitest";
import { AgentNode, type AgentOptions, Server, type ServerOptions, SynapseError } from "../../../src/index.ts";
import { RpcCore } from "../../../src/rpc/core.ts";
import type { VirtualClock } from "../virtual-clock.ts";

/** An agent whose inside can be looked at. */
export class GlassAgent extends AgentNode {
  private isGone = false;

  get insides() {
    return { core: this.core, overlay: this.overlay };
  }

  /** Goes as a process goes that is killed: nothing is withdrawn, nobody is told. */
  async crash(): Promise<void> {
    this.isGone = true;
    this.overlay.stop();
    await this.core.close(0);
  }

  override async stop(): Promise<void> {
    if (!this.isGone) await super.stop();
  }
}

/** A server whose inside can be looked at. */
export class GlassServer extends Server {
  get insides() {
    return { core: this.core };
  }

  /** Lets it stop at once, though handlers are at work that will never end. */
  abandonCalls(): void {
    this.core.close = () => RpcCore.prototype.close.call(this.core, 0);
  }
}

/** A server on any free port, stopped when the test is over. */
export async function serve(
  options: ServerOptions = {},
  prepare: (server: GlassServer) => unknown = () => undefined,
): Promise<GlassServer> {
  const server = new GlassServer({ port: 0, ...options });
  prepare(server);
  onTestFinished(() => server.stop());
  await server.start();
  return server;
}

/** An agent on any free port, stopped when the test is over. */
export async function startAgent(options: AgentOptions, prepare: (agent: GlassAgent) => unknown = () => undefined): Promise<GlassAgent> {
  const agent = new GlassAgent(options);
  prepare(agent);
  onTestFinished(() => agent.stop());
  await agent.start();
  return agent;
}

/** Closes something when the test is over. */
export function closing<T extends { close(): unknown }>(thing: T): T {
  onTestFinished(async () => {
    await thing.close();
  });
  return thing;
}

/** Turns of the event loop pass until a condition holds; the test's own time limit ends a wait that is in vain. */
export async function until(condition: () => boolean): Promise<void> {
  let isOver = false;
  onTestFinished(() => {
    isOver = true;
  });
  while (!condition()) {
    if (isOver) throw new Error("the test was over before this came true");
    await turn();
  }
}

/** Lets everything that is ready to run do so. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Lets virtual time pass, a tenth of a second a turn, until something has settled. */
export async function passTime<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
  let settled = false;
  const mark = () => {
    settled = true;
  };
  work.then(mark, mark);
  while (!settled) {
    await turn();
    clock.advance(100);
  }
  return work;
}

/** The error that something fails with, which the test expects. */
export async function failureOf(work: Promise<unknown> | (() => unknown)): Promise<SynapseError> {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    if (error instanceof SynapseError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

/** A promise and what settles it. */
export function deferred<T = void>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let settle: ((value: T) => void) | undefined;
  const promise = new Promise<T>((resolve) => {
    settle = resolve;
  });
  return { promise, resolve: (value) => settle?.(value) };
}
