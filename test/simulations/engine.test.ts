import { describe, expect, test } from "vitest";
import { VirtualClock } from "../../simulations/engine/clock.ts";
import { regionLatency } from "../../simulations/engine/latency/regions.ts";
import { LinkSet, SharedLink } from "../../simulations/engine/link-set.ts";
import { RandomStream } from "../../simulations/engine/random.ts";
import { Samples } from "../../simulations/engine/statistics.ts";

describe("The virtual clock", () => {
  test("runs what is due in the order of time, and of making where times are equal", () => {
    const stream = new RandomStream(1, "clock");
    const clock = new VirtualClock();
    const ran: { at: number; order: number }[] = [];
    for (let order = 0; order < 5_000; order++) {
      const at = stream.integer(300);
      clock.schedule(at, () => ran.push({ at, order }));
    }
    clock.runUntil(1_000);
    const sorted = [...ran].sort((a, b) => a.at - b.at || a.order - b.order);
    expect(ran).toHaveLength(5_000);
    expect(ran).toEqual(sorted);
    expect(clock.now).toBe(1_000);
  });

  test("never goes back, and never runs what was cancelled or whose owner is gone", () => {
    const clock = new VirtualClock();
    const owner = { isAlive: true };
    const ran: string[] = [];
    clock.schedule(10, () => ran.push("mine"), owner);
    clock.schedule(10, () => ran.push("cancelled")).cancel();
    clock.schedule(-5, () => ran.push("late"));
    clock.schedule(20, () => ran.push("orphan"), owner);
    clock.runUntil(15);
    owner.isAlive = false;
    clock.runUntil(30);
    expect(ran).toEqual(["late", "mine"]);
  });

  test("adds up exactly: what is due in d ms is due d ms later to the last bit", () => {
    const stream = new RandomStream(2, "sums");
    const clock = new VirtualClock();
    for (let i = 0; i < 1_000; i++) {
      const begin = clock.now;
      const delay = stream.next() * 100;
      let seen = -1;
      clock.schedule(delay, () => {
        seen = clock.now - begin;
      });
      clock.runUntil(begin + 200);
      expect(seen).toBeGreaterThanOrEqual(delay);
      expect(seen - delay).toBeLessThan(1 / 512);
    }
  });

  test("says so when something schedules itself without letting time pass", () => {
    const clock = new VirtualClock();
    const again = () => clock.schedule(0, again);
    again();
    expect(() => clock.runUntil(1)).toThrow("stands still");
  });
});

describe("Region latency", () => {
  test("resembles round trips between cloud regions: median near 148 ms, a long tail, nothing below the speed of light", () => {
    const model = regionLatency();
    const stream = new RandomStream(3, "places");
    const trips = new Samples();
    for (let i = 0; i < 20_000; i++) {
      const [a, b] = [model.place(stream), model.place(stream)];
      expect(model.oneWayMs(a, b)).toBeCloseTo(model.oneWayMs(b, a), 9);
      if (a.region !== b.region) trips.add(2 * model.oneWayMs(a, b));
    }
    expect(trips.quantile(0.5)).toBeGreaterThan(120);
    expect(trips.quantile(0.5)).toBeLessThan(175);
    expect(trips.quantile(0.95)).toBeLessThan(400);
    expect(trips.quantile(0)).toBeGreaterThan(2);
  });

  test("jitter only ever adds", () => {
    const model = regionLatency();
    const stream = new RandomStream(4, "jitter");
    const [a, b] = [model.place(stream), model.place(stream)];
    for (let i = 0; i < 1_000; i++) expect(model.sampleMs(a, b, stream)).toBeGreaterThanOrEqual(model.oneWayMs(a, b));
  });
});

test("Quantiles are nearest ranks", () => {
  const samples = new Samples();
  for (const value of [5, 1, 4, 2, 3]) samples.add(value);
  expect([0, 0.2, 0.5, 0.9, 1].map((part) => samples.quantile(part))).toEqual([1, 1, 3, 5, 5]);
  expect(samples.mean).toBe(3);
});

describe("Links", () => {
  const dialled = (links: LinkSet, peer: number, now: number): SharedLink => {
    const link = new SharedLink(now, 0);
    links.set(peer, link, now);
    return link;
  };

  test("close when nothing has passed either way for a minute, at both ends at once", () => {
    const [here, there] = [new LinkSet(10, 60_000), new LinkSet(10, 60_000)];
    const link = dialled(here, 2, 0);
    there.set(1, link, 0);
    link.use(30_000);
    expect([here.get(2, 89_999), there.get(1, 89_999)]).toEqual([link, link]);
    expect([here.get(2, 90_000), there.get(1, 90_000)]).toEqual([undefined, undefined]);
  });

  test("in use stay open however many others come and go, and there are never too many", () => {
    const links = new LinkSet(512, 60_000);
    const mine = dialled(links, -1, 0);
    for (let peer = 0; peer < 2_000; peer++) {
      mine.use(peer);
      dialled(links, peer, peer);
      expect(links.get(-1, peer)).toBe(mine);
    }
    const open = Array.from({ length: 2_000 }, (_, peer) => peer).filter((peer) => links.get(peer, 2_000) !== undefined);
    expect(open).toEqual(Array.from({ length: 511 }, (_, i) => 2_000 - 511 + i));
  });

  test("once closed stay closed, though an answer may still come over them", () => {
    const links = new LinkSet(1, 60_000);
    const first = dialled(links, 1, 0);
    dialled(links, 2, 1);
    first.use(2);
    expect(first.isOpen(2, 60_000)).toBe(false);
  });
});
