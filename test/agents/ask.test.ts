import { describe, expect, test } from "vitest";
import { type AgentOptions, callOptions, kwargs, SynapseError } from "../../src/index.ts";
import { deferred, failureOf, type GlassAgent, startAgent, until } from "../support/net/lifetime.ts";

/** Agents in one network: the first is whom the others join through. */
async function network(...each: readonly (Partial<AgentOptions> & { readonly work?: (task: string) => unknown })[]): Promise<GlassAgent[]> {
  const agents: GlassAgent[] = [];
  for (const [number, { work, ...options }] of each.entries()) {
    const [first] = agents;
    agents.push(
      await startAgent({ name: `agent-${number}`, ...options, ...(first && { bootstrap: [`127.0.0.1:${first.port}`] }) }, (agent) => {
        if (work !== undefined) agent.onTask((task) => work(task));
      }),
    );
  }
  return agents;
}

function at(agents: readonly GlassAgent[], index: number): GlassAgent {
  const agent = agents[index];
  if (agent === undefined) throw new Error(`no agent ${index}`);
  return agent;
}

test("What a finder's own onMatch throws ends the search, and is the finder's to see", async () => {
  const finder = await startAgent({ name: "finder", capabilities: ["work"] });
  let told = 0;
  const onMatch = () => {
    told += 1;
    throw new Error("not that one");
  };
  await expect(finder.find("work", { onMatch })).rejects.toThrow("not that one");
  expect(told).toBe(1);
  const other = await startAgent({ name: "other", bootstrap: [finder.addresses[0] as string] });
  await expect(other.find("work", { onMatch })).rejects.toThrow("not that one");
  expect(told).toBe(2);
});

test("What a finder's own rank throws ends the search in the same way, after the first comparison", async () => {
  const finder = await startAgent({ name: "finder", capabilities: ["work/a", "work/b", "work/c"] });
  const other = await startAgent({ name: "other", bootstrap: [finder.addresses[0] as string] });
  let compared = 0;
  const rank = () => {
    compared += 1;
    throw new Error("no order in that");
  };
  for (const agent of [finder, other]) await expect(agent.find("work", { rank })).rejects.toThrow("no order in that");
  expect(compared).toBe(2);
});

describe("agents that have joined", () => {
  test("know each other", async () => {
    const agents = await network({}, {}, {}, {}, {});
    const ids = agents.map(({ contact }) => contact.key).sort();
    await until(() => agents.every(({ peers }) => peers.length === agents.length - 1));
    for (const agent of agents) expect([agent.contact.key, ...agent.peers.map(({ key }) => key)].sort()).toEqual(ids);
  });

  test("find each other by capability, by a level above it, and by nothing else", async () => {
    const agents = await network({}, { capabilities: ["code-review/python"] }, { capabilities: ["code-review/rust", "cooking"] }, {});
    const names = async (capability: string) => (await at(agents, 3).find(capability)).matches.map(({ record }) => record.name).sort();
    expect(await names("code-review")).toEqual(["agent-1", "agent-2"]);
    expect(await names("code-review/python")).toEqual(["agent-1"]);
    expect(await names("cooking")).toEqual(["agent-2"]);
    expect(await names("code")).toEqual([]);
  });

  test("find what was added after the start", async () => {
    const agents = await network({}, {}, {});
    await at(agents, 1).capability({ name: "late", attributes: { price: 0.5 } });
    const { matches } = await at(agents, 2).find("late");
    expect(matches.map(({ record }) => [record.name, record.attributes])).toEqual([["agent-1", { price: 0.5 }]]);
  });

  test("no longer find what an agent offered that has stopped", async () => {
    const agents = await network({}, { capabilities: ["short-lived"] }, { capabilities: ["short-lived"] }, {});
    expect((await at(agents, 3).find("short-lived")).matches).toHaveLength(2);
    await at(agents, 1).stop();
    expect((await at(agents, 3).find("short-lived")).matches.map(({ record }) => record.name)).toEqual(["agent-2"]);
    await at(agents, 2).stop();
    expect(await failureOf(at(agents, 3).ask("short-lived", "x"))).toMatchObject({ code: "not_found" });
  });

  test("walk to the nodes nearest to an id", async () => {
    const agents = await network({}, {}, {});
    const { closest } = await at(agents, 2).lookup(at(agents, 1).id);
    expect(closest[0]?.key).toBe(at(agents, 1).contact.key);
  });
});

