import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, expectTypeOf, onTestFinished, test } from "vitest";
import { Client, Server, SynapseError } from "../../src/index.ts";
import { closing, failureOf, turn, until } from "../support/net/lifetime.ts";
import { expectRejections } from "../support/rejections.ts";

/** A service whose server says how often each of its endpoints ran. */
async function countingService() {
  const runs: string[] = [];
  const server = new Server({ port: 0 })
    .endpoint("tick", () => runs.push("tick"))
    .endpoint("fail", (): string => {
      throw new SynapseError("no_luck", "it does not work");
    })
    .endpoint("count", async function* (until: number) {
      runs.push("count");
      for (let n = 0; n < until; n++) yield n;
    })
    .endpoint("runs", () => [...runs]);
  onTestFinished(() => server.stop());
  await server.start();
  const client = closing(new Client("127.0.0.1", server.port, { dialect: "secure" }));
  return { runs, service: client.service<typeof server>() };
}

async function itemsOf<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

describe("a call of a service", () => {
  test("is made once, however long its loop is put off", async () => {
    const { runs, service } = await countingService();
    const stream = service.count(3);
    await turn();
    await service.tick();
    expect(await itemsOf(stream)).toEqual([0, 1, 2]);
    expect(runs).toEqual(["tick", "count"]);
  });

  test("is made when it is first awaited, looped over, or sent; before, nothing is", async () => {
    const { runs, service } = await countingService();
    const [forgotten, awaited, sent] = [service.tick(), service.tick(), service.tick()];
    await service.runs();
    expect(runs).toEqual([]);
    await awaited;
    expect(runs).toHaveLength(1);
    const answer = sent.send();
    expectTypeOf(answer).toEqualTypeOf<Promise<number>>();
    expect(await answer).toBe(2);
    expect([await sent, await sent.send(), await forgotten]).toEqual([2, 2, 3]);
    for (const use of [() => service.tick().catch(() => 0), () => service.tick().finally(() => 0)]) await use();
    expect(runs).toHaveLength(5);
  });

  test("that streams gives a list when it is sent, and keeps it for a loop that comes later", async () => {
    const { runs, service } = await countingService();
    const stream = service.count(3);
    const list = stream.send();
    expectTypeOf(list).toEqualTypeOf<Promise<number[]>>();
    expect(await itemsOf(stream)).toEqual([0, 1, 2]);
    expect(await list).toEqual([0, 1, 2]);
    expect(runs).toEqual(["count"]);
  });

  test("that is being looped over is not made again to be awaited: that is refused", async () => {
    const { runs, service } = await countingService();
    const stream = service.count(3);
    expect(await stream.next()).toEqual({ done: false, value: 0 });
    expect(await failureOf(stream.send())).toMatchObject({ code: "bad_options", message: expect.stringContaining("count") });
    expect(await itemsOf(stream)).toEqual([1, 2]);
    expect(runs).toEqual(["count"]);
  });

  test("that is left before it has begun is never made", async () => {
    const { runs, service } = await countingService();
    const stream = service.count(3);
    await stream.return?.();
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    await service.runs();
    expect(runs).toEqual([]);
  });

  test("that is dropped before anything has used it is told as a warning, once for an endpoint", async () => {
    const { service } = await countingService();
    const warnings: string[] = [];
    const hear = ({ message }: Error) => warnings.push(message);
    process.on("warning", hear);
    onTestFinished(() => void process.off("warning", hear));
    await service.runs();
    for (let n = 0; n < 3; n++) service.tick();
    await collected(() => warnings.length > 0);
    expect(warnings).toEqual(["a call of tick was never made: it was neither awaited nor looped over"]);
  });

  test("tells the process of an error that nobody handles", async () => {
    const { service } = await countingService();
    const told = unhandled();
    service.fail().send();
    expect(await told).toMatchObject({ code: "no_luck" });
  });
});

/** Garbage is collected until a condition holds. */
async function collected(condition: () => boolean): Promise<void> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  await until(() => {
    collect();
    return condition();
  });
}

/** The next rejection that nobody handles, which is then none of the test runner's business. */
function unhandled(): Promise<unknown> {
  expectRejections();
  return new Promise((resolve) => process.once("unhandledRejection", resolve));
}
