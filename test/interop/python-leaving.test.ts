import { describe, expect, test } from "vitest";
import { deferred } from "../support/net/lifetime.ts";
import { fromPython, title, toPython } from "./pairs.ts";
import { isLeftOut } from "./python-peer.ts";

describe.skipIf(isLeftOut)(`leaving${title}`, () => {
  test("our server that stops answers what Python has asked, refuses what it asks then, and lets it close", async () => {
    const begun = deferred();
    const release = deferred<string>();
    const { python, server } = await fromPython("secure", (it) => it.endpoint("held", () => begun.resolve() ?? release.promise));
    await python.order("begin", { endpoint: "held", stream: "held" });
    await begun.promise;
    const stopped = server.stop();
    expect(await python.order("told")).toBe("True");
    await expect(python.call("_synapse.ping")).rejects.toMatchObject({ code: "busy" });
    release.resolve("at last");
    expect(await python.order("answer", { stream: "held" })).toBe("'at last'");
    await python.order("ended");
    await stopped;
    expect(await python.order("heard")).toBe("['hello', 'goaway', 'response', 'response']");
  });

  test("our server that stops lets a stream to Python run to its end", async () => {
    const begun = deferred();
    const release = deferred();
    const { python, server } = await fromPython("secure", (it) =>
      it.endpoint("numbers", async function* () {
        yield 0;
        begun.resolve();
        await release.promise;
        for (let n = 1; n < 20; n++) yield n;
      }),
    );
    await python.order("open", { endpoint: "numbers", stream: "numbers" });
    await begun.promise;
    const stopped = server.stop();
    await python.order("told");
    release.resolve();
    const items = await python.order("drain", { stream: "numbers" });
    expect(JSON.parse(items)).toEqual([Array.from({ length: 20 }, (_, n) => n)]);
    await python.order("ended");
    await stopped;
  });

  test("when Python leaves, we call it over a new link, hear the rest over the old one, and close that", async () => {
    const { client } = await toPython("secure");
    const held = client.call("hold");
    await client.call("leave");
    expect(await client.call("connections")).toBe(2);
    await client.call("release");
    expect(await held).toBe("held");
    // Answered once the old link has ended. With a new one to the same peer we need it no more, and say so.
    expect(await client.call("others")).toEqual([["hello", "request", "request", "goaway"]]);
  });

  test("a call that was on its way when Python said goaway is made again", async () => {
    const { client } = await toPython("secure");
    await client.call("echo", 0);
    const [, echoed, connections] = await Promise.all([client.call("leave"), client.call("echo", 1), client.call("connections")]);
    expect([echoed, connections]).toEqual([1, 2]);
    // It did read them over the old link, and refused them.
    const [[hello, ...old] = []] = (await client.call("others")) as string[][];
    expect([hello, ...old.filter((kind) => kind === "request")]).toEqual(["hello", "request", "request", "request", "request"]);
  });

  test("Python that leaves with a call of ours to answer is not asked for more in between", async () => {
    const { client } = await toPython("secure");
    const order: string[] = [];
    const held = client.call("hold").then(() => order.push("held"));
    await client.call("leave");
    for (let n = 0; n < 5; n++) await client.call("echo", n);
    expect([order, await client.call("connections")]).toEqual([[], 2]);
    await client.call("release");
    await held;
    expect(order).toEqual(["held"]);
  });
});
