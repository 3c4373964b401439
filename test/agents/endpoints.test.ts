import { describe, expect, test } from "vitest";
import { AgentCapability, Client, kwargs, Node, toHex } from "../../src/index.ts";
import { closing, failureOf, type GlassAgent, startAgent } from "../support/net/lifetime.ts";

const CODE_REVIEW = {
  name: "code-review",
  description: "Reads code.",
  inputSchema: { diff: "string" },
  outputSchema: { summary: "string" },
};

function reviewer(): Promise<GlassAgent> {
  return startAgent(
    { name: "ada", role: "reviewer", description: "Reads what you wrote.", swarm: "office", capabilities: [CODE_REVIEW, "python"] },
    (agent) => agent.endpoint("sum", (a: number, b: number) => a + b).onTask((task, context) => ({ task, context })),
  );
}

async function called(agent: GlassAgent, dialect: "plain" | "secure") {
  const client = closing(new Client("127.0.0.1", agent.port, { dialect }));
  return (endpoint: string, ...args: unknown[]) => client.call(endpoint, ...args);
}

describe.each(["plain", "secure"] as const)("an agent called in the %s dialect", (dialect) => {
  test.each(["_agent", "_node"])("tells under %s.info who it is", async (prefix) => {
    const call = await called(await reviewer(), dialect);
    expect(await call(`${prefix}.info`)).toEqual({
      name: "ada",
      role: "reviewer",
      description: "Reads what you wrote.",
      capabilities: ["code-review", "python"],
    });
  });

  test.each(["_agent", "_node"])("tells under %s.capabilities what it can do, and what that takes and gives", async (prefix) => {
    const call = await called(await reviewer(), dialect);
    expect(await call(`${prefix}.capabilities`)).toEqual([
      { name: "code-review", description: "Reads code.", input_schema: { diff: "string" }, output_schema: { summary: "string" } },
      { name: "python", description: "", input_schema: {}, output_schema: {} },
    ]);
  });

  test.each(["_agent", "_node"])("works under %s.ask, with context by position, by name, or none", async (prefix) => {
    const call = await called(await reviewer(), dialect);
    const context = { files: ["a.py"] };
    expect(await call(`${prefix}.ask`, "x", context)).toEqual({ task: "x", context });
    expect(await call(`${prefix}.ask`, "x", kwargs({ context }))).toEqual({ task: "x", context });
    expect(await call(`${prefix}.ask`, kwargs({ context, task: "x" }))).toEqual({ task: "x", context });
    for (const none of [[], [null], [kwargs({ context: null })]])
      expect(await call(`${prefix}.ask`, "x", ...none)).toEqual({ task: "x", context: {} });
  });

  test("refuses a task that is no text", async () => {
    const call = await called(await reviewer(), dialect);
    expect(await failureOf(call("_agent.ask", 5))).toMatchObject({ code: "bad_request", message: "task must be text", remote: true });
  });

  test("tells under _synapse.info where it is and in which swarm", async () => {
    const agent = await reviewer();
    const call = await called(agent, dialect);
    expect(await call("_synapse.info")).toEqual({
      id: toHex(agent.id),
      name: "ada",
      kind: "node",
      address: "127.0.0.1",
      port: agent.port,
      swarm: "office",
      team: "default",
      role: "reviewer",
      description: "Reads what you wrote.",
      capabilities: ["code-review", "python"],
    });
  });

  test("lists no endpoint of the protocol itself, though all can be called", async () => {
    const call = await called(await reviewer(), dialect);
    expect(await call("_synapse.methods")).toEqual([{ name: "sum", publish: true, description: "" }]);
    expect(await call("_synapse.ping")).toBe("pong");
    expect(await call("_synapse.peers")).toEqual([]);
  });
});

describe("a node without a name", () => {
  test("is called by the first characters of its id", () => {
    const node = new Node();
    expect(node.name).toBe(toHex(node.id).slice(0, 8));
  });
});

describe("a capability", () => {
  test.each([
    ["Code Review", /"code-review"/],
    ["Python", /"python"/],
    ["a//b", /"a\/b"/],
  ])("%j is refused with the spelling that would do", async (name, hint) => {
    expect(await failureOf(() => new AgentCapability(name))).toMatchObject({ code: "bad_capability", hint: expect.stringMatching(hint) });
  });

  test("whose attributes do not fit a record fails where it is added, and the agent goes on", async () => {
    const agent = await startAgent({ name: "ada" });
    const description = "x".repeat(5_000); // cut to fit; the whole of it is told by the endpoint
    await agent.capability({ name: "long", description });
    expect(await failureOf(agent.capability({ name: "fat", attributes: { a: "x".repeat(500), b: "x".repeat(500) } }))).toMatchObject({
      code: "bad_record",
      hint: expect.stringContaining("shorten"),
    });
    const call = await called(agent, "secure");
    expect(await call("_synapse.ping")).toBe("pong");
    expect(((await call("_agent.capabilities")) as { description: string }[])[0]?.description).toBe(description);
  });
});