describe("a task", () => {
  test("is done by an agent that offers it, and the answer tells by which", async () => {
    const agents = await network({}, { capabilities: ["upper"], work: (task) => task.toUpperCase() }, {});
    const answer = await at(agents, 2).ask("upper", "hello");
    expect(answer).toMatchObject({ result: "HELLO", passedOver: [], agent: { record: { name: "agent-1", capability: "upper" } } });
  });

  test("reaches the handler with its context and its caller", async () => {
    const agents = await network({}, { capabilities: ["look"] });
    const seen: unknown[] = [];
    at(agents, 1).onTask((task, context, { peerId }) => seen.push(task, context, peerId));
    await at(agents, 0).ask("look", "here", { context: { files: ["a.ts"], bytes: Uint8Array.of(1) } });
    expect(seen).toEqual(["here", { files: ["a.ts"], bytes: Uint8Array.of(1) }, at(agents, 0).id]);
  });

  test("passes over an agent that is dead to the next", async () => {
    const living = { capabilities: ["work"], work: () => "done" };
    const agents = await network({}, living, living, {});
    const asker = at(agents, 3);
    const order = (await asker.ask("work", "who comes first?")).agent?.record.name;
    const [first, second] = order === "agent-1" ? [1, 2] : [2, 1];
    await at(agents, first).crash();
    const answers = [await asker.ask("work", "again"), await asker.ask("work", "and again")];
    for (const { result, agent, passedOver } of answers) {
      expect([result, agent?.record.name]).toEqual(["done", `agent-${second}`]);
      for (const { agent: dead, error } of passedOver) {
        expect(dead.record.name).toBe(`agent-${first}`);
        expect(error.remote).toBe(false);
      }
    }
  });

  test("passes over an agent that dies while it works", async () => {
    const begun = deferred();
    const agents = await network({}, { capabilities: ["work"], work: () => begun.resolve() ?? new Promise(() => undefined) }, {});
    const answer = failureOf(at(agents, 2).ask("work", "x"));
    await begun.promise;
    await at(agents, 1).crash();
    expect(await answer).toMatchObject({
      code: "unreachable",
      message: expect.stringMatching(/all 1 agents found for work are gone; the last, agent-1/),
    });
  });

  test("passes over an agent that is busy, and says so", async () => {
    const busy = () => {
      throw new SynapseError("busy", "too much to do");
    };
    const agents = await network({}, { capabilities: ["work"], work: busy }, { capabilities: ["work"], work: () => "done" }, {});
    const { result, agent, passedOver } = await at(agents, 3).ask("work", "x");
    expect([result, agent?.record.name]).toEqual(["done", "agent-2"]);
    for (const { error } of passedOver) expect(error).toMatchObject({ code: "busy", remote: true });
  });

  test("that an agent fails at has been answered: nobody else gets it", async () => {
    const tried: string[] = [];
    const failing = (name: string) => () => {
      tried.push(name);
      throw new SynapseError("too_hard", "cannot do this");
    };
    const agents = await network({}, { capabilities: ["work"], work: failing("a") }, { capabilities: ["work"], work: failing("b") }, {});
    expect(await failureOf(at(agents, 3).ask("work", "x"))).toMatchObject({ code: "too_hard", message: "cannot do this", remote: true });
    expect(tried).toHaveLength(1);
  });

  test("can be given to one address, contact or match", async () => {
    const agents = await network({}, { capabilities: ["work"], work: (task) => `did ${task}` }, {});
    const [, worker, asker] = [at(agents, 0), at(agents, 1), at(agents, 2)];
    const [match] = (await asker.find("work")).matches;
    if (match === undefined) throw new Error("not found");
    for (const target of [`127.0.0.1:${worker.port}`, worker.contact])
      expect(await asker.ask(target, "it")).toEqual({ result: "did it", agent: undefined, passedOver: [] });
    expect(await asker.ask(match, "it")).toEqual({ result: "did it", agent: match, passedOver: [] });
  });

  test("can be called off while it is worked on, and the agent is told", async () => {
    const begun = deferred<AbortSignal>();
    const agents = await network({}, { capabilities: ["work"] }, {});
    at(agents, 1).onTask((_, __, { signal }) => {
      begun.resolve(signal);
      return new Promise((resolve) => signal.addEventListener("abort", resolve));
    });
    const controller = new AbortController();
    const aborted = failureOf(at(agents, 2).ask("work", "x", { signal: controller.signal }));
    const signal = await begun.promise;
    controller.abort();
    expect((await aborted).code).toBe("aborted");
    await until(() => signal.aborted);
  });
});

describe("an error says what is wrong", () => {
  test.each<[string, string, (agent: GlassAgent, other: GlassAgent) => Promise<unknown>]>([
    ["not_found", "nobody offers it", (agent) => agent.ask("nothing-like-it", "x")],
    ["bad_query", "it is no query", (agent) => agent.ask("Code Review", "x")],
    ["bad_query", "it is empty", (agent) => agent.find("")],
    ["aborted", "the signal is aborted already", (agent) => agent.ask("x", "y", { signal: AbortSignal.abort() })],
    ["aborted", "the call's signal is", (agent, other) => agent.call(other.contact, "x", callOptions({ signal: AbortSignal.abort() }))],
    ["bad_address", "the target is no address", (agent) => agent.ask("host:port:more", "x")],
    ["unreachable", "nobody listens there", (agent) => agent.ask("127.0.0.1:1", "x")],
    ["wrong_peer", "another listens there", (agent, other) => agent.call({ ...other.contact, id: agent.id, key: "k" }, "x")],
    ["internal_error", "the agent has no handler", (agent, other) => agent.ask(other.contact, "x")],
    ["bad_request", "the task is missing", (agent, other) => agent.call(other.contact, "_agent.ask", kwargs({ context: {} }))],
    ["bad_request", "there is no such endpoint", (agent, other) => agent.call(other.contact, "no.such")],
  ])("%s where %s", async (code, _, act) => {
    const agents = await network({}, {});
    expect((await failureOf(act(at(agents, 0), at(agents, 1)))).code).toBe(code);
  });
});
