import { isIPv4, isIPv6 } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalV6 } from "../../src/host-spelling.ts";
import { countedHost } from "../../src/hosts.ts";
import { check } from "../support/check.ts";

describe("a host is counted", () => {
  test.each([
    ["198.51.100.7", "198.51.100.7"],
    ["::ffff:198.51.100.7", "198.51.100.7"],
    ["::FFFF:c633:6407", "198.51.100.7"],
    ["2001:db8:1:2::1", "2001:db8:1:2::/64"],
    ["2001:DB8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"],
    ["2001:db8::7", "2001:db8:0:0::/64"],
    ["2001:db8:0:0:1::", "2001:db8:0:0::/64"],
    ["::2", "0:0:0:0::/64"],
    ["h.example", "h.example"],
  ])("%s, as %s", (host, counted) => expect(countedHost(host)).toBe(counted));

  test.each(["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.1.2.3", "::ffff:10.1.2.3", "fd00::1", "fe80::1", "fe80::1%eth0", "localhost"])(
    "%s, a neighbour, not at all",
    (host) => expect(countedHost(host)).toBeUndefined(),
  );
});

test("An IPv6 address has one spelling, however it is written", () => {
  check([fc.ipV6()], (host) => {
    const canonical = canonicalV6(host);
    expect(isIPv6(canonical) || isIPv4(canonical)).toBe(true);
    expect(canonicalV6(host.toUpperCase())).toBe(canonical);
    if (isIPv6(canonical)) expect(canonicalV6(canonical)).toBe(canonical);
  });
});
