import { describe, expect, test } from "vitest";
import { makeContact } from "../../routing/index.ts";
import { FIRST_CREDIT } from "../../src/rpc/stream-reader.ts";
import { deferred, until } from "../support/net/lifetime.ts";
import { DIALECTS, fromPython, hex, read, title, VALUES } from "./pairs.ts";
import { isLeftOut } from "./python-peer.ts";

describe.skipIf(isLeftOut).each(DIALECTS)(`the Python client and our server, %s${title}`, (dialect) => {
  test("values arrive as they are, and come back so", async () => {
    const seen: unknown[] = [];
    const { python } = await fromPython(dialect, (server) =>
      server.endpoint("echo", (value: unknown) => {
        seen.push(value);
        return value;
      }),
    );
    for (const [, , there] of VALUES) expect(await python.call("echo", `[${there}]`)).toBe(there);
    expect(seen).toEqual(VALUES.map(([, here]) => here));
  });

  test("arguments by name, and errors", async () => {
    const { python } = await fromPython(dialect, (server) =>
      server.endpoint("pair", { params: ["first", "second"] }, (first: unknown, second: unknown) => [first, second]),
    );
    expect(await python.call("pair", "[1]", { kwargs: "{'second': 'two'}" })).toBe("[1, 'two']");
    await expect(python.call("nowhere")).rejects.toMatchObject({ code: "bad_request" });
    const code = dialect === "plain" ? "internal_error" : "bad_request";
    await expect(python.call("pair", "[]", { kwargs: "{'third': 3}" })).rejects.toMatchObject({ code });
  });

  test("200 calls at once over one link get each its own answer, as they end", async () => {
    const { python, server } = await fromPython(dialect, (it) =>
      it.endpoint("later", async (n: number) => {
        for (let turns = n % 7; turns > 0; turns--) await Promise.resolve();
        return n;
      }),
    );
    const numbers = Array.from({ length: 200 }, (_, n) => String(n));
    expect(await Promise.all(numbers.map((n) => python.call("later", `[${n}]`)))).toEqual(numbers);
    expect(server.insides.core.acceptedCount).toBe(1);
  });

  test("frames of almost 4 MiB come from here", async () => {
    const { python } = await fromPython(dialect, (server) => server.endpoint("large", () => new Uint8Array(4 * 1024 * 1024 - 1_000)));
    expect(await python.call("large")).toHaveLength(4 * (4 * 1024 * 1024 - 1_000) + "b''".length);
  });
});

