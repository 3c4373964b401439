import { describe, expect, test } from "vitest";
import { RoundTrips } from "../../dht/index.ts";

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
    expect(new RoundTrips().timeoutFor("a")).toBe(1_000);
    expect(new RoundTrips().of("a")).toBeUndefined();
  });

  test("follows a peer's own round trips as RFC 6298 has it", () => {
    const samples = [100, 120, 90, 300, 80, 85, 110];
    const trips = new RoundTrips();
    for (let count = 1; count <= samples.length; count++) {
      trips.measured("a", samples[count - 1] as number);
      expect(trips.timeoutFor("a")).toBeCloseTo(expectedTimeout(samples.slice(0, count)), 1); // kept in whole microseconds
    }
  });

  test("is learned for strangers from everybody's first answer, not from later ones", () => {
    const trips = new RoundTrips();
    trips.measured("a", 100);
    for (let i = 0; i < 50; i++) trips.measured("a", 1);
    trips.measured("b", 140);
    expect(trips.timeoutFor("stranger")).toBeCloseTo(expectedTimeout([100, 140]), 6);
  });

  test("of one peer does not change that of another who was measured", () => {
    const trips = new RoundTrips();
    trips.measured("near", 60);
    const before = trips.timeoutFor("near");
    trips.measured("far", 900);
    expect(trips.timeoutFor("near")).toBe(before);
    expect(trips.timeoutFor("far")).toBeGreaterThan(1_500);
  });

  test("is never below 200 ms nor above 2 s", () => {
    const trips = new RoundTrips();
    for (let i = 0; i < 100; i++) trips.measured("quick", 0.01);
    trips.measured("slow", 1_000_000);
    expect(trips.timeoutFor("quick")).toBe(200);
    expect(trips.timeoutFor("slow")).toBe(2_000);
  });

  test("shrinks to what a steady peer needs", () => {
    const trips = new RoundTrips();
    for (let i = 0; i < 200; i++) trips.measured("steady", 200);
    expect(trips.timeoutFor("steady")).toBeCloseTo(200, 0);
  });
});

describe("what is remembered", () => {
  test("is forgotten on request", () => {
    const trips = new RoundTrips();
    trips.measured("a", 100);
    trips.forget("a");
    expect(trips.of("a")).toBeUndefined();
  });

  test("is at most 256 peers, and the one heard of longest ago goes first", () => {
    const trips = new RoundTrips();
    for (let i = 0; i < 256; i++) trips.measured(`peer ${i}`, 100);
    trips.measured("peer 0", 100);
    trips.measured("one more", 100);
    expect(trips.of("peer 0")).toBeDefined();
    expect(trips.of("peer 1")).toBeUndefined();
    expect(trips.of("peer 2")).toBeDefined();
    expect(trips.of("one more")).toBeDefined();
  });
});
