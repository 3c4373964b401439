import { encode } from "@msgpack/msgpack";
import { describe, expect, test } from "vitest";
import { Client, kwargs } from "../../src/index.ts";
import { frame } from "../../src/transport/framing.ts";
import { closing } from "../support/net/lifetime.ts";
import { oneShotServer } from "../support/net/one-shot-server.ts";
import { seedAgent } from "../support/net/python-agent.ts";
import { RawPeer } from "../support/net/raw-peer.ts";
import { bytesOf, messageIn, recorded, seedWire } from "../support/net/vectors.ts";

/** Errors whose text is Python's own: ours says the same in other words. */
const SAME_FACT = new Map([
  ["too few arguments", /is missing its argument 'b'/],
  ["unknown kwarg", /unexpected argument 'z'/],
  ["args nil", /args must be a list/],
  ["broken msgpack", /Unpack failed/],
]);
const RESPONSE_FIELDS = ["error", "id", "ok", "result", "type"];

describe("to the Python client of the seed, an agent answers as the Python agent did", () => {
  test.each(seedWire.server)("$name", async ({ name, request_hex, response_hex }) => {
    const agent = await seedAgent();
    const peer = await RawPeer.connect(agent.port);
    peer.send(bytesOf(request_hex));
    if (name.includes("half close")) peer.socket.end();

    const answer = messageIn(await peer.frame());

    const expected = recorded(response_hex);
    expect(Object.keys(answer).sort()).toEqual(RESPONSE_FIELDS);
    const fact = SAME_FACT.get(name);
    if (fact === undefined) expect(answer).toEqual(expected);
    else {
      const { message, code } = answer["error"] as { message: string; code: string };
      expect(message).toMatch(fact);
      expect({ ...answer, error: { code } }).toEqual({ ...expected, error: { code: (expected["error"] as { code: string }).code } });
    }
  });

  test("there are 40 recorded exchanges, and no two have the same name", () => {
    expect(new Set(seedWire.server.map(({ name }) => name)).size).toBe(40);
  });

  test("but it keeps the connection open, and answers the second of two pipelined requests too", async () => {
    const agent = await seedAgent();
    const pipelined = seedWire.server.find(({ name }) => name.startsWith("two pipelined requests"));
    const peer = (await RawPeer.connect(agent.port)).send(bytesOf(pipelined?.request_hex ?? ""));
    const answers = [messageIn(await peer.frame()), messageIn(await peer.frame())];
    expect(answers.map(({ id, result }) => [id, result])).toEqual([
      ["a", 3],
      ["b", 7],
    ]);
    expect(peer.socket.readableEnded).toBe(false);
  });
});

interface ClientCase {
  readonly name: string;
  readonly index: number;
  readonly endpoint: string;
  readonly args: readonly unknown[];
}

/** The four calls that the recorded Python client made. */
const CALLS: readonly ClientCase[] = [
  { name: "a ping", index: 0, endpoint: "_synapse.ping", args: [] },
  { name: "a sum", index: 1, endpoint: "sum", args: [1, 2] },
  {
    name: "a task with context",
    index: 2,
    endpoint: "_agent.ask",
    args: ["Review this pull request", kwargs({ context: { files: ["server.py", "client.py"] } })],
  },
  { name: "values by name", index: 3, endpoint: "echo", args: [kwargs({ value: [1.5, null, true, "é"] })] },
];

describe("a client sends to a Python server what the Python client sent", () => {
  test.each(CALLS)("$name", async ({ index, endpoint, args }) => {
    const { expected, sent, result } = await exchange(index, endpoint, args);
    expect(result).toBe("the answer");
    // Exactly the five fields: Python refuses a message with any other.
    expect(Object.keys(sent).sort()).toEqual(["args", "endpoint", "id", "kwargs", "type"]);
    expect(sent).toEqual({ ...expected, id: sent["id"] });
    expect(sent["id"]).toEqual(expect.any(String));
  });

  test.each(CALLS)("$name, to the byte, but for the id and the order of the fields", async ({ index, endpoint, args }) => {
    const { bytes, sent, expected } = await exchange(index, endpoint, args);
    const inThisOrder = Object.fromEntries(Object.keys(sent).map((field) => [field, field === "id" ? sent["id"] : expected[field]]));
    expect(Buffer.from(bytes).toString("hex")).toBe(Buffer.from(frame(encode(inThisOrder))).toString("hex"));
    // The library writes each field as Python did: the recorded frame is what it makes of the recorded message.
    expect(Buffer.from(frame(encode(expected))).toString("hex")).toBe(seedWire.client[index]?.request_hex);
  });
});

async function exchange(index: number, endpoint: string, args: readonly unknown[]) {
  const expected = recorded(seedWire.client[index]?.request_hex ?? "");
  const server = await oneShotServer((request) =>
    frame(encode({ id: messageIn(request)["id"], ok: true, result: "the answer", error: null, type: "response" })),
  );
  const client = closing(new Client("127.0.0.1", server.port, { dialect: "plain" }));
  const result = await client.call(endpoint, ...args);
  const bytes = server.requests[0] ?? new Uint8Array();
  return { expected, bytes, sent: messageIn(bytes), result };
}

describe("a client understands what the Python server answered", () => {
  const answered = seedWire.server.filter(({ response_hex }) => recorded(response_hex)["type"] === "response");

  test.each(answered)("$name", async ({ response_hex }) => {
    const answer = recorded(response_hex);
    const server = await oneShotServer((request) => {
      // An answer without an id is meant for the one call under way; the others carry the id of theirs.
      const id = answer["id"] === "" ? "" : messageIn(request)["id"];
      return frame(encode({ ...answer, id }, { useBigInt64: true }));
    });
    const client = closing(new Client("127.0.0.1", server.port, { dialect: "plain" }));
    const outcome = await client.call("anything").then(
      (result) => ({ result: wide(result) }),
      ({ code, message, remote }) => ({ code, message, remote }),
    );
    if (answer["ok"] === true) expect(outcome).toEqual({ result: wide(answer["result"]) });
    else expect(outcome).toEqual({ ...(answer["error"] as object), remote: true });
  });
});

/** Integers as the client gives them: a bigint only where a number cannot hold it. */
function wide(value: unknown): unknown {
  if (typeof value !== "bigint") return value;
  return BigInt.asIntN(54, value) === value && Number.isSafeInteger(Number(value)) ? Number(value) : value;
}
