import type { LatencyModel, Place } from "./latency-model.ts";

/** Every message takes the same time. For tests that state exact expectations. */
export function constantLatency(oneWay: number): LatencyModel {
  const place: Place = { region: 0, lastMileMs: 0, key: 0 };
  return { name: `constant ${oneWay} ms`, nameOf: () => "", place: () => place, oneWayMs: () => oneWay, sampleMs: () => oneWay };
}
