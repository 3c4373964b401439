import { describe, expect, onTestFinished, test } from "vitest";
import { Node, type NodeOptions } from "../../src/index.ts";
import { deferred, failureOf, GlassAgent, startAgent, until } from "../support/net/lifetime.ts";
import { rawListener } from "../support/net/one-shot-server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

/** A node on a clock that stands still: nothing ends because its time is over. */
function timeless(options: NodeOptions = {}): Node {
  const node = new Node({ runtime: new VirtualClock(1), ...options });
  onTestFinished(() => node.stop());
  return node;
}

describe("a node that is stopped while it joins", () => {
  test.each(["required", "background"] as const)("has not started, and leaves nothing open: %s", async (join) => {
    const silent = await rawListener();
    const node = timeless({ bootstrap: [`127.0.0.1:${silent.port}`], join });
    const started = failureOf(node.start());
    await until(() => silent.accepted.length === 1);
    await node.stop();
    expect((await started).code).toBe("aborted");
    expect([node.port, node.addresses]).toEqual([0, []]);
    await silent.accepted[0]?.rest(); // and its dial is given up
  });

  test("can be started again, and joins then", async () => {
    const first = await startAgent({ name: "first" });
    const node = new Node({ bootstrap: [`127.0.0.1:${first.port}`] });
    onTestFinished(() => node.stop());
    const started = failureOf(node.start());
    await node.stop();
    expect((await started).code).toBe("aborted");
    await node.start();
    expect(node.peers).toHaveLength(1);
  });
});

describe("a join under way", () => {
  test("is over when another begins", async () => {
    const silent = await rawListener();
    const first = await startAgent({ name: "first" });
    const node = timeless();
    await node.start();
    const overtaken = failureOf(node.join([`127.0.0.1:${silent.port}`]));
    await node.join([`127.0.0.1:${first.port}`]);
    expect((await overtaken).code).toBe("aborted");
  });

  test("is over when the node is stopped", async () => {
    const silent = await rawListener();
    const node = timeless();
    await node.start();
    const joining = failureOf(node.join([`127.0.0.1:${silent.port}`]));
    await node.stop();
    expect((await joining).code).toBe("aborted");
  });
});

describe("an agent that is stopped", () => {
  test("while it publishes has not started, and is not found", async () => {
    const first = await startAgent({ name: "first" });
    const agent = new GlassAgent({ name: "a", capabilities: ["work"], bootstrap: [`127.0.0.1:${first.port}`] });
    const started = failureOf(agent.start());
    await until(() => first.insides.overlay.store.size > 0);
    await agent.stop();
    expect((await started).code).toBe("aborted");
    expect((await first.find("work")).matches).toEqual([]);
  });

  test("lets calls end that came over links it dialled itself, and takes no others", async () => {
    const [begun, release] = [deferred(), deferred<string>()];
    const first = await startAgent({ name: "first" });
    const agent = await startAgent({ name: "second", listen: false, bootstrap: [`127.0.0.1:${first.port}`] }, (it) =>
      it.endpoint("slow", () => begun.resolve() ?? release.promise),
    );
    const { id } = agent;
    const contact = { ...agent.contact, id };
    const answer = first.call(contact, "slow");
    await begun.promise;
    const stopped = agent.stop();
    expect(await failureOf(first.call(contact, "_synapse.ping"))).toMatchObject({ code: "busy", remote: true });
    release.resolve("done");
    expect(await answer).toBe("done");
    await stopped;
  });
});
