import { createServer, type Server as NetServer, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { AgentCapability, AgentNode, callOptions, SynapseError } from "../../src/index.ts";
import { decodeRequest, decodeResponse } from "../../src/overlay-wire.ts";
import { systemRuntime } from "../../src/runtime.ts";

const started: AgentNode[] = [];
const listeners: NetServer[] = [];
const sockets: Socket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(started.splice(0).map((node) => node.stop()));
  await Promise.all(listeners.splice(0).map((server) => new Promise((closed) => server.close(closed))));
});

async function agent(): Promise<AgentNode> {
  const node = await new AgentNode({ name: "ada" }).start();
  started.push(node);
  return node;
}

/** Somebody who takes connections and never says a word. */
async function silentListener(onConnection: () => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.resume();
    sockets.push(socket);
    onConnection();
  });
  listeners.push(server);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

describe("A call", () => {
  test("that is aborted while it connects ends at once", async () => {
    const abort = new AbortController();
    const port = await silentListener(() => abort.abort());
    const node = await agent();
    const call = node.call(`127.0.0.1:${port}`, "x", callOptions({ signal: abort.signal, timeoutMs: 600_000 }));
    await expect(call).rejects.toMatchObject({ code: "aborted" });
  });

  test("may be given all the time in the world", async () => {
    const [one, two] = [await agent(), await agent()];
    two.endpoint("soon", () => new Promise((resolve) => systemRuntime.schedule(20, () => resolve("fine"))));
    const call = one.call(two.contact, "soon", callOptions({ timeoutMs: Number.POSITIVE_INFINITY }));
    await expect(call).resolves.toBe("fine");
  });
});

describe("What is kept of a message", () => {
  const frame = new Uint8Array(1_000_000);

  test("is a record, not the frame that it came in", () => {
    const request = decodeRequest("store", [frame.subarray(0, 32), frame.subarray(100, 400)]);
    expect(request.kind === "store" && request.record.buffer.byteLength).toBe(300);
  });

  test("is a contact, not the frame that it came in", () => {
    const response = decodeResponse("find_node", { contacts: [[frame.subarray(0, 32), ["tcp://192.0.2.1:1"]]] });
    expect(response.kind === "find_node" && response.contacts[0]?.id.buffer.byteLength).toBe(32);
  });
});

test("A name with accents is refused with the spelling that comes nearest", () => {
  const make = () => new AgentCapability("Übersetzen/Französisch");
  expect(make).toThrow(SynapseError);
  try {
    make();
  } catch (error) {
    expect((error as SynapseError).hint).toContain('"ubersetzen/franzosisch"');
  }
});
