import { describe, expect, test } from "vitest";
import { type AgentOptions, SynapseError, type WatchEvent } from "../../src/index.ts";
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from "../../src/overlay-wire.ts";
import { shapeTextOf } from "../../src/schema-shape.ts";
import { failureOf, type GlassAgent, startAgent } from "../support/net/lifetime.ts";

const TEXT = { type: "object", properties: { text: { type: "string" }, lang: { type: "string" } }, required: ["text"] };
const SCORE = { type: "object", properties: { score: { type: "number" } }, required: ["score"] };

async function network(...each: readonly Partial<AgentOptions>[]): Promise<GlassAgent[]> {
  const first = await startAgent({ name: "first" });
  const bootstrap = [`127.0.0.1:${first.port}`];
  const others: GlassAgent[] = [];
  for (const [n, options] of each.entries())
    others.push(await startAgent({ name: `agent-${n}`, bootstrap, ...options }, (agent) => agent.onTask(() => n)));
  return [first, ...others];
}

describe("Agents on sockets", () => {
  test("are found and asked by queries, as text and as objects", async () => {
    const [first] = await network(
      { capabilities: [{ name: "work", version: "1.10.0", attributes: { price: 2 } }] },
      { capabilities: [{ name: "work", version: "1.9.0", attributes: { price: 1, gpu: true } }] },
    );
    const names = async (query: Parameters<GlassAgent["find"]>[0]) => (await first?.find(query))?.matches.map(({ record }) => record.name);
    expect(await names("work version>=1.10")).toEqual(["agent-0"]);
    expect(await names("work gpu")).toEqual(["agent-1"]);
    expect(
      await names({
        kind: "all",
        of: [
          { kind: "word", name: "work" },
          { kind: "compare", field: "price", operator: "<", value: 2 },
        ],
      }),
    ).toEqual(["agent-1"]);
    expect((await first?.ask("work", "x", { rank: { attribute: "price" } }))?.result).toBe(1);
    expect((await first?.ask("work !gpu", "x"))?.result).toBe(0);
    expect((await failureOf(first?.ask("work price<", "x") as Promise<unknown>)).code).toBe("bad_query");
  });

  test("are found by the shapes of their schemas, and asked for the whole of them where that is wanted", async () => {
    const [first, , liar] = await network(
      { capabilities: [{ name: "judge", inputSchema: TEXT, outputSchema: SCORE }] },
      { capabilities: [{ name: "judge", inputSchema: SCORE, attributes: { accepts: "{text:string}" } }] },
    );
    const query = "judge accepts={text:string}";
    expect((await first?.find(query))?.matches).toHaveLength(2);
    const confirmed = await first?.find(query, { confirm: true });
    expect(confirmed?.matches.map(({ record }) => record.name)).toEqual(["agent-0"]);
    expect(confirmed?.unconfirmed?.map(({ match, why }) => [match.record.name, why])).toEqual([
      [liar?.name, "its whole schema does not fit"],
    ]);
    expect((await first?.find("judge returns={score:number}"))?.matches.map(({ record }) => record.name)).toEqual(["agent-0"]);
  });

  test("are watched by a visitor that cannot be dialled: it is told at once, over the link that it has opened", async () => {
    const [first] = await network({}, {});
    const visitor = await startAgent({ name: "visitor", listen: false, bootstrap: [`127.0.0.1:${first?.port}`] });
    const events: WatchEvent[] = [];
    const abort = new AbortController();
    const watching = (async () => {
      for await (const event of visitor.watch("work price<5", { signal: abort.signal })) {
        events.push(event);
        if (event.kind === "appeared") await first?.capability({ name: "work", attributes: { price: 2 } });
        if (event.kind === "changed") await first?.withdraw("work");
        if (event.kind === "left") abort.abort();
      }
    })();
    await first?.capability({ name: "work", attributes: { price: 1 } });
    expect((await failureOf(watching)).code).toBe("aborted");
    expect(events.map(({ kind }) => kind)).toEqual(["appeared", "changed", "left"]);
  });

  test("end their loops when they stop", async () => {
    const [first] = await network({});
    const seen: WatchEvent[] = [];
    const loop = (async () => {
      for await (const event of first?.watch("work") ?? []) seen.push(event);
    })();
    await first?.stop();
    await loop;
    expect(seen).toEqual([]);
  });
});

