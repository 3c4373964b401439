import { describe, expect, test } from "vitest";
import { Client, input, SynapseError } from "../../src/index.ts";
import { closing, failureOf, serve } from "../support/net/lifetime.ts";
import { RawPeer } from "../support/net/raw-peer.ts";

const HELLO = { type: "hello", version: 2, swarm: "", listen: [], features: ["stream", "items"], software: "", observed: "" };

async function linked(prepare: Parameters<typeof serve>[1]) {
  const server = await serve({}, prepare);
  const client = closing(new Client("127.0.0.1", server.port, { dialect: "secure" }));
  await client.call("_synapse.ping"); // both sides know what the other understands
  return { server, client };
}

describe("Items that are ready together", () => {
  test("leave in few messages, as far as there is credit", async () => {
    const { server } = await linked((it) => {
      it.endpoint("count", function* (until: number) {
        for (let n = 0; n < until; n++) yield n;
      });
    });
    const peer = await RawPeer.secure(server.port);
    peer.say(HELLO, { type: "request", id: "1", endpoint: "count", args: [1_000], kwargs: {}, stream: true });
    expect(await peer.message()).toMatchObject({ type: "hello", features: expect.arrayContaining(["items"]) });
    expect(await peer.message()).toEqual({ type: "items", id: "1", values: [0, 1, 2, 3] });
    peer.say({ type: "credit", id: "1", items: 200 });
    const values: unknown[] = [];
    let messages = 0;
    while (values.length < 200) {
      const message = (await peer.message()) as { readonly values: unknown[] };
      values.push(...message.values);
      messages += 1;
    }
    expect(values).toEqual(Array.from({ length: 200 }, (_, n) => n + 4));
    expect(messages).toBeLessThanOrEqual(3);
  });

  test("arrive as they were when they were yielded, though the same object is yielded again", async () => {
    const { client } = await linked((it) => {
      it.endpoint("reused", function* () {
        const item = { n: 0 };
        for (let n = 0; n < 300; n++) {
          item.n = n;
          yield item;
        }
      });
    });
    const seen: unknown[] = [];
    for await (const item of client.stream("reused")) seen.push(item);
    expect(seen).toEqual(Array.from({ length: 300 }, (_, n) => ({ n })));
  });

  test("come before the error that ends their stream, whether a handler throws it or an item cannot be sent", async () => {
    const { client } = await linked((it) => {
      it.endpoint("breaks", function* () {
        yield* [1, 2];
        throw new SynapseError("out_of_paper", "no more");
      });
      it.endpoint("unsendable", function* () {
        yield* [1, 2, () => 3];
      });
    });
    for (const [endpoint, code] of [
      ["breaks", "out_of_paper"],
      ["unsendable", "internal_error"],
    ] as const) {
      const seen: unknown[] = [];
      const read = async () => {
        for await (const item of client.stream(endpoint)) seen.push(item);
      };
      expect(await failureOf(read())).toMatchObject({ code });
      expect(seen).toEqual([1, 2]);
    }
  });

  test("of any size come whole and in order, both ways", async () => {
    const { client } = await linked((it) => {
      it.endpoint("lengths", { context: true }, async function* (context) {
        for await (const item of context.input) yield String(item);
      });
    });
    const sizes = [1, 40_000, 3, 200_000, 16_384, 16_385, 0, 1_000_000, 5, 5, 5];
    const items = sizes.map((size, n) => String(n % 10).repeat(size));
    const seen: unknown[] = [];
    for await (const item of client.stream("lengths", input(items))) seen.push(item);
    expect(seen.map((item) => String(item).length)).toEqual(sizes);
    expect(seen.every((item, n) => item === items[n])).toBe(true);
  });

  test("of a stream that the reader has left are dropped", async () => {
    let stopped = false;
    const { client } = await linked((it) => {
      it.endpoint("endless", function* () {
        try {
          for (let n = 0; ; n++) yield n;
        } finally {
          stopped = true;
        }
      });
    });
    for await (const item of client.stream("endless")) if (item === 50) break;
    expect(await client.call("_synapse.ping")).toBe("pong");
    expect(stopped).toBe(true);
  });

  test.each([{ values: [] }, { values: 7 }, {}])("are refused as %o", async (fields) => {
    const { server } = await linked(() => undefined);
    const peer = await RawPeer.secure(server.port);
    peer.say(HELLO, { type: "items", id: "1", ...fields });
    await peer.message();
    expect(await peer.message()).toMatchObject({ type: "response", error: { code: "bad_request" } });
  });
});
