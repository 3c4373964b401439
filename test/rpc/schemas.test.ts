import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { Client, kwargs, type Schema, Server } from "../../src/index.ts";
import { closing, failureOf, type GlassServer, serve } from "../support/net/lifetime.ts";

const clientOf = (server: GlassServer, dialect: "secure" | "plain" = "secure"): Client =>
  closing(new Client("127.0.0.1", server.port, { dialect }));

const JSON_SCHEMA = {
  type: "object",
  properties: { name: { type: "string" }, age: { type: "integer", minimum: 0 } },
  required: ["name", "age"],
  additionalProperties: false,
};

const PERSON: readonly (readonly [string, Schema])[] = [
  ["zod", z.object({ name: z.string(), age: z.number().int().min(0) })],
  ["valibot", v.object({ name: v.string(), age: v.pipe(v.number(), v.integer(), v.minValue(0)) })],
  ["arktype", type({ name: "string", age: "number.integer >= 0" })],
  ["JSON Schema", JSON_SCHEMA],
];

describe.each(PERSON)("an endpoint whose input is described with %s", (_, input) => {
  const greeter = () =>
    serve({}, (it) => it.endpoint("greet", { input }, (person: { name: string; age: number }) => `${person.name}, ${person.age}`));

  test("takes what fits, by place, by name, and both", async () => {
    const client = clientOf(await greeter());
    expect(await client.call("greet", { name: "ada", age: 36 })).toBe("ada, 36");
    expect(await client.call("greet", kwargs({ name: "ada", age: 36 }))).toBe("ada, 36");
    expect(await client.call("greet", { name: "ada" }, kwargs({ age: 36 }))).toBe("ada, 36");
  });

  test("refuses what does not, naming the field", async () => {
    const client = clientOf(await greeter());
    for (const [value, field] of [
      [{ name: "ada", age: "old" }, "age"],
      [{ name: "ada", age: -1 }, "age"],
      [{ age: 3 }, "name"],
    ] as const) {
      expect(await failureOf(client.call("greet", value))).toMatchObject({
        code: "bad_request",
        remote: true,
        message: expect.stringMatching(new RegExp(`^input\\.${field}: .`)),
      });
    }
    for (const args of [[], [1], ["ada", 36], [null]]) expect((await failureOf(client.call("greet", ...args))).code).toBe("bad_request");
  });
});

test("What a schema makes of a value is what the handler gets", async () => {
  const input = z.object({ n: z.coerce.number(), unit: z.string().default("m") });
  const server = await serve({}, (it) => it.endpoint("read", { input }, ({ n, unit }) => `${n + 1} ${unit}`));
  expect(await clientOf(server).call("read", { n: "41" })).toBe("42 m");
});

test("A schema that takes its time is waited for", async () => {
  const input = z.object({ n: z.number() }).refine(async ({ n }) => Promise.resolve(n > 0), "must be positive");
  const server = await serve({}, (it) => it.endpoint("read", { input }, ({ n }) => n));
  expect(await clientOf(server).call("read", { n: 1 })).toBe(1);
  expect((await failureOf(clientOf(server).call("read", { n: -1 }))).message).toContain("must be positive");
});

describe("an output schema", () => {
  test("makes a result that does not fit the handler's fault", async () => {
    const server = await serve({}, (it) => it.endpoint("age", { output: z.object({ age: z.number() }) }, (age: number) => ({ age })));
    expect(await clientOf(server).call("age", 3)).toEqual({ age: 3 });
    const error = await failureOf(clientOf(server).call("age", "old"));
    expect(error).toMatchObject({ code: "internal_error", message: expect.stringContaining("result.age") });
  });

  test("is for each item of a stream", async () => {
    const server = await serve({}, (it) =>
      it.endpoint("numbers", { output: z.number() }, function* () {
        yield 1;
        yield "two" as never;
      }),
    );
    const stream = clientOf(server).stream("numbers");
    expect(await stream.next()).toMatchObject({ value: 1 });
    expect((await failureOf(stream.next())).code).toBe("internal_error");
  });
});

test("Schemas are listed among the methods, in the secure dialect alone", async () => {
  const server = await serve({}, (it) => {
    it.endpoint("json", { input: JSON_SCHEMA, description: "d" }, () => 1);
    it.endpoint("zod", { input: z.object({ a: z.number() }), output: z.string() }, () => "x");
    it.endpoint("free", () => 1);
  });
  expect(await clientOf(server).call("_synapse.methods")).toEqual([
    { name: "json", publish: true, description: "d", input_schema: JSON_SCHEMA },
    {
      name: "zod",
      publish: true,
      description: "",
      input_schema: expect.objectContaining({ type: "object", required: ["a"] }),
      output_schema: expect.objectContaining({ type: "string" }),
    },
    { name: "free", publish: true, description: "" },
  ]);
  const plain = (await clientOf(server, "plain").call("_synapse.methods")) as object[];
  expect(plain.map((method) => Object.keys(method))).toEqual(Array(3).fill(["name", "publish", "description"]));
});

test.each([[{ type: "nonsense" }], [{ $ref: "#/nowhere" }], [7 as never], ["text" as never]])("%j is no schema", (input) => {
  expect(() => new Server().endpoint("x", { input }, () => 1)).toThrow(expect.objectContaining({ code: "bad_options" }));
});
