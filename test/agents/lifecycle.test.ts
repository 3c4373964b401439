import { describe, expect, onTestFinished, test } from "vitest";
import type { Timer } from "../../dht/index.ts";
import { type CapabilityOptions, Client, Identity, Node, type NodeOptions } from "../../src/index.ts";
import { closing, failureOf, GlassAgent, passTime, serve, startAgent, turn, until } from "../support/net/lifetime.ts";
import { rawListener } from "../support/net/one-shot-server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

/** A port of this machine at which nobody listens. */
async function emptyPort(): Promise<number> {
  const server = await serve();
  const { port } = server;
  await server.stop();
  return port;
}

async function passTurns(clock: VirtualClock, turns: number, ms: number): Promise<void> {
  for (let i = 0; i < turns; i++) {
    clock.advance(ms);
    await turn();
  }
}

/** Counts the tasks that were ever put off. */
class CountingClock extends VirtualClock {
  tasks = 0;

  override schedule(delayMs: number, task: () => void): Timer {
    this.tasks += 1;
    return super.schedule(delayMs, task);
  }
}

function agentOf(options: Partial<NodeOptions>, capabilities: readonly CapabilityOptions[] = []): GlassAgent {
  const agent = new GlassAgent({ name: "a", capabilities, ...options });
  onTestFinished(() => agent.stop());
  return agent;
}

describe("an agent whose bootstrap does not answer", () => {
  test("has not started, says why, and lets go of its port and its timers", async () => {
    const clock = new VirtualClock(1);
    const port = await emptyPort();
    const agent = agentOf({ bootstrap: [`127.0.0.1:${port}`], runtime: clock });
    const started = failureOf(agent.start());
    await until(() => agent.port > 0);
    const ownPort = agent.port;
    const error = await passTime(clock, started);
    expect(error).toMatchObject({
      code: "unreachable",
      message: expect.stringMatching(/no bootstrap address answered.*nobody listens there/),
    });
    expect(error.hint).toMatch(/same swarm/);
    expect((await failureOf(closing(new Client("127.0.0.1", ownPort)).call("_synapse.ping"))).code).toBe("unreachable");
    // Nothing goes on in the background: should somebody listen there later, nobody calls.
    const { accepted } = await rawListener(() => undefined, port);
    await passTurns(clock, 200, 1_000);
    expect(accepted).toEqual([]);
  });

  test("can be started again when it does", async () => {
    const clock = new VirtualClock(1);
    const port = await emptyPort();
    const agent = agentOf({ bootstrap: [`127.0.0.1:${port}`], runtime: clock });
    await passTime(clock, failureOf(agent.start()));
    await startAgent({ name: "late", port });
    await passTime(clock, agent.start());
    expect(agent.peers).toHaveLength(1);
  });

  test("starts all the same where it may join in the background, and joins when it can", async () => {
    const clock = new VirtualClock(1);
    const port = await emptyPort();
    const lines: string[] = [];
    const agent = agentOf({ bootstrap: [`127.0.0.1:${port}`], join: "background", runtime: clock, log: (line) => lines.push(line) });
    await passTime(clock, agent.start());
    expect(lines).toEqual([expect.stringMatching(/not in the network yet.*still trying/)]);
    await startAgent({ name: "late", port });
    await passTime(
      clock,
      until(() => agent.peers.length === 1),
    );
  });
});

describe("an agent whose capability fits no record", () => {
  test("has not started, and nothing goes on in the background", async () => {
    const clock = new CountingClock(1);
    const first = await startAgent({ name: "first" });
    const fat = { name: "fat", attributes: { a: "x".repeat(500), b: "x".repeat(500) } };
    const agent = agentOf({ bootstrap: [`127.0.0.1:${first.port}`], runtime: clock }, [fat]);
    expect((await passTime(clock, failureOf(agent.start()))).code).toBe("bad_record");
    await passTurns(clock, 100, 10_000); // what was under way comes to its end
    const { tasks } = clock;
    await passTurns(clock, 500, 10_000);
    expect(clock.tasks).toBe(tasks);
  });
});

