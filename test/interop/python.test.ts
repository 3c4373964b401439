import { describe, expect, test } from "vitest";
import { makeContact } from "../../routing/index.ts";
import { Client, callOptions, input, kwargs } from "../../src/index.ts";
import { FIRST_CREDIT } from "../../src/rpc/stream-reader.ts";
import { closing, failureOf, serve, until } from "../support/net/lifetime.ts";
import { DIALECTS, hex, read, title, toPython, VALUES } from "./pairs.ts";
import { isLeftOut, pythonServer } from "./python-peer.ts";

describe.skipIf(isLeftOut).each(DIALECTS)(`our client and the Python server, %s${title}`, (dialect) => {
  test("values arrive as they are, and come back so", async () => {
    const { client } = await toPython(dialect);
    for (const [name, here, there] of VALUES) {
      expect(await client.call("describe", here), name).toBe(there);
      expect(await client.call("echo", here), name).toEqual(here);
    }
  });

  test("arguments by name, and errors", async () => {
    const { client } = await toPython(dialect);
    expect(await client.call("keyword", 1, kwargs({ second: "two" }))).toEqual([1, "two"]);
    expect(await failureOf(client.call("fail"))).toMatchObject({ code: "out_of_ideas", message: "nothing comes to mind", remote: true });
    expect(await failureOf(client.call("nowhere"))).toMatchObject({ code: "bad_request", remote: true });
    expect(await failureOf(client.call("keyword", 1))).toMatchObject({ code: "internal_error", remote: true });
  });

  test("200 calls at once share a link and get each its own answer", async () => {
    const { client } = await toPython(dialect);
    await client.call("echo", 0);
    const numbers = Array.from({ length: 200 }, (_, n) => n);
    expect(await Promise.all(numbers.map((n) => client.call("later", n)))).toEqual(numbers);
    if (dialect === "secure") expect(await client.call("connections")).toBe(1);
  });

  test("frames of almost 4 MiB go both ways", async () => {
    const { client } = await toPython(dialect);
    const large = new Uint8Array(4 * 1024 * 1024 - 1_000).fill(7);
    const back = (await client.call("echo", large)) as Uint8Array;
    expect(Buffer.compare(back, large)).toBe(0);
  });
});

/** What Python cannot send back as it came. */
const ONE_WAY: readonly (readonly [here: unknown, there: string])[] = [
  [2 ** 53, "9007199254740992.0"],
  [Number.NaN, "nan"],
  [Number.NEGATIVE_INFINITY, "-inf"],
  [new Date(1_500), "Timestamp(seconds=1, nanoseconds=500000000)"],
  [[undefined], "[None]"],
];

test.skipIf(isLeftOut)(`numbers that may be inexact go to Python as floats, dates as timestamps${title}`, async () => {
  const { client } = await toPython("secure");
  for (const [here, there] of ONE_WAY) expect(await client.call("describe", here)).toBe(there);
});

describe.skipIf(isLeftOut)(`our client and a Python server that answers one request a connection${title}`, () => {
  test.each(["plain", "auto"] as const)("50 calls at once, %s: nobody loses an answer", async (dialect) => {
    const { port } = await pythonServer({ oneShot: true });
    const client = closing(new Client("127.0.0.1", port, { dialect }));
    const numbers = Array.from({ length: 50 }, (_, n) => n);
    for (let round = 0; round < 3; round++) expect(await Promise.all(numbers.map((n) => client.call("later", n)))).toEqual(numbers);
    expect(await client.call("connections")).toBeGreaterThan(150);
  });
});

describe.skipIf(isLeftOut)(`our client and the Python server over TLS${title}`, () => {
  test("each computes the other's id from its key", async () => {
    const { client, identity, id } = await toPython("secure");
    expect(await client.call("caller")).toBe(hex(identity.nodeId));
    const { pool } = (await serve({ identity, listen: false })).insides.core;
    const connect = (wanted: string) => pool.connect(makeContact(Buffer.from(wanted, "hex"), [client.address]), { timeoutMs: 10_000 });
    expect(hex((await connect(id ?? "")).link.peerId ?? new Uint8Array())).toBe(id);
    expect((await failureOf(connect("00".repeat(32)))).code).toBe("wrong_peer");
  });

  test("a stream comes item by item, in order, and an input is read", async () => {
    const { client } = await toPython("secure");
    for (const length of [0, 1, FIRST_CREDIT, FIRST_CREDIT + 1, 500]) {
      const items = Array.from({ length }, (_, n) => n);
      expect(await read(client.stream("count", length))).toEqual(items);
      expect(await client.call("total", input(items))).toBe(items.reduce((sum, n) => sum + n, 0));
      expect(await read(client.stream("double", input(items)))).toEqual(items.map((n) => 2 * n));
    }
    expect(await client.call("count", 3)).toEqual([0, 1, 2]);
  });

  test("our slow reader holds up Python's writer; leaving the loop ends it", async () => {
    const { client } = await toPython("secure");
    const stream = client.stream("blocks");
    for (let n = 0; n < 10; n++) expect((await stream.next()).value).toHaveLength(100_000);
    for (let n = 0; n < 20; n++) await client.call("echo", n);
    expect(await client.call("written")).toBeLessThan(10 + 3 * FIRST_CREDIT);
    await stream.return?.();
    expect(await client.call("ended")).toBe(true);
  });

  test("Python's slow reader holds up our writer", async () => {
    const { client } = await toPython("secure");
    let made = 0;
    const source = function* () {
      for (;;) yield made++;
    };
    const abort = new AbortController();
    const call = failureOf(client.call("patient", input(source()), callOptions({ signal: abort.signal })));
    await until(() => made >= FIRST_CREDIT);
    for (let n = 0; n < 20; n++) await client.call("echo", n);
    expect(made).toBe(FIRST_CREDIT);
    abort.abort();
    expect((await call).code).toBe("aborted");
  });

  test("a call that is given up is cancelled over there", async () => {
    const { client } = await toPython("secure");
    await client.call("echo", 0); // the link is there: what is called first leaves first
    const abort = new AbortController();
    const call = failureOf(client.call("silent", callOptions({ signal: abort.signal })));
    for (let n = 0; n < 2; n++) await client.call("echo", n); // by now the other has arrived, and begun
    abort.abort();
    expect((await call).code).toBe("aborted");
    expect(await client.call("ended")).toBe(true);
  });
});
