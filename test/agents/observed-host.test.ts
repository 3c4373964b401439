import { describe, expect, test } from "vitest";
import { ObservedHost } from "../../src/observed-host.ts";

const SEEN_AT = "tcp://203.0.113.5:40123";

function heard(...sayings: readonly (readonly [observer: string | undefined, observed: string])[]): string | undefined {
  const observed = new ObservedHost();
  for (const [observer, address] of sayings) observed.note(observer, address);
  return observed.agreed;
}

describe("As what a node is seen", () => {
  test("is what three others say, whatever the port", () => {
    const two = [
      ["198.51.100.1", SEEN_AT],
      ["198.51.101.1", "tcp://203.0.113.5:1"],
    ] as const;
    expect(heard(...two)).toBeUndefined();
    expect(heard(...two, ["198.51.102.1", SEEN_AT])).toBe("203.0.113.5");
  });

  test("is not what one says three times, or from three addresses of one IPv6 network", () => {
    expect(heard(["198.51.100.1", SEEN_AT], ["198.51.100.1", SEEN_AT], ["198.51.100.1", SEEN_AT])).toBeUndefined();
    expect(heard(["2001:db8::1", SEEN_AT], ["2001:db8::2", SEEN_AT], ["2001:db8::3", SEEN_AT])).toBeUndefined();
  });

  test("is nothing where no more than half agree", () => {
    const honest = [1, 2, 3].map((i) => [`198.51.10${i}.1`, SEEN_AT] as const);
    const liars = [4, 5, 6].map((i) => [`198.51.10${i}.1`, `tcp://192.88.99.${i}:1`] as const);
    expect(heard(...honest, ...liars.slice(1))).toBe("203.0.113.5");
    expect(heard(...honest, ...liars)).toBeUndefined();
  });

  test("is never an address of a private network, nor what those in one say, nor no address", () => {
    const observers = ["198.51.100.1", "198.51.101.1", "198.51.102.1"];
    for (const said of [
      "tcp://10.0.0.7:1",
      "tcp://127.0.0.1:1",
      "tcp://[fe80::1]:1",
      "",
      "tcp://example.org:1",
      "nonsense",
      "tcp://1.2.3:99999",
    ])
      expect(heard(...observers.map((observer) => [observer, said] as const))).toBeUndefined();
    expect(heard(["10.0.0.1", SEEN_AT], ["127.0.0.1", SEEN_AT], [undefined, SEEN_AT])).toBeUndefined();
  });

  test("changes with what is said, and only the last sixteen count", () => {
    const moved = "tcp://203.0.113.77:1";
    const before = Array.from({ length: 16 }, (_, i) => [`198.51.100.${i}`, SEEN_AT] as const);
    const after = Array.from({ length: 9 }, (_, i) => [`198.51.101.${i}`, moved] as const);
    expect(heard(...before, ...after.slice(1))).toBeUndefined();
    expect(heard(...before, ...after)).toBe("203.0.113.77");
  });

  test("has one spelling", () => {
    const six = ["tcp://[2001:DB8:0::5]:1", "tcp://[2001:db8::5]:2", "tcp://[2001:0db8::0005]:3"];
    expect(heard(...six.map((said, i) => [`198.51.100.${i}`, said] as const))).toBe("2001:db8::5");
  });
});