describe.skipIf(isLeftOut)(`the Python client and our server over TLS${title}`, () => {
  test("each computes the other's id from its key, and hello says what is spoken", async () => {
    const { python, server } = await fromPython("secure", (it) =>
      it.endpoint("who", { context: true }, ({ peerId }) => peerId && hex(peerId)),
    );
    expect(python.peer).toBe(hex(server.insides.core.identity.nodeId));
    expect(await python.call("who")).toBe(`'${python.id}'`);
    expect(python.hello).toMatchObject({ type: "hello", version: 2, features: ["stream", "input", "chunk", "items", "relay", "prove"] });
  });

  test("we call back over the link that Python dialled", async () => {
    const { python, server } = await fromPython("secure", (it) =>
      it.endpoint("back", { context: true }, async ({ peerId }, value: unknown) => {
        if (peerId === undefined) throw new Error("nobody was proved");
        const link = await it.insides.core.pool.connect(makeContact(peerId, []), { timeoutMs: 10_000 });
        return link.call({ endpoint: "describe", args: [value], kwargs: {} }, { timeoutMs: 10_000 });
      }),
    );
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => python.call("back", `[[${n}]]`)));
    expect(answers).toEqual(answers.map((_, n) => `'[${n}]'`));
    expect(server.insides.core.acceptedCount).toBe(1);
  });

  test("a stream comes item by item, an input is read, and both at once", async () => {
    const { python } = await fromPython("secure", (it) =>
      it
        .endpoint("count", (length: number) => Array.from({ length }, (_, n) => n).values())
        .endpoint("total", { context: true }, async ({ input: items }) => (await read(items)).reduce((sum, n) => sum + n, 0))
        .endpoint("double", { context: true }, async function* ({ input: items }) {
          for await (const item of items ?? []) yield 2 * (item as number);
        }),
    );
    for (const length of [0, 1, FIRST_CREDIT, FIRST_CREDIT + 1, 500]) {
      const items = Array.from({ length }, (_, n) => n);
      const stream = String(length);
      await python.order("open", { endpoint: "count", args: `[${length}]`, stream });
      expect(JSON.parse(await python.order("read", { stream }))).toEqual(items);
      expect(await python.call("total", "[]", { input: JSON.stringify(items) })).toBe(String(items.reduce((sum, n) => sum + n, 0)));
      await python.order("open", { endpoint: "double", input: JSON.stringify(items), stream });
      expect(JSON.parse(await python.order("read", { stream }))).toEqual(items.map((n) => 2 * n));
    }
  });

  test("Python's slow reader holds up our writer; its cancel ends the handler", async () => {
    let made = 0;
    const aborted = deferred();
    const closed = deferred();
    const { python } = await fromPython("secure", (it) =>
      it.endpoint("numbers", { context: true }, async function* ({ signal }) {
        signal.addEventListener("abort", () => aborted.resolve());
        try {
          for (;;) yield made++;
        } finally {
          closed.resolve();
        }
      }),
    );
    await python.order("open", { endpoint: "numbers", stream: "slow" });
    for (let n = 0; n < 20; n++) await python.call("_synapse.ping");
    expect([made, await python.order("waiting", { stream: "slow" })]).toEqual([FIRST_CREDIT, String(FIRST_CREDIT)]);
    expect(await python.order("read", { stream: "slow", items: 3 })).toBe("[0, 1, 2]");
    for (let n = 0; n < 20; n++) await python.call("_synapse.ping");
    expect(made).toBe(FIRST_CREDIT + 3);
    await python.order("cancel", { stream: "slow" });
    await Promise.all([aborted.promise, closed.promise]);
    expect(await python.call("_synapse.ping")).toBe("'pong'");
  });

  test("our slow reader holds up Python's writer", async () => {
    const answer = deferred();
    const { python } = await fromPython("secure", (it) => it.endpoint("ignores", () => answer.promise));
    const items = JSON.stringify(Array.from({ length: 50 }, (_, n) => n));
    await python.order("begin", { endpoint: "ignores", input: items, stream: "call" });
    for (let n = 0; n < 20; n++) await python.call("_synapse.ping");
    expect(await python.order("sent", { stream: "call" })).toBe(String(FIRST_CREDIT));
    answer.resolve();
    expect(await python.order("answer", { stream: "call" })).toBe("None");
  });

  test("more items than there was credit for end the call", async () => {
    const { python } = await fromPython("secure", (it) =>
      it.endpoint("ignores", { context: true }, ({ signal }) => new Promise((resolve) => signal.addEventListener("abort", resolve))),
    );
    const greedy = python.order("greedy", { endpoint: "ignores", items: FIRST_CREDIT + 1 });
    await expect(greedy).rejects.toMatchObject({ code: "bad_request" });
  });

  test("a call that Python cancels is aborted here, as is one whose deadline has passed", async () => {
    let begun = 0;
    let aborted = 0;
    const { python } = await fromPython("secure", (it) =>
      it.endpoint("waits", { context: true }, async ({ signal }) => {
        begun += 1;
        if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
        aborted += 1;
      }),
    );
    await python.order("begin", { endpoint: "waits", stream: "call" });
    await until(() => begun === 1);
    await python.order("cancel", { stream: "call" });
    await until(() => aborted === 1);
    await python.order("begin", { endpoint: "waits", stream: "late", deadline_ms: 20 });
    await until(() => aborted === 2);
    expect(await python.call("_synapse.ping")).toBe("'pong'");
  });
});