describe("A shape in a record", () => {
  test.each<[string, unknown, string | undefined]>([
    ["names fields, and which may be missing", TEXT, "{text:string,lang?:string}"],
    ["is not made of a schema that says nothing", {}, undefined],
    ["has lists", { type: "array", items: TEXT }, "{text:string,lang?:string}[]"],
    ["passes over what it cannot say", { type: "object", properties: { "a b": { type: "string" } } }, "object"],
    [
      "is less deep where it would be too long",
      deep(),
      "{a:{b0:object,b1:object,b2:object,b3:object,b4:object,b5:object,b6:object,b7:object}}",
    ],
    ["is of anything where there are alternatives", { anyOf: [TEXT, SCORE] }, undefined],
    ["is made of no schema at all", "x", undefined],
  ])("%s", (_, schema, expected) => {
    expect(shapeTextOf(schema)).toBe(expected);
  });

  function deep() {
    const leaf = {
      type: "object",
      properties: { something: { type: "string" }, other: { type: "string" } },
      required: ["something", "other"],
    };
    const names = Array.from({ length: 8 }, (_, n) => `b${n}`);
    const inner = { type: "object", properties: Object.fromEntries(names.map((name) => [name, leaf])), required: names };
    return { type: "object", properties: { a: inner }, required: ["a"] };
  }
});

describe("A filter on the wire", () => {
  const key = new Uint8Array(32);
  const comparison = { field: "price", operator: "<", value: 1, negated: true } as const;

  test("arrives as it was sent, as do leases and changes", () => {
    for (const request of [
      { kind: "find_records", key, limit: 5, after: undefined, where: { any: [[comparison]], publishers: ["00ff00ff00ff00ff"] } },
      { kind: "watch", key, number: 7, leaseMs: 1_000, where: { any: [], publishers: [] } },
      { kind: "changed", key, record: new Uint8Array(3) },
    ] as const) {
      const { args, kwargs } = encodeRequest(request);
      const named =
        request.kind === "find_records" ? [kwargs["limit"], kwargs["after"], kwargs["where"]] : [kwargs["number"], kwargs["where"]];
      expect(decodeRequest(request.kind, [...args, ...(request.kind === "changed" ? [] : named)])).toEqual(request);
    }
    for (const response of [{ kind: "watch", outcome: "missed", leaseMs: 5 } as const, { kind: "changed", wanted: true } as const])
      expect(decodeResponse(response.kind, encodeResponse(response))).toEqual(response);
  });

  test("of which something is not understood lets more through, never less", () => {
    const where = {
      any: [
        [
          ["price", "~", 1],
          ["lang", "=", "go"],
        ],
        [["accepts", "=", "{no shape"]],
      ],
    };
    const request = decodeRequest("find_records", [key, 5, undefined, where]);
    expect(request).toMatchObject({ where: { any: [] } });
    const narrower = decodeRequest("find_records", [
      key,
      5,
      undefined,
      {
        any: [
          [
            ["price", "~", 1],
            ["lang", "=", "go"],
          ],
        ],
      },
    ]);
    expect(narrower).toMatchObject({ where: { any: [[{ field: "lang" }]] } });
  });

  test.each<[string, unknown]>([
    ["no map", 5],
    ["alternatives that are no list", { any: 5 }],
    ["65 alternatives", { any: Array.from({ length: 65 }, () => [["a", "=", 1]]) }],
    ["65 comparisons", { any: [Array.from({ length: 65 }, () => ["a", "=", 1])] }],
    ["a comparison that is none", { any: [[5]] }],
    ["65 publishers", { publishers: Array.from({ length: 65 }, () => new Uint8Array(8)) }],
    ["a publisher of 9 bytes", { publishers: [new Uint8Array(9)] }],
  ])("with %s is refused", (_, where) => {
    expect(() => decodeRequest("find_records", [key, 5, undefined, where])).toThrow(SynapseError);
  });
});
