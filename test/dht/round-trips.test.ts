import { describe, expect, test } from "vitest";
import { RoundTrips } from "../../dht/index.ts";
import { contactOf } from "../support/ids.ts";
import { Random } from "../support/random.ts";

const peers = new Map<string, ReturnType<typeof contactOf>>();
const random = new Random(1);

/** One peer for each name. */
function peer(name: string) {
  const known = peers.get(name) ?? contactOf(random.bytes(32));
  peers.set(name, known);
  return known;
}

/** What RFC 6298 says, written down a second time. */
function expectedTimeout(samples: readonly number[]): number {
  let mean = samples[0] ?? 0;
  let deviation = mean / 2;
  for (const sample of samples.slice(1)) {
    deviation = 0.75 * deviation + 0.25 * Math.abs(mean - sample);
    mean = 0.875 * mean + 0.125 * sample;
  }
  return mean + 4 * deviation;
}

describe("how long to wait", () => {
  test("is a second for anybody while nothing was measured", () => {
    expect(new RoundTrips().timeoutFor(peer("a"))).toBe(1_000);
    expect(new RoundTrips().of(peer("a"))).toBeUndefined();
  });

  test("follows a peer's own round trips as RFC 6298 has it", () => {
    const samples = [100, 120, 90, 300, 80, 85, 110];
    const trips = new RoundTrips();
    for (let count = 1; count <= samples.length; count++) {
      trips.measured(peer("a"), samples[count - 1] as number);
      expect(trips.timeoutFor(peer("a"))).toBeCloseTo(expectedTimeout(samples.slice(0, count)), 1); // kept in whole microseconds
    }
  });

  test("is learned for strangers from everybody's first answer, not from later ones", () => {
    const trips = new RoundTrips();
    trips.measured(peer("a"), 100);
    for (let i = 0; i < 50; i++) trips.measured(peer("a"), 1);
    trips.measured(peer("b"), 140);
    expect(trips.timeoutFor(peer("stranger"))).toBeCloseTo(expectedTimeout([100, 140]), 6);
  });

  test("of one peer does not change that of another who was measured", () => {
    const trips = new RoundTrips();
    trips.measured(peer("near"), 60);
    const before = trips.timeoutFor(peer("near"));
    trips.measured(peer("far"), 900);
    expect(trips.timeoutFor(peer("near"))).toBe(before);
    expect(trips.timeoutFor(peer("far"))).toBeGreaterThan(1_500);
  });

  test("is never below 200 ms nor above 2 s", () => {
    const trips = new RoundTrips();
    for (let i = 0; i < 100; i++) trips.measured(peer("quick"), 0.01);
    trips.measured(peer("slow"), 1_000_000);
    expect(trips.timeoutFor(peer("quick"))).toBe(200);
    expect(trips.timeoutFor(peer("slow"))).toBe(2_000);
  });

  test("is two round trips longer for whoever has to be dialled first", () => {
    const trips = new RoundTrips();
    for (let i = 0; i < 200; i++) trips.measured(peer("steady"), 300);
    expect(trips.timeoutFor(peer("steady"), "dialled")).toBeCloseTo(900, 0);
    expect(trips.expected(peer("steady"), "dialled")).toBeCloseTo(900, 0);
    expect(trips.expected(peer("steady"), "linked")).toBeCloseTo(300, 0);
  });

  test("counts a third of what a request took that had to dial", () => {
    const trips = new RoundTrips();
    trips.measured(peer("met"), 600, "dialled");
    expect(trips.of(peer("met"))).toBeCloseTo(200, 0);
  });

  test("covers what a peer varies by that is dialled each time, as RFC 6298 would over its whole requests", () => {
    const trips = new RoundTrips();
    const samples = Array.from({ length: 200 }, () => 760 + 100 * random.next());
    for (const ms of samples) trips.measured(peer("wavering"), ms, "dialled");
    expect(trips.timeoutFor(peer("wavering"), "dialled")).toBeCloseTo(expectedTimeout(samples), 1);
  });

  test("is learned apart for strangers with a link and without", () => {
    const trips = new RoundTrips();
    for (const [n, ms] of [100, 140].entries()) trips.measured(peer(`linked ${n}`), ms, "linked");
    expect(trips.timeoutFor(peer("new"), "dialled")).toBeCloseTo(3 * expectedTimeout([100, 140]), 6); // until one was dialled
    for (const [n, ms] of [500, 400].entries()) trips.measured(peer(`dialled ${n}`), ms, "dialled");
    expect(trips.timeoutFor(peer("new"), "linked")).toBeCloseTo(expectedTimeout([100, 140]), 6);
    expect(trips.timeoutFor(peer("new"), "dialled")).toBeCloseTo(expectedTimeout([500, 400]), 6);
    expect(trips.expected(peer("new"), "dialled")).toBeGreaterThan(trips.expected(peer("new"), "linked"));
  });

  test("shrinks to what a steady peer needs", () => {
    const trips = new RoundTrips();
    for (let i = 0; i < 200; i++) trips.measured(peer("steady"), 200);
    expect(trips.timeoutFor(peer("steady"))).toBeCloseTo(200, 0);
  });
});

describe("what is remembered", () => {
  test("is forgotten on request", () => {
    const trips = new RoundTrips();
    trips.measured(peer("a"), 100);
    trips.forget(peer("a"));
    expect(trips.of(peer("a"))).toBeUndefined();
  });

  test("is at most 256 peers, and those measured longest ago go first", () => {
    const trips = new RoundTrips();
    const names = Array.from({ length: 2_000 }, (_, n) => `peer ${n}`);
    for (const [n, name] of names.entries()) {
      trips.measured(peer(name), n);
      expect(trips.of(peer(name))).toBe(n);
    }
    const left = names.flatMap((name, n) => (trips.of(peer(name)) === undefined ? [] : [n]));
    expect(left.length).toBeGreaterThan(200);
    expect(left.length).toBeLessThanOrEqual(256);
    for (const n of left) expect(trips.of(peer(`peer ${n}`))).toBe(n);
    expect(left[0]).toBeGreaterThan(2_000 - 3 * 256); // by groups of eight, so that the oldest of a small group may be quite old
  });

  test("is all that was measured while there are few, whatever prefix their ids share with each other", () => {
    const trips = new RoundTrips();
    const near = Array.from({ length: 100 }, () => contactOf(Uint8Array.of(1, 2, ...random.bytes(30))));
    for (const contact of near) trips.measured(contact, 10);
    expect(near.filter((contact) => trips.of(contact) !== undefined).length).toBeGreaterThan(95);
  });
});
