import { describe, expect, test } from "vitest";
import { type HostProperties, type HostsSpec, hostModel } from "../../simulations/engine/hosts/host-spec.ts";
import { RandomStream } from "../../simulations/engine/random.ts";
import { distanceFrom, KS_CRITICAL } from "../support/distribution.ts";
import { failureOf } from "../support/net/lifetime.ts";

const HOSTS = 40_000;

function drawn(spec: HostsSpec): HostProperties[] {
  const model = hostModel(spec);
  const random = new RandomStream(1, "hosts");
  return Array.from({ length: HOSTS }, () => model.draw(random));
}

const shareOf = (hosts: readonly HostProperties[], is: (host: HostProperties) => boolean) => hosts.filter(is).length / hosts.length;

describe("Hosts", () => {
  test("are all alike and without fault where nothing is said", () => {
    const kinds = new Set(drawn({}).map((host) => JSON.stringify(host)));
    expect(kinds).toEqual(new Set([JSON.stringify({ isClient: false, processingMs: 0, clockOffsetMs: 0, refuses: false })]));
  });

  test("have the shares of the scenario, independent of each other", () => {
    const hosts = drawn({ clients: 0.4, slow: { share: 0.1, processingMs: 300 }, upload: { share: 0.25, bytesPerSecond: 125_000 } });
    const isSlow = ({ processingMs }: HostProperties) => processingMs === 300;
    expect(Math.abs(shareOf(hosts, ({ isClient }) => isClient) - 0.4)).toBeLessThan(0.01);
    expect(Math.abs(shareOf(hosts, isSlow) - 0.1)).toBeLessThan(0.01);
    expect(Math.abs(shareOf(hosts, ({ uploadBytesPerSecond }) => uploadBytesPerSecond === 125_000) - 0.25)).toBeLessThan(0.01);
    expect(Math.abs(shareOf(hosts, (host) => host.isClient && isSlow(host)) - 0.04)).toBeLessThan(0.01);
    expect(shareOf(hosts, ({ processingMs }) => processingMs === 0)).toBe(1 - shareOf(hosts, isSlow));
  });

  test("are all limited where no share is said", () => {
    expect(shareOf(drawn({ upload: { bytesPerSecond: 9 } }), ({ uploadBytesPerSecond }) => uploadBytesPerSecond === 9)).toBe(1);
  });

  test("have clocks that are wrong by a uniform or a normal distribution", () => {
    const uniform = drawn({ clock: { model: "uniform", maxMs: 500 } }).map(({ clockOffsetMs }) => clockOffsetMs);
    expect(distanceFrom((ms) => (ms + 500) / 1_000, uniform)).toBeLessThan(KS_CRITICAL / Math.sqrt(HOSTS));
    const normal = drawn({ clock: { model: "normal", sigmaMs: 200 } }).map(({ clockOffsetMs }) => clockOffsetMs);
    const within = (sigmas: number) => normal.filter((ms) => Math.abs(ms) <= sigmas * 200).length / HOSTS;
    expect([within(1), within(2)].map((part) => Math.round(part * 100))).toEqual([68, 95]);
    expect(Math.abs(normal.reduce((sum, ms) => sum + ms, 0) / HOSTS)).toBeLessThan(5);
  });

  test("that one thing changes stay what they were in all others", () => {
    const slow = { share: 0.2, processingMs: 50 };
    const [few, many] = [drawn({ clients: 0.1, slow }), drawn({ clients: 0.9, slow, clock: { model: "normal", sigmaMs: 9 } })];
    expect(many.map(({ processingMs }) => processingMs)).toEqual(few.map(({ processingMs }) => processingMs));
    expect(many.every(({ isClient }, n) => isClient || !few[n]?.isClient)).toBe(true);
  });
});

test.each<[string, unknown, string]>([
  ["that is none", [], "scenario.hosts: must be object"],
  ["with an unknown field", { nat: 0.5 }, "scenario.hosts.nat: is not known"],
  ["with more clients than hosts", { clients: 1.5 }, "scenario.hosts.clients: must be <= 1"],
  ["with half a kind of slow hosts", { slow: { share: 0.5 } }, "scenario.hosts.slow.processingMs: is missing"],
  [
    "with hosts that answer before they are asked",
    { slow: { share: 1, processingMs: -1 } },
    "scenario.hosts.slow.processingMs: must be >= 0",
  ],
  ["with clocks of no model", { clock: { sigmaMs: 5 } }, "scenario.hosts.clock.model: is missing"],
  ["with clocks of another", { clock: { model: "gps" } }, 'scenario.hosts.clock.model: must be one of "normal","uniform"'],
  ["with a field of another clock", { clock: { model: "normal", sigmaMs: 1, maxMs: 5 } }, "scenario.hosts.clock.maxMs: is not known"],
  ["with hosts that send nothing", { upload: { bytesPerSecond: 0 } }, "scenario.hosts.upload.bytesPerSecond: must be >= 1"],
  ["with more data centres than places", { dataCentres: 2 }, "scenario.hosts.dataCentres: must be <= 1"],
])("A spec of hosts %s is refused, and it is said where and what may be", async (_, spec, message) => {
  expect(await failureOf(() => hostModel(spec))).toMatchObject({ code: "bad_options", message: expect.stringContaining(message) });
});
