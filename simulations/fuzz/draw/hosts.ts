import type { HostsSpec } from "../../engine/hosts/host-spec.ts";
import type { LatencySpec } from "../../engine/latency/latency-spec.ts";
import type { RandomStream } from "../../engine/random.ts";
import { between, maybe, part } from "./chance.ts";

/**
 * Bounds of what is drawn. A link and a request on it take six ways, which must fit into the deadline, or the hosts are as good as gone.
 */
const SLOWEST_WAY_MS = 300;
const SLOWEST_HOST_MS = 300;
/** Two clocks, each wrong by so much, are still within the ten minutes that records allow for. */
const MOST_WRONG_MS = 290_000;

export function drawLatency(random: RandomStream): LatencySpec {
  const ways = (count: number) => Array.from({ length: count }, () => between(random, 1, 2 * SLOWEST_WAY_MS));
  const regions = 1 + random.integer(5);
  return random.pick<() => LatencySpec>([
    () => ({ model: "regions" }),
    () => ({ model: "constant", oneWayMs: between(random, 1, SLOWEST_WAY_MS) }),
    () => {
      const fromMs = between(random, 1, SLOWEST_WAY_MS);
      return { model: "uniform", fromMs, toMs: between(random, fromMs, SLOWEST_WAY_MS) };
    },
    () => ({ model: "log-normal", medianMs: between(random, 1, 60), sigma: part(random, 0, 0.5) }),
    () => ({ model: "matrix", rows: mirrored(ways, regions), jitter: part(random, 0, 0.2) }),
  ])();
}

/** A message takes as long from here to there as back. */
function mirrored(ways: (count: number) => number[], regions: number): number[][] {
  const drawn = Array.from({ length: regions }, () => ways(regions));
  return drawn.map((row, from) => row.map((_, to) => drawn[Math.min(from, to)]?.[Math.max(from, to)] ?? 1));
}

export function drawHosts(random: RandomStream): HostsSpec {
  return {
    ...(maybe(random, 0.3) && { clients: part(random, 0, 0.5) }),
    ...(maybe(random, 0.3) && { slow: { share: part(random, 0, 0.5), processingMs: between(random, 1, SLOWEST_HOST_MS) } }),
    ...(maybe(random, 0.3) && { clock: drawClock(random) }),
    ...(maybe(random, 0.2) && { upload: { share: part(random, 0, 1), bytesPerSecond: between(random, 20_000, 10_000_000) } }),
    ...(maybe(random, 0.3) && { closedPorts: part(random, 0, 1) }),
    ...(maybe(random, 0.3) && { dataCentres: part(random, 0, 1) }),
  };
}

function drawClock(random: RandomStream): HostsSpec["clock"] & object {
  const maxMs = between(random, 100, MOST_WRONG_MS);
  return maybe(random, 0.5) ? { model: "uniform", maxMs } : { model: "normal", sigmaMs: Math.round(maxMs / 5) };
}
