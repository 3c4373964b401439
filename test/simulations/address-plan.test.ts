import { describe, expect, test } from "vitest";
import type { AddressPlan } from "../../simulations/engine/hosts/address-plan.ts";
import { hostModel } from "../../simulations/engine/hosts/host-spec.ts";
import { RandomStream } from "../../simulations/engine/random.ts";
import { failureOf } from "../support/net/lifetime.ts";

const plan = (spec: object = {}, seed = 1): AddressPlan => hostModel(spec).addresses(new RandomStream(seed, "addresses"));
const take = (from: AddressPlan, count: number) => Array.from({ length: count }, () => from.next());
const subnetOf = (address: string) => address.split(".").slice(0, 3).join(".");
const networkOf = (address: string) => address.split(".").slice(0, 2).join(".");

/** How many fall together under each key, most first. */
function sizes(keys: Iterable<string>): number[] {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return [...counts.values()].sort((a, b) => b - a);
}

const partOf = (values: readonly number[], is: (value: number) => boolean) => values.filter(is).length / values.length;

describe("Addresses", () => {
  const addresses = take(plan(), 20_000);

  test("are each given once, public, and the same for the same seed", () => {
    expect(new Set(addresses).size).toBe(addresses.length);
    for (const address of addresses) {
      const [first, ...rest] = address.split(".").map(Number) as [number, number, number, number];
      expect(rest).toHaveLength(3);
      expect(rest.every((byte) => byte >= 0 && byte <= 255)).toBe(true);
      expect(first >= 1 && first <= 223 && ![10, 100, 127, 169, 172, 192, 198, 203].includes(first)).toBe(true);
      expect(rest[2] >= 1 && rest[2] <= 254).toBe(true);
    }
    expect(take(plan(), 500)).toEqual(addresses.slice(0, 500));
    expect(take(plan({}, 2), 500)).not.toEqual(addresses.slice(0, 500));
  });

  test("are mostly alone in their /24, while a few have many, as in data centres", () => {
    const hosts = sizes(addresses.map(subnetOf));
    expect(partOf(hosts, (size) => size === 1)).toBeGreaterThan(0.8);
    expect(hosts[0]).toBeGreaterThan(50);
    const inTop = hosts.slice(0, Math.ceil(hosts.length / 100)).reduce((sum, size) => sum + size, 0) / addresses.length;
    expect(inTop).toBeGreaterThan(0.1);
    expect(inTop).toBeLessThan(0.35);
  });

  test("have many /24 in few /16, and one in most", () => {
    const subnets = sizes([...new Set(addresses.map(subnetOf))].map(networkOf));
    expect(partOf(subnets, (size) => size === 1)).toBeGreaterThan(0.5);
    expect(subnets[0]).toBeGreaterThan(50);
    expect(subnets[0]).toBeLessThanOrEqual(256);
  });

  test("in data centres have the tail of a Yule distribution", () => {
    const hosts = sizes(take(plan({ dataCentres: 1 }), 50_000).map(subnetOf));
    // Four of ten hosts are in a new /24: the chance of more than k hosts is the product of i / (i + 1 / 0.6) for i up to k.
    const beyond = (k: number) =>
      Array.from({ length: k }, (_, i) => (i + 1) / (i + 1 + 1 / 0.6)).reduce((product, part) => product * part, 1);
    for (const k of [1, 3, 10, 30]) expect(partOf(hosts, (size) => size > k) / beyond(k)).toBeCloseTo(1, 0.7);
    expect(hosts[0]).toBe(254);
  });

  test("outside of data centres are nearly all alone in their /24", () => {
    expect(partOf(sizes(take(plan({ dataCentres: 0 }), 10_000).map(subnetOf)), (size) => size === 1)).toBeGreaterThan(0.93);
  });

  test("do not run out when there are more hosts than /16", () => {
    const many = take(plan({ dataCentres: 0 }), 250_000);
    expect(new Set(many).size).toBe(many.length);
    expect(new Set(many.map(networkOf)).size).toBe(215 * 256);
  });
});

describe("An attacker", () => {
  test("gets addresses in one /24, where no one else is or comes", () => {
    const own = plan();
    const before = take(own, 5_000);
    const [first, second] = [own.inOneSubnet(254), own.inOneSubnet(3)];
    const after = take(own, 5_000);
    expect([new Set(first).size, new Set(first.map(subnetOf)).size]).toEqual([254, 1]);
    expect([new Set(second).size, new Set(second.map(subnetOf)).size]).toEqual([3, 1]);
    const others = new Set([...before, ...after, ...second].map(subnetOf));
    expect(others.has(subnetOf(first[0] ?? ""))).toBe(false);
  });

  test.each([0, 255, 1.5, Number.NaN])("cannot have %s of them", async (count) => {
    expect(await failureOf(() => plan().inOneSubnet(count))).toMatchObject({
      code: "bad_options",
      message: expect.stringContaining("count must be a whole number from 1 to 254"),
    });
  });
});
