import { describe, expect, test } from "vitest";
import { AgentNode, type AgentOptions, Client } from "../../src/index.ts";
import { closing, failureOf, type GlassAgent, startAgent, until } from "../support/net/lifetime.ts";

/** As many as a node publishes. */
const MOST = 64;

async function pair(options: Partial<AgentOptions> = {}): Promise<{ readonly first: GlassAgent; readonly agent: GlassAgent }> {
  const first = await startAgent({ name: "first" });
  const agent = await startAgent({ name: "ada", bootstrap: [`127.0.0.1:${first.port}`], ...options });
  return { first, agent };
}

async function namesFound(by: GlassAgent, capability: string): Promise<string[]> {
  return (await by.find(capability)).matches.map(({ record }) => record.name);
}

function namesOffered(agent: AgentNode): string[] {
  return agent.capabilities.map(({ name }) => name);
}

describe("a capability that is added", () => {
  test("while the start publishes others is published as well", async () => {
    const first = await startAgent({ name: "first" });
    const late: Promise<unknown>[] = [];
    const agent = await startAgent({ name: "ada", capabilities: ["early"], bootstrap: [`127.0.0.1:${first.port}`] }, (it) => {
      // As soon as somebody holds the first, and before the agent has heard of it.
      void until(() => first.insides.overlay.store.size > 0).then(() => late.push(it.capability("late")));
    });
    await until(() => late.length === 1);
    await Promise.all(late);
    expect(namesOffered(agent)).toEqual(["early", "late"]);
    expect(await namesFound(first, "late")).toEqual(["ada"]);
  });

  test("beyond those that a node publishes is refused, and not listed", async () => {
    const { agent } = await pair();
    for (let i = 0; i < MOST; i++) await agent.capability(`skill/n${i}`);
    expect((await failureOf(agent.capability("one-too-many"))).code).toBe("too_many");
    expect(namesOffered(agent)).toHaveLength(MOST);
    expect(namesOffered(agent)).not.toContain("one-too-many");
    await agent.capability({ name: "skill/n0", description: "known already: it only changes" });
    const info = await closing(new Client("127.0.0.1", agent.port)).call("_agent.info");
    expect((info as { capabilities: string[] }).capabilities).toHaveLength(MOST);
  });

  test("beyond those that a node publishes is refused before the start too", async () => {
    const names = Array.from({ length: MOST }, (_, i) => `skill/n${i}`);
    expect((await failureOf(() => new AgentNode({ name: "ada", capabilities: [...names, "one-too-many"] }))).code).toBe("too_many");
    const agent = new AgentNode({ name: "ada", capabilities: names });
    expect((await failureOf(agent.capability("one-too-many"))).code).toBe("too_many");
  });

  test("and fits no record is not listed; what was offered under its name before stays", async () => {
    const { first, agent } = await pair({ capabilities: [{ name: "work", version: "1" }] });
    const fat = { a: "x".repeat(500), b: "x".repeat(500) };
    expect((await failureOf(agent.capability({ name: "fat", attributes: fat }))).code).toBe("bad_record");
    expect((await failureOf(agent.capability({ name: "work", version: "2", attributes: fat }))).code).toBe("bad_record");
    expect(agent.capabilities).toMatchObject([{ name: "work", version: "1" }]);
    expect(await namesFound(first, "work")).toEqual(["ada"]);
  });
});

describe("a capability that is withdrawn", () => {
  test("is offered no more, and nobody finds it", async () => {
    const { first, agent } = await pair({ capabilities: ["work", "other"] });
    expect(await namesFound(first, "work")).toEqual(["ada"]);
    expect(await agent.withdraw("work")).toBe(true);
    expect(namesOffered(agent)).toEqual(["other"]);
    expect(await namesFound(first, "work")).toEqual([]);
    expect(await namesFound(first, "other")).toEqual(["ada"]);
  });

  test("can be offered again", async () => {
    const { first, agent } = await pair({ capabilities: ["work"] });
    await agent.withdraw("work");
    await agent.capability("work");
    expect(await namesFound(first, "work")).toEqual(["ada"]);
  });

  test("before the start is not published by it", async () => {
    const first = await startAgent({ name: "first" });
    await startAgent({ name: "ada", capabilities: ["work"], bootstrap: [`127.0.0.1:${first.port}`] }, (it) => void it.withdraw("work"));
    expect(await namesFound(first, "work")).toEqual([]);
  });

  test("and was never offered is none", async () => {
    const { agent } = await pair();
    expect(await agent.withdraw("work")).toBe(false);
  });
});