describe("an agent joins", () => {
  test("through any one of several addresses", async () => {
    const first = await startAgent({ name: "first" });
    const agent = agentOf({ bootstrap: [`127.0.0.1:${await emptyPort()}`, `127.0.0.1:${first.port}`] });
    await agent.start();
    expect(agent.peers.map(({ key }) => key)).toEqual([first.contact.key]);
  });

  test.each<[string, (address: string) => Partial<NodeOptions>, string, RegExp]>([
    ["a node of another swarm", () => ({ swarm: "elsewhere" }), "wrong_swarm", /swarm "home".*"elsewhere"/],
    ["itself", () => ({ swarm: "home", identity: OWN }), "unreachable", /is this node itself/],
  ])("but not through %s", async (_, options, code, message) => {
    const clock = new VirtualClock(1);
    const there = await startAgent({ name: "there", swarm: "home", identity: OWN });
    const address = `127.0.0.1:${there.port}`;
    const agent = agentOf({ ...options(address), bootstrap: [address], runtime: clock });
    expect(await passTime(clock, failureOf(agent.start()))).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(there.peers).toEqual([]);
  });

  test("nobody where its own address alone was given: a list that all share names it, and somebody is first", async () => {
    const port = await emptyPort();
    const shared = { bootstrap: [`127.0.0.1:${port}`] };
    const first = agentOf({ ...shared, port });
    await first.start();
    const second = agentOf(shared);
    await second.start();
    expect(second.peers.map(({ key }) => key)).toEqual([first.contact.key]);
  });

  test("but not through a server that is no member of anything", async () => {
    const clock = new VirtualClock(1);
    const server = await serve();
    const agent = agentOf({ bootstrap: [`127.0.0.1:${server.port}`], runtime: clock });
    expect(await passTime(clock, failureOf(agent.start()))).toMatchObject({ message: expect.stringMatching(/not a member of a swarm/) });
  });
});

describe("a node", () => {
  test.each([{ swarm: "" }, { swarm: "x".repeat(256) }])("is not made with %j", async (options) => {
    expect((await failureOf(() => new Node(options))).code).toBe("bad_options");
  });

  test("complains of a bootstrap address that is none when it is made, not when it joins", async () => {
    expect((await failureOf(() => new Node({ bootstrap: ["nowhere"] }))).code).toBe("bad_address");
  });

  test("that has not been started says so", async () => {
    const node = new Node();
    for (const act of [() => node.contact, () => node.peers, () => node.find("x")]) {
      expect(await failureOf(act)).toMatchObject({ code: "bad_options", hint: expect.stringMatching(/start\(\)/) });
    }
  });

  test("without a port that others can dial is answered, and enters no table", async () => {
    const first = await startAgent({ name: "first" });
    const mute = await startAgent({ name: "mute", listen: false, bootstrap: [`127.0.0.1:${first.port}`] });
    expect(mute.peers.map(({ key }) => key)).toEqual([first.contact.key]);
    expect(await mute.call(first.contact, "_synapse.ping")).toBe("pong");
    expect(first.peers).toEqual([]);
  });

  test("that has joined can be stopped and started again", async () => {
    const first = await startAgent({ name: "first" });
    const agent = agentOf({ bootstrap: [`127.0.0.1:${first.port}`] });
    await agent.start();
    await until(() => first.peers.length === 1); // it has been dialled back
    await agent.stop();
    await until(() => first.insides.core.pool.size === 0);
    await agent.start();
    expect(agent.peers).toHaveLength(1);
    expect(await first.call(agent.contact, "_synapse.ping")).toBe("pong");
  });
});

const OWN = Identity.generate();

describe("two agents", () => {
  test("keep one link between them once the one that was called has dialled back", async () => {
    const first = agentOf({});
    await first.start();
    const newcomer = agentOf({ bootstrap: first.addresses });
    await newcomer.start();
    const dialled = () => [first, newcomer].map((agent) => agent.insides.core.pool.size);
    await until(() => first.peers.length === 1 && `${dialled()}` === "0,1");
    expect(await first.call(newcomer.contact, "_synapse.ping")).toBe("pong");
    expect(dialled()).toEqual([0, 1]);
  });
});
