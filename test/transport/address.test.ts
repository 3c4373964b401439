import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isLoopback, peerAddress, shortAddress } from "../../src/address.ts";
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

describe("an IPv4 address", () => {
  test.each([
    "3325256711",
    "0xc6336407",
    "0x00c6336407",
    "0xc6.51.100.7",
    "198.3368967",
    "198.51.25607",
    "0306.063.0144.07",
    "198.51.100.07",
    "198.51.100.7.",
    "198.51.100.256",
    "0",
    "127.1",
    "\uff11\uff19\uff18.51.100.7",
    "198\u300251\u3002100\u30027",
  ])("is not written %s", async (host) => {
    const refusal = { code: "bad_address", hint: expect.stringContaining("127.0.0.1:9000") };
    expect(await failureOf(() => parseAddress(`${host}:9999`))).toMatchObject(refusal);
    expect(await failureOf(() => peerAddress(`tcp://${host}:9999`))).toMatchObject(refusal);
  });

  test.each(["198.51.100.7", "h.example", "1a", "a.1b", "0xg", "7.example", "a_b.c"])("or a name is written %s", (host) => {
    expect(parseAddress(`${host}:9999`)).toEqual({ host, port: 9_999 });
    expect(peerAddress(`${host}:9999`)).toBe(`tcp://${host}:9999`);
  });
});

describe("the address of a peer", () => {
  test.each([
    ["[::ffff:c633:6407]:1", "tcp://198.51.100.7:1"],
    ["[::FFFF:198.51.100.7]:1", "tcp://198.51.100.7:1"],
    ["[2001:DB8:0:0::0001]:1", "tcp://[2001:db8::1]:1"],
    ["[2001:db8::1%1]:1", "tcp://[2001:db8::1]:1"],
    ["[fe80::0001%eth0]:1", "tcp://[fe80::1%eth0]:1"],
    ["H.Example:1", "tcp://h.example:1"],
    ["h.example.:1", "tcp://h.example:1"],
    ["h.example:00001", "tcp://h.example:1"],
    ["b\u00fccher.example:1", "tcp://xn--bcher-kva.example:1"],
  ])("%s is %s", (text, canonical) => {
    expect(peerAddress(text)).toBe(canonical);
    expect(peerAddress(canonical)).toBe(canonical);
  });

  test.each(["a?b:1", "a%31:1", "a#b:1", ".:1"])("is not %s", async (text) => {
    expect((await failureOf(() => peerAddress(text))).code).toBe("bad_address");
  });
});

describe("this machine itself", () => {
  test.each(["127.0.0.1", "127.9.9.9", "::1", "localhost", "::ffff:127.0.0.1"])("is %s", (host) => expect(isLoopback(host)).toBe(true));

  test.each(["", "10.0.0.1", "128.0.0.1", "127.0.0.1.example.com", "127.evil.example", "::2", "::ffff:10.0.0.1", "localhost.example.com"])(
    "is not %j",
    (host) => expect(isLoopback(host)).toBe(false),
  );
});
