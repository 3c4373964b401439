import { describe, expect, expectTypeOf, onTestFinished, test } from "vitest";
import { z } from "zod";
import { Client, type PerCall, type RemoteAnswer, Server, type Service } from "../../src/index.ts";
import { closing, failureOf } from "../support/net/lifetime.ts";

function mathServer() {
  return new Server({ port: 0 })
    .endpoint("sum", (a: number, b: number) => a + b)
    .endpoint("later", async (text: string) => text.length)
    .endpoint("whoami", { context: true }, ({ endpoint }, suffix: string) => endpoint + suffix)
    .endpoint("area", { input: z.object({ width: z.number(), height: z.number() }) }, ({ width, height }) => width * height)
    .endpoint("count", async function* (until: number) {
      for (let n = 0; n < until; n++) yield n;
    })
    .endpoint("nothing", () => undefined);
}

type Maths = ReturnType<typeof mathServer>;

async function service(): Promise<Service<Maths>> {
  const server = mathServer();
  onTestFinished(() => server.stop());
  await server.start();
  return closing(new Client("127.0.0.1", server.port, { dialect: "secure" })).service<Maths>();
}

describe("a service", () => {
  test("has the endpoints of the server as functions, typed by the server alone", async () => {
    const maths = await service();
    expectTypeOf(maths.sum).toEqualTypeOf<(a: number, b: number, ...options: PerCall[]) => RemoteAnswer<number>>();
    expectTypeOf(maths.later).returns.toEqualTypeOf<RemoteAnswer<number>>();
    expectTypeOf(maths.whoami).parameter(0).toEqualTypeOf<string>();
    expectTypeOf(maths.area).parameter(0).toEqualTypeOf<{ width: number; height: number }>();
    expect(await maths.sum(1, 2)).toBe(3);
    expect(await maths.later("four")).toBe(4);
    expect(await maths.whoami("!")).toBe("whoami!");
    expect(await maths.area({ width: 2, height: 3 })).toBe(6);
    // @ts-expect-error: no such endpoint
    expect((await failureOf(maths.difference(1, 2))).code).toBe("bad_request");
    // @ts-expect-error: not a number
    void maths.sum("1", 2);
  });

  test("streams what the server streams, or gathers it", async () => {
    const maths = await service();
    const items: number[] = [];
    for await (const item of maths.count(5)) items.push(item);
    expect(items).toEqual([0, 1, 2, 3, 4]);
    expect(await maths.count(3)).toEqual([0, 1, 2]);
    for await (const item of maths.count(1_000_000)) if (item === 3) break;
    const { nothing } = maths;
    expect(await nothing()).toBeNull();
  });

  test("calls once, however many wait for the answer", async () => {
    let calls = 0;
    const server = new Server({ port: 0 }).endpoint("tick", () => ++calls);
    onTestFinished(() => server.stop());
    await server.start();
    const ticker = closing(new Client("127.0.0.1", server.port)).service<typeof server>();
    const answer = ticker.tick();
    expect(await Promise.all([answer, answer, answer.then((n) => n)])).toEqual([1, 1, 1]);
    await ticker.tick().send();
    expect(await ticker.tick()).toBe(3);
  });

  test("is no promise itself, and can be handed on by one", async () => {
    const maths = await Promise.resolve(await service());
    expect(await maths.sum(2, 2)).toBe(4);
  });
});
