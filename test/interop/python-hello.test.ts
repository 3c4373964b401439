import { isDeepStrictEqual } from "node:util";
import { describe, expect, test } from "vitest";
import { Client } from "../../src/index.ts";
import { closing, failureOf, GlassServer, until } from "../support/net/lifetime.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { title, toPython } from "./pairs.ts";
import { isLeftOut, PythonClient } from "./python-peer.ts";

const HELLO = {
  type: "'hello'",
  version: "2",
  swarm: "'blue'",
  listen: "[]",
  features: "['stream', 'a feature of the future']",
  software: "'peer.py'",
  observed: "''",
};
const REQUEST = "{'type': 'request', 'id': '1', 'endpoint': 'count', 'args': [], 'kwargs': {}}";

const helloWith = (changes: Partial<typeof HELLO> & { readonly extra?: string }) =>
  `{${Object.entries({ ...HELLO, ...changes })
    .map(([key, value]) => `'${key}': ${value}`)
    .join(", ")}}`;

/** First messages that are no hello, as Python writes them. */
const ILL_FORMED: readonly (readonly [what: string, message: string])[] = [
  ["another version", helloWith({ version: "3" })],
  ["a version that is no number", helloWith({ version: "'2'" })],
  ["no swarm", helloWith({ swarm: "None" })],
  ["a swarm of 256 characters", helloWith({ swarm: `'${"s".repeat(256)}'` })],
  ["a listen that is no list", helloWith({ listen: "'tcp://192.0.2.1:1'" })],
  ["five addresses", helloWith({ listen: `[${Array.from({ length: 5 }, (_, n) => `'tcp://192.0.2.1:${n + 1}'`).join(", ")}]` })],
  ["an address without a port", helloWith({ listen: "['tcp://192.0.2.1']" })],
  ["an address that is a number", helloWith({ listen: "[9999]" })],
  ["33 features", helloWith({ features: `[${"'x', ".repeat(33)}]` })],
  ["features that are bytes", helloWith({ features: "[b'stream']" })],
  ["no software", helloWith({ software: "None" })],
  ["another type", helloWith({ type: "'hallo'" })],
  ["a goaway", "{'type': 'goaway'}"],
];
/** What is not understood now may mean something to those who come after. */
const WELL_FORMED: readonly (readonly [what: string, message: string])[] = [
  ["as it should be", helloWith({})],
  ["with a field more", helloWith({ extra: "{'any': 'thing'}" })],
  ["with an address of another scheme", helloWith({ listen: "['quic://192.0.2.1:1', 'tcp://192.0.2.1:1']" })],
  ["of no swarm", helloWith({ swarm: "''" })],
];

/** Our server, member of a swarm, and a Python peer that greets it as it is told; with how often its endpoint has run. */
async function greeted(clock?: VirtualClock) {
  const server = new GlassServer({ port: 0, ...(clock && { runtime: clock, limits: { handshakeTimeoutMs: 2_000 } }) }, "blue");
  let calls = 0;
  server.endpoint("count", () => ++calls);
  closing({ close: () => server.stop() });
  if (clock !== undefined) server.abandonCalls(); // its time stands still: it would wait for ever
  await server.start();
  return { server, python: await PythonClient.connect(server.port, "secure"), calls: () => calls };
}

