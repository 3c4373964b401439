import { describe, expect, test } from "vitest";
import { Client, input, SynapseError } from "../../src/index.ts";
import { closing, deferred, failureOf } from "../support/net/lifetime.ts";
import { fromPython, title, toPython } from "./pairs.ts";
import { isLeftOut } from "./python-peer.ts";

const BROKEN = { code: "out_of_ideas", message: "nothing comes to mind" };

/** What a stream gave before it broke, and how. */
async function drain(stream: AsyncIterable<unknown>): Promise<{ items: unknown[]; code: string; message: string; remote: boolean }> {
  const items: unknown[] = [];
  const { code, message, remote } = await failureOf(async () => {
    for await (const item of stream) items.push(item);
  });
  return { items, code, message, remote };
}

/** Resolves when Python's handler has read so many items. */
async function untilDrunk(client: Client, items: number): Promise<void> {
  let drunk: unknown;
  do drunk = await client.call("drunk");
  while ((drunk as unknown[]).length < items);
}

describe.skipIf(isLeftOut)(`a stream that breaks${title}`, () => {
  test("in Python's handler: the items before arrive, then its code and message", async () => {
    const { client } = await toPython("secure");
    expect(await drain(client.stream("breaks"))).toEqual({ items: [0, 1, 2], ...BROKEN, remote: true });
    expect(await failureOf(client.call("breaks"))).toMatchObject({ ...BROKEN, remote: true });
    expect(await client.call("echo", 1)).toBe(1);
  });

  test.each([
    ["an error with a code", () => new SynapseError(BROKEN.code, BROKEN.message), BROKEN],
    ["any other error", () => new Error("oh dear"), { code: "internal_error", message: "oh dear" }],
  ])("in our handler, with %s: Python gets the items before, then code and message", async (_, error, { code, message }) => {
    const { python } = await fromPython("secure", (it) =>
      it.endpoint("breaks", async function* () {
        for (let n = 0; n < 3; n++) yield n;
        throw error();
      }),
    );
    await python.order("open", { endpoint: "breaks", stream: "it" });
    expect(await python.order("drain", { stream: "it" })).toBe(`[[0, 1, 2], '${code}', '${message}']`);
    expect(await python.call("_synapse.ping")).toBe("'pong'");
  });

  test("in our handler, by an item that cannot be sent, is its fault", async () => {
    const { python } = await fromPython("secure", (it) =>
      it.endpoint("breaks", function* () {
        yield 0;
        yield () => 1;
      }),
    );
    await python.order("open", { endpoint: "breaks", stream: "it" });
    expect(await python.order("drain", { stream: "it" })).toMatch(/^\[\[0\], 'internal_error', 'an item of the stream cannot be sent/);
  });

  test("in our client's input: its call fails with that error, and Python's handler is cancelled", async () => {
    const { client } = await toPython("secure");
    const read = deferred();
    const source = async function* () {
      for (let n = 0; n < 3; n++) yield n;
      await read.promise;
      throw new SynapseError(BROKEN.code, BROKEN.message);
    };
    const call = failureOf(client.call("drinks", input(source())));
    await untilDrunk(client, 3);
    read.resolve();
    expect(await call).toMatchObject({ ...BROKEN, remote: false });
    expect(await client.call("ended")).toBe(true);
    expect(await client.call("drunk")).toEqual([0, 1, 2]);
  });

  test("in Python's input: our handler reads the items before, then is aborted", async () => {
    const read = deferred<Awaited<ReturnType<typeof drain>>>();
    const aborted = deferred();
    const { python } = await fromPython("secure", (it) =>
      it.endpoint("drinks", { context: true }, async ({ input: items, signal }) => {
        signal.addEventListener("abort", () => aborted.resolve());
        read.resolve(await drain(items ?? (async function* () {})()));
      }),
    );
    const call = python.call("drinks", "[]", { input: "[0, 1, 2]", breaks: BROKEN.code });
    await expect(call).rejects.toMatchObject({ code: BROKEN.code });
    expect(await read.promise).toMatchObject({ items: [0, 1, 2], code: "aborted" });
    await aborted.promise;
    expect(await python.call("_synapse.ping")).toBe("'pong'");
  });
});

describe.skipIf(isLeftOut)(`a link that is lost within a stream${title}`, () => {
  test("from Python, as it vanishes: our reader ends with connection_lost behind the items", async () => {
    const { client } = await toPython("secure");
    const stream = client.stream("stalls");
    for (let n = 0; n < 3; n++) expect((await stream.next()).value).toBe(n);
    const end = failureOf(stream.next());
    expect(await failureOf(client.call("vanish"))).toMatchObject({ code: "connection_lost", remote: false });
    expect(await end).toMatchObject({ code: "connection_lost", remote: false });
    expect((await stream.next()).done).toBe(true);
    expect(await client.call("ended")).toBe(true); // over a new link
  });

  test("to Python, as it vanishes: our call is lost, and its input closed", async () => {
    const { client } = await toPython("secure");
    const closed = deferred();
    const source = function* () {
      try {
        for (let n = 0; ; n++) yield n;
      } finally {
        closed.resolve();
      }
    };
    const call = failureOf(client.call("patient", input(source())));
    await failureOf(client.call("vanish"));
    expect((await call).code).toBe("connection_lost");
    await closed.promise;
  });

  test("from our input, as we vanish: Python's handler has read what came, and is cancelled", async () => {
    const { client, identity } = await toPython("secure");
    const other = closing(new Client(client.address, { dialect: "secure", identity }));
    const source = async function* () {
      for (let n = 0; n < 3; n++) yield n;
      await new Promise(() => undefined);
    };
    const call = failureOf(client.call("drinks", input(source())));
    await untilDrunk(other, 3);
    await client.close();
    expect((await call).code).toBe("connection_lost");
    expect(await other.call("ended")).toBe(true);
    expect(await other.call("drunk")).toEqual([0, 1, 2]);
  });

  test("to Python's reader, as it vanishes: our handler is aborted and its generator closed", async () => {
    const aborted = deferred();
    const closed = deferred();
    const { python, server } = await fromPython("secure", (it) =>
      it.endpoint("numbers", { context: true }, async function* ({ signal }) {
        signal.addEventListener("abort", () => aborted.resolve());
        try {
          for (let n = 0; ; n++) yield n;
        } finally {
          closed.resolve();
        }
      }),
    );
    await python.order("open", { endpoint: "numbers", stream: "numbers" });
    expect(await python.order("read", { stream: "numbers", items: 10 })).toBe("[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]");
    await python.order("vanish");
    await Promise.all([aborted.promise, closed.promise]);
    expect(server.insides.core.acceptedCount).toBe(0);
  });

  test("from Python's input, as it vanishes: our handler reads what came, then is aborted", async () => {
    const items: unknown[] = [];
    const three = deferred();
    const outcome = deferred<string>();
    const aborted = deferred();
    const { python } = await fromPython("secure", (it) =>
      it.endpoint("drinks", { context: true }, async ({ input: source, signal }) => {
        signal.addEventListener("abort", () => aborted.resolve());
        const { code } = await failureOf(async () => {
          for await (const item of source ?? []) if (items.push(item) === 3) three.resolve();
        });
        outcome.resolve(code);
      }),
    );
    await python.order("begin", { endpoint: "drinks", stream: "it", input: "[0, 1, 2]", breaks: "never" });
    await three.promise;
    await python.order("vanish");
    expect(await outcome.promise).toBe("aborted");
    await aborted.promise;
    expect(items).toEqual([0, 1, 2]);
  });

  test("to Python, as we vanish: it reads what came, then the link is lost; our handler is aborted", async () => {
    const aborted = deferred();
    const { python, server } = await fromPython("secure", (it) =>
      it.endpoint("stalls", { context: true }, async function* ({ signal }) {
        for (let n = 0; n < 3; n++) yield n;
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        aborted.resolve();
      }),
    );
    await python.order("open", { endpoint: "stalls", stream: "it" });
    expect(await python.order("read", { stream: "it", items: 3 })).toBe("[0, 1, 2]");
    await server.insides.core.close(0); // nobody waits for the handler
    expect(await python.order("drain", { stream: "it" })).toBe("[[], 'connection_lost', 'the link ended']");
    await aborted.promise;
  });
});
