import { describe, expect, test } from "vitest";
import { simulation } from "../../simulations/index.ts";
import { AgentNode } from "../../src/index.ts";

describe("Agents of one's own in a simulated world", () => {
  /** An echo that is asked, crashes while it works, and comes back. */
  async function history(seed: number): Promise<{ hash: string; heard: unknown[] }> {
    const world = simulation({ seed });
    await world.grow(4);
    const heard: unknown[] = [];
    const echo = (name: string) =>
      world.agent((here) =>
        new AgentNode({ name, capabilities: ["echo"], ...here }).onTask(async (task) => {
          await world.sleep("3s");
          heard.push(name);
          return task;
        }),
      );
    const [first] = [await echo("first"), await echo("second")];
    const asker = await world.agent({ name: "asker" });
    await world.settle();
    const asked = world.run(() => asker.ask("echo", "hello", { timeoutMs: 120_000 }));
    await world.sleep("3s");
    await world.crash(first);
    expect((await asked).result).toBe("hello");
    await world.restart(first);
    await world.settle();
    const { matches } = await world.run(() => asker.find("echo"));
    expect(matches.map(({ record }) => record.name).sort()).toEqual(["first", "second"]);
    expect(world.faults).toEqual([]);
    return { hash: world.traceHash, heard };
  }

  test("have one history for a seed, crash and restart included", async () => {
    const [once, again, other] = [await history(1), await history(1), await history(2)];
    expect(again).toEqual(once);
    expect(other.hash).not.toBe(once.hash);
  });

  test("do nothing more when their host has crashed", async () => {
    const world = simulation();
    const done: string[] = [];
    const agent = await world.agent((here) =>
      new AgentNode({ name: "sleeper", capabilities: ["sleep"], ...here }).onTask(async () => {
        done.push("began");
        await world.sleep("1m");
        done.push("ended");
      }),
    );
    const asker = await world.agent({ name: "asker" });
    await world.settle();
    const asked = world.run(() => asker.ask("sleep", "well", { timeoutMs: 90_000 }));
    await world.sleep("10s");
    await world.crash(agent);
    await expect(asked).rejects.toMatchObject({ code: "unreachable" });
    await world.sleep("5m");
    expect(done).toEqual(["began"]);
  });

  test("that wait for what never comes are told so, in virtual time", async () => {
    const world = simulation();
    await expect(world.run(() => new Promise(() => undefined), { withinMs: "10m" })).rejects.toMatchObject({ code: "never_settled" });
    expect(world.now).toBe(600_000);
  });

  test("must be made with what the world gives", async () => {
    const world = simulation();
    await expect(world.agent(() => new AgentNode({ name: "stray" }))).rejects.toMatchObject({ code: "bad_options" });
  });
});