describe.skipIf(isLeftOut)(`Python's hello to our server${title}`, () => {
  test("is taken as documented, and the call behind it answered", async () => {
    const { python } = await greeted();
    for (const [what, hello] of WELL_FORMED) {
      expect(await python.order("greet", { stream: what, args: `[${hello}, ${REQUEST}, {'type': 'goaway'}]` }), what).toBe("'hello'");
      expect(await python.order("rest", { stream: what }), what).toBe("['response']");
    }
  });

  test("costs the link where it is ill-formed: it hears our hello, why not, and the end, and its call does not run", async () => {
    const { python, server, calls } = await greeted();
    for (const [what, message] of [...ILL_FORMED, ["a call", REQUEST] as const]) {
      expect(await python.order("greet", { stream: what, args: `[${message}, ${REQUEST}]` }), what).toBe("'hello'");
      expect(await python.order("rest", { stream: what }), what).toMatch(/^\['bad_[a-z]+'\]$/);
    }
    await until(() => server.insides.core.acceptedCount === 1);
    expect([calls(), await python.call("count")]).toEqual([0, "1"]);
  });

  test("of another swarm costs the link in the same way", async () => {
    const { python, server, calls } = await greeted();
    expect(await python.order("greet", { stream: "red", args: `[${helloWith({ swarm: "'red'" })}, ${REQUEST}]` })).toBe("'hello'");
    expect(await python.order("rest", { stream: "red" })).toBe("['wrong_swarm']");
    await until(() => server.insides.core.acceptedCount === 1);
    expect(calls()).toBe(0);
    // Python refuses the other swarm as well: what it hears first is enough.
    await expect(PythonClient.connect(server.port, "secure", { swarm: "red" })).rejects.toMatchObject({ code: "wrong_swarm" });
    expect((await PythonClient.connect(server.port, "secure", { swarm: "blue" })).hello).toMatchObject({ swarm: "blue" });
  });

  test("that does not come ends the link when the time for it is over", async () => {
    const clock = new VirtualClock(1);
    const { python, server } = await greeted(clock);
    expect(await python.order("greet", { stream: "mute", args: "[]" })).toBe("'hello'");
    expect(server.insides.core.acceptedCount).toBe(2);
    clock.advance(1_999);
    expect(await python.call("count")).toBe("1");
    expect(server.insides.core.acceptedCount).toBe(2);
    clock.advance(1);
    expect(await python.order("rest", { stream: "mute" })).toBe("[]");
    expect(await python.call("count")).toBe("2");
  });
});

describe.skipIf(isLeftOut)(`the hello of a Python server to our client${title}`, () => {
  test("is taken as documented", async () => {
    const { client } = await toPython("secure", { hellos: `[${WELL_FORMED.map(([, hello]) => hello).join(", ")}]` }, { swarm: "blue" });
    for (const [index, [what]] of WELL_FORMED.entries()) {
      expect(await client.call("connections"), what).toBe(index + 1);
      await client.call("leave"); // the next call takes the next link
    }
  });

  test("fails our call as bad_hello where it is ill-formed, and Python hears no call", async () => {
    const { client } = await toPython("secure", { hellos: `[${ILL_FORMED.map(([, message]) => message).join(", ")}]` }, { swarm: "blue" });
    for (const [what] of ILL_FORMED)
      expect(await failureOf(client.call("echo", 1)), what).toMatchObject({ code: "bad_hello", remote: false });
    expect(await client.call("others")).toEqual(ILL_FORMED.map(() => ["hello"]));
  });

  test("of another swarm fails our call as wrong_swarm, and Python's side in the same way", async () => {
    const { client, identity } = await toPython("secure", { swarm: "red" }, { swarm: "blue" });
    const error = { code: "wrong_swarm", message: expect.stringMatching(/"red".*"blue"/), remote: false };
    expect(await failureOf(client.call("echo", 1))).toMatchObject(error);
    const ofNoSwarm = closing(new Client(client.address, { dialect: "secure", identity }));
    expect(await ofNoSwarm.call("others")).toEqual([["hello", "wrong_swarm"]]);
  });

  test("that is a refusal fails our call with what it says", async () => {
    const error = "{'code': 'busy', 'message': 'no room'}";
    const { client } = await toPython("secure", {
      hellos: `[{'type': 'response', 'id': '', 'ok': False, 'result': None, 'error': ${error}}]`,
    });
    expect(await failureOf(client.call("echo", 1))).toMatchObject({ code: "busy", message: "no room", remote: true });
    expect(await client.call("others")).toEqual([["hello"]]);
  });

  test("that does not come fails our call when the time for it is over", async () => {
    const clock = new VirtualClock(1);
    const inTime = { runtime: clock, limits: { handshakeTimeoutMs: 2_000 } };
    const { client, identity } = await toPython("secure", { hellos: `[${helloWith({})}, None]` }, {});
    const mute = closing(new Client(client.address, { dialect: "secure", identity, ...inTime }));
    await client.call("echo", 0);
    const call = failureOf(mute.call("echo", 1));
    let heard: unknown;
    do [, heard] = (await client.call("so_far")) as unknown[];
    while (!isDeepStrictEqual(heard, ["hello"])); // ours; from now on we wait for Python's
    clock.advance(2_000);
    expect(await call).toMatchObject({ code: "timed_out", message: "the other side said no hello in time", remote: false });
    await client.close();
    expect(await mute.call("others")).toEqual([expect.anything(), ["hello"]]);
  });
});
