import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isLoopback, shortAddress } from "../../src/address.ts";
import { formatAddress, parseAddress } from "../../src/index.ts";
import { check } from "../support/check.ts";
import { failureOf } from "../support/net/lifetime.ts";

describe("an address", () => {
  test("survives being written and read", () => {
    const hosts = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
    check([hosts, fc.nat(65_535)], (host, port) => {
      const text = formatAddress({ host, port });
      expect(parseAddress(text)).toEqual({ host, port });
      expect(parseAddress(shortAddress(text))).toEqual({ host, port });
    });
  });

  test.each([
    "",
    "host",
    "host:",
    ":80",
    "host:99999",
    "host:-1",
    "host:80x",
    "::1:80",
    "[host]:80",
    "[::1]80",
    "http://h:1",
    "a b:80",
    "h/p:80",
  ])("%j is none, and the hint shows one", async (text) => {
    expect(await failureOf(() => parseAddress(text))).toMatchObject({
      code: "bad_address",
      hint: expect.stringMatching(/127\.0\.0\.1:9000/),
    });
  });

  test("that is none is quoted by its beginning", async () => {
    expect((await failureOf(() => parseAddress("x".repeat(10_000)))).message.length).toBeLessThan(200);
  });
});

describe("this machine itself", () => {
  test.each(["127.0.0.1", "127.9.9.9", "::1", "localhost", "::ffff:127.0.0.1"])("is %s", (host) => expect(isLoopback(host)).toBe(true));

  test.each(["", "10.0.0.1", "128.0.0.1", "127.0.0.1.example.com", "127.evil.example", "::2", "::ffff:10.0.0.1", "localhost.example.com"])(
    "is not %j",
    (host) => expect(isLoopback(host)).toBe(false),
  );
});
