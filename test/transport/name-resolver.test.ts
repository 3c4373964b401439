import type { LookupAddress } from "node:dns";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { Identity } from "../../src/index.ts";
import { DEFAULT_LIMITS } from "../../src/limits.ts";
import { systemRuntime } from "../../src/runtime.ts";
import { type LookupAll, MAX_LOOKUPS, NameResolver } from "../../src/transport/name-resolver.ts";
import { TcpTransport } from "../../src/transport/tcp.ts";
import { failureOf, serve } from "../support/net/lifetime.ts";

/** A name server that answers when it is told to. */
class SlowNames {
  readonly asked: string[] = [];
  private readonly waiting: (() => void)[] = [];

  readonly lookUp: LookupAll = (host, _, done) => {
    this.asked.push(host);
    this.waiting.push(() => done(null, found("198.51.100.7")));
  };

  answerOne(): void {
    this.waiting.shift()?.();
  }
}

const found = (...addresses: string[]): LookupAddress[] => addresses.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));

/** What a name leads to: addresses, or the error's message. */
function resolved(names: NameResolver, host: string, namedBy: "home" | "outside" = "outside", all = true): Promise<unknown> {
  return new Promise((resolve) => {
    names.for(namedBy)?.(host, { all }, (error, address) => resolve(error?.message ?? address));
  });
}

test("Of names that peers have named few are looked up at once, the next when one of those has been", async () => {
  const slow = new SlowNames();
  const names = new NameResolver(slow.lookUp);
  const first = Array.from({ length: MAX_LOOKUPS }, (_, n) => resolved(names, `n${n}.example`, n % 2 === 0 ? "home" : "outside"));
  for (let n = 0; n < 100; n++) expect(await resolved(names, "flood.example")).toContain("flood.example was not looked up");
  slow.answerOne();
  expect(await first[0]).toEqual(found("198.51.100.7"));
  const next = resolved(names, "next.example");
  expect(await resolved(names, "further.example")).toContain("not looked up");
  for (let n = 0; n < MAX_LOOKUPS; n++) slow.answerOne();
  expect(await next).toEqual(found("198.51.100.7"));
  expect(slow.asked).toHaveLength(MAX_LOOKUPS + 1);
});

test("A name that cannot be looked up takes no place for ever", async () => {
  const names = new NameResolver((host, _, done) => done(new Error(`no such host: ${host}`), []));
  for (let n = 0; n < 3 * MAX_LOOKUPS; n++) expect(await resolved(names, "gone.example")).toBe("no such host: gone.example");
});

test("What the user has named is looked up as the system does it", () => {
  expect(new NameResolver().for("user")).toBeUndefined();
});

test.each([
  ["127.0.0.1"],
  ["10.0.0.7"],
  ["169.254.169.254"],
  ["::1"],
  ["fd00::7"],
  ["::ffff:192.168.0.1"],
  ["::ffff:7f00:1"],
  ["0.0.0.0"],
  ["::"],
])("A name that leads to %s does so for those in there alone", async (address) => {
  const names = new NameResolver((_, __, done) => done(null, found(address, "198.51.100.7")));
  expect(await resolved(names, "a.example")).toEqual(found("198.51.100.7"));
  expect(await resolved(names, "a.example", "outside", false)).toBe("198.51.100.7");
  expect(await resolved(names, "a.example", "home")).toEqual(found(address, "198.51.100.7"));
  const rebound = new NameResolver((_, __, done) => done(null, found(address)));
  expect(await resolved(rebound, "a.example")).toContain("a.example leads into a private network");
  expect(await resolved(rebound, "a.example", "home", false)).toBe(address);
});

test("Dialled and asked for a proof, names go the same way", async () => {
  const server = await serve();
  const limits = DEFAULT_LIMITS;
  const transport = new TcpTransport({
    identity: Identity.generate(),
    runtime: systemRuntime,
    limits,
    plaintext: "off",
    encodeRefusal: () => new Uint8Array(0),
    lookUp: (_, __, done) => done(null, found("127.0.0.1")),
  });
  const address = `tcp://a.example:${server.port}`;
  const dial = (namedBy: "home" | "outside") => transport.dial(address, { dialect: "secure", namedBy, timeoutMs: 5_000 });
  expect(await failureOf(dial("outside"))).toMatchObject({ code: "unreachable", message: expect.stringContaining("private network") });
  const options = { expectedId: server.insides.core.identity.nodeId, timeoutMs: 5_000 };
  expect((await failureOf(transport.prove(address, { ...options, namedBy: "outside" }))).message).toContain("private network");
  const link = await dial("home");
  onTestFinished(() => link.destroy());
  expect([link.remoteAddress, link.remoteHost]).toEqual([address, "127.0.0.1"]);
});

test("A socket takes a refusal of the resolver for what it is", async () => {
  const names = new NameResolver((_, __, done) => done(null, found("127.0.0.1")));
  const error = await new Promise((resolve) => connect({ host: "a.example", port: 9, lookup: names.for("outside") }).on("error", resolve));
  expect(error).toMatchObject({ code: "unreachable" });
});
