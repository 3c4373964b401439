import { describe, expect, test } from "vitest";
import { capabilityKey, type OverlayRequest, type OverlayResponse } from "../../dht/index.ts";
import { makeContact } from "../../routing/index.ts";
import { OverlayPeers } from "../../src/overlay-peers.ts";
import { decodeRequest, decodeResponse, encodeRequest, encodeResponse } from "../../src/overlay-wire.ts";
import type { RpcCore } from "../../src/rpc/core.ts";
import { startAgent } from "../support/net/lifetime.ts";
import { Random } from "../support/random.ts";

const random = new Random(1);
const from = makeContact(random.bytes(32), ["tcp://192.0.2.1:9999"]);
const answer: OverlayResponse = {
  kind: "find_records",
  records: [],
  more: undefined,
  split: 0,
  contacts: [],
  relayed: { from, records: [Uint8Array.of(1)], contacts: [from] },
};

describe("what is passed on", () => {
  test("comes out of the wire as it went in", () => {
    expect(decodeResponse("find_records", encodeResponse(answer))).toEqual(answer);
    const request: OverlayRequest = { kind: "find_records", key: random.bytes(32), limit: 3, after: undefined, relay: true };
    const { args, kwargs } = encodeRequest(request);
    expect(decodeRequest("find_records", [...args, kwargs["limit"], undefined, undefined, kwargs["relay"]])).toEqual(request);
  });

  test.each([
    ["is no map", 7],
    ["is of nobody who could be dialled", { from: [from.id, []], records: [], contacts: [] }],
    ["is of nobody", { records: [], contacts: [] }],
  ])("is passed over where it %s", (_, relayed) => {
    const wire = { ...(encodeResponse(answer) as object), relayed };
    expect(decodeResponse("find_records", wire)).not.toHaveProperty("relayed");
  });

  test.each([
    ["records", { records: "many", contacts: [] }],
    ["contacts", { records: [], contacts: Array(21).fill(["x", []]) }],
  ])("makes the whole answer wrong where its %s are", (_, part) => {
    const wire = { ...(encodeResponse(answer) as object), relayed: { from: [from.id, from.addresses], ...part } };
    expect(() => decodeResponse("find_records", wire)).toThrow(/must be a list/);
  });

  test("was wished for with true or false", () => {
    expect(() => decodeRequest("find_records", [random.bytes(32), 1, undefined, undefined, "yes"])).toThrow(/relay must be true or false/);
  });

  test("is wished for only of those who say that they can", async () => {
    const sent: unknown[] = [];
    const peersOf = (features: readonly string[]) => {
      const connection = {
        ready: Promise.resolve({ features }),
        call: (call: unknown) => {
          sent.push(call);
          return Promise.resolve(encodeResponse(answer));
        },
      };
      const runtime = { now: () => 0, schedule: () => ({ cancel: () => undefined }) };
      const pool = { peek: () => connection, connect: () => Promise.resolve(connection) };
      return new OverlayPeers({ pool, runtime } as unknown as RpcCore);
    };
    const request: OverlayRequest = { kind: "find_records", key: random.bytes(32), limit: 3, after: undefined, relay: true };
    for (const features of [["relay"], ["stream"]]) {
      await new Promise((resolve) => peersOf(features).request(from, request, 1_000, resolve));
    }
    expect(sent).toMatchObject([{ kwargs: { limit: 3, relay: true } }, { kwargs: { limit: 3 } }]);
    expect((sent[1] as { kwargs: object }).kwargs).not.toHaveProperty("relay");
  });

  test("reaches a record at a holder to whom the finder has no link", async () => {
    const middle = await startAgent({ name: "middle" });
    const bootstrap = [middle.addresses[0] as string];
    const holder = await startAgent({ name: "holder", bootstrap, capabilities: ["translate"] });
    const finder = await startAgent({ name: "finder", bootstrap });
    const key = capabilityKey("default", "translate", "");
    const own = middle.insides.overlay.store;
    for (const record of own.under(key, Date.now())) expect(record.publisherKey).toBe(holder.contact.key);
    middle.insides.overlay.store.page = () => ({ records: [], more: undefined, split: 0 }); // it has missed the record
    const outcome = await new Promise<OverlayResponse | { kind: "failed" }>((resolve) => {
      const request: OverlayRequest = { kind: "find_records", key, limit: 3, after: undefined, relay: true };
      finder.insides.overlay.peers.request(middle.contact, request, 5_000, resolve);
    });
    expect(outcome).toMatchObject({ kind: "find_records", records: [], relayed: { from: { key: holder.contact.key } } });
    expect(outcome.kind === "find_records" && outcome.relayed?.records).toHaveLength(1);
  });
});
